package main

import (
	"debug/buildinfo"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/sampling"
	"github.com/numalens/numalens/pkg/collect/trace"
	"github.com/numalens/numalens/pkg/export"
)

// traceSettings say what is traced by BPF.
type traceSettings struct {
	what     traceList
	keep     ruleList
	programs textList // Go programs
	limit    percent
}

func (t *traceSettings) flags(fs *flag.FlagSet) {
	fs.Var(&t.what, "trace", "what to trace by BPF: a `list` of "+strings.Join(trace.Names(), ", ")+"; or \"all\" (default: nothing)")
	fs.Var(&t.keep, "keep", "`rule` for events to keep whatever the rate, as kind=page,remote or comm~^nginx,size>=64K; can be given several times")
	fs.Var(&t.programs, "go", "watch the slices and the heap of every process of this Go `program`, beside the recorded command; can be given several times")
	fs.Var(&t.limit, "trace-limit", "what tracing may take of the host's CPUs, in `percent`; above it probes are taken off for a while (default 5)")
}

// openTrace opens the probes. command is what is recorded, if something is,
// and pid its process.
func openTrace(s *settings, info *hostinfo.Info, clock export.Clock, command []string, pid, groups int) (collect.Collector, collect.Report, error) {
	t := &s.trace
	programs := slices.Clone(t.programs)
	if len(command) > 0 && slices.Contains(t.what, trace.Go) {
		if path, ok := goProgram(command[0]); ok {
			programs = append(programs, path)
		}
	}
	watch := slices.Clone([]int(s.placement.pids))
	if pid != 0 {
		watch = append(watch, pid)
	}
	return trace.Open(trace.Options{
		Roots: s.roots, Clock: clock, Topology: &info.Topology, What: t.what, Keep: t.keep, GoPrograms: programs, Watch: watch,
		Limits: sampling.Limits{Workload: float64(t.limit) / 100}, FirstGroup: groups,
	})
}

// goProgram finds the executable of a command, if it is a Go program. A
// script that runs one is not: name the program by --go.
func goProgram(command string) (path string, ok bool) {
	path, err := exec.LookPath(command)
	if err != nil {
		return "", false
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", false
	}
	_, err = buildinfo.ReadFile(path)
	return path, err == nil
}

// traceList is a set of what package trace knows.
type traceList []string

func (l *traceList) String() string { return strings.Join(*l, ",") }

// Set takes a list, "all", or "none".
func (l *traceList) Set(text string) error {
	*l = nil
	for name := range strings.SplitSeq(text, ",") {
		switch name = strings.TrimSpace(name); {
		case name == "all":
			*l = trace.Names()
		case name == "none":
			*l = nil
		case !slices.Contains(trace.Names(), name):
			return fmt.Errorf("%q cannot be traced; there is %s, all, none", name, strings.Join(trace.Names(), ", "))
		case !slices.Contains(*l, name):
			*l = append(*l, name)
		}
	}
	return nil
}

// UnmarshalText is for the configuration file.
func (l *traceList) UnmarshalText(text []byte) error { return l.Set(string(text)) }

// ruleList is rules of package sampling.
type ruleList []sampling.Rule

func (l *ruleList) String() string {
	var all []string
	for _, r := range *l {
		all = append(all, r.String())
	}
	return strings.Join(all, " ")
}

// Set adds a rule. That they fit together is checked at once, since a mistake
// would else show when the recording begins.
func (l *ruleList) Set(text string) error {
	r, err := sampling.ParseRule(text)
	if err != nil {
		return err
	}
	if _, err := sampling.Compile(append(slices.Clone(*l), r)); err != nil {
		return err
	}
	*l = append(*l, r)
	return nil
}

// rulesOf reads the rules of a configuration file.
func rulesOf(texts []string) (ruleList, error) {
	var l ruleList
	for _, text := range texts {
		if err := l.Set(text); err != nil {
			return nil, fmt.Errorf("keep: %w", err)
		}
	}
	return l, nil
}

// percent is a share of the host's CPUs.
type percent float64

func (p *percent) String() string {
	if *p == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*p), 'g', -1, 64)
}

// Set takes a number, with or without its sign.
func (p *percent) Set(text string) error {
	n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
	if err != nil || !(n > 0 && n <= 100) {
		return fmt.Errorf("%q is not a percentage above 0 and up to 100", text)
	}
	*p = percent(n)
	return nil
}

// UnmarshalText is for the configuration file.
func (p *percent) UnmarshalText(text []byte) error { return p.Set(string(text)) }
