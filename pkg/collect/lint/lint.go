// Package lint looks over a host for what spoils a pinned benchmark: settings
// that move memory or clocks while something is measured, neighbours on the
// measured CPUs, a workload that lies across nodes.
//
// Its rules are a list, each with a name that stays, why it matters, and the
// command that mends what it found. They look at what package hostinfo read
// and at nothing else, so a host can be judged from a copy of its trees, and
// judging costs no reading.
//
// It leaves out what can be recorded (numalens-agent check says that from the
// collectors), and it changes nothing: a host's owner runs the commands, or
// has reasons not to.
package lint

import (
	"cmp"
	"slices"

	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Subject is what is looked over.
type Subject struct {
	Topology *numa.Topology
	Kernel   string
	Pinning  export.Pinning
	AsFound  export.AsFound
	// Workload says that there is one, confined by Pinning. Rules that are
	// about it are else left out.
	Workload bool
}

// Of is the subject of a host as hostinfo found it.
func Of(info *hostinfo.Info, workload bool) Subject {
	return Subject{Topology: &info.Topology, Kernel: info.Kernel, Pinning: info.Pinning, AsFound: info.AsFound, Workload: workload}
}

// Check applies every rule. The worst comes first, and within one severity
// the order is the rules'.
func Check(s Subject) []export.Finding {
	look := newLook(s)
	all := []export.Finding{}
	for _, r := range rules() {
		if r.workload && !s.Workload {
			continue
		}
		for _, f := range r.find(look) {
			all = append(all, export.Finding{
				Rule: r.name, Severity: cmp.Or(f.severity, r.severity),
				Found: f.found, Why: r.why, Remedy: f.remedy,
			})
		}
	}
	slices.SortStableFunc(all, func(a, b export.Finding) int { return rank(a.Severity) - rank(b.Severity) })
	return all
}

func rank(s export.Severity) int {
	return slices.Index([]export.Severity{export.SeverityProblem, export.SeverityCaution, export.SeverityNote}, s)
}

// rule is one thing to look for.
type rule struct {
	name     string
	severity export.Severity
	workload bool // is about the workload, not the host
	why      string
	find     func(*look) []found
}

// found is one thing that a rule found.
type found struct {
	found, remedy string
	severity      export.Severity // "" is the rule's
}

// none is for rules that find nothing.
var none []found

func one(what, remedy string) []found { return []found{{found: what, remedy: remedy}} }

// rules is every rule, those about where the workload lies first.
func rules() []rule {
	return slices.Concat(placeRules, neighbourRules, memoryRules, clockRules, observerRules)
}
