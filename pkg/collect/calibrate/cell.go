package calibrate

import (
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// cell is one workload in one place.
type cell struct {
	work  string // with its suffix
	where string // for people
	place string
	// memory is the least share of its accesses that no cache can serve.
	memory   float64
	emulated bool
	request  request
	// did is the last attempt; checks are the best of all.
	did    []result
	wallNS int64
	checks map[checkKey]export.EventCheck
	seen   map[int]bool // the events that found a counter
	// fastest is the ns a unit of the fastest round: other work on the host
	// makes a round slower, nothing makes it faster.
	fastest float64
}

// checkKey names an event and what was expected of it.
type checkKey struct{ event, expectation int }

func newCell(work, where, place string, r request) *cell {
	r.Op = "prepare"
	return &cell{work: work, where: where, place: place, memory: 1, request: r, checks: map[checkKey]export.EventCheck{}, seen: map[int]bool{}}
}

// attempts is how often a cell is measured, for each group of events, until nothing is wrong: other work
// on the host can spoil one.
const attempts = 3

// little is the share of accesses to memory below which nothing about memory
// can be told.
const little = 0.3

// judge holds one attempt's counts against what is expected, and tells whether
// all is well with what was counted. counts has an entry for each of list.
func (c *cell) judge(list []counted, counts []float64) bool {
	well := true
	for i, e := range list {
		if counts[i] == notCounted {
			continue
		}
		c.seen[i] = true
		for j := range expectations {
			x := &expectations[j]
			key := checkKey{i, j}
			if !x.holds(e.GroupEvent, c) || c.checks[key].Passed || x.memory && c.memory < little {
				continue
			}
			c.checks[key] = c.check(x, counts[i], e.wide)
			well = well && c.checks[key].Passed
		}
	}
	return well
}

// wideRoom is how much more than the workload's own may be counted where
// others' work is in it. What must stay 0 has to all the same: others' work is
// little beside the workload, and leaves such events nearly alone.
const wideRoom = 3

func (c *cell) check(x *expectation, count float64, wide bool) export.EventCheck {
	n, ran, switched := int64(0), int64(0), int64(0)
	for _, r := range c.did {
		n += r.Units
		ran += r.CPUNS
		switched += r.Switches
	}
	out := export.EventCheck{Workload: c.work, Where: c.where, Count: count, Units: n, Per: units[c.work], Low: x.low, High: x.high, Because: x.because}
	switch x.per {
	case perRan:
		out.Units, out.Per = ran, "ns that it ran"
	case perWall:
		out.Units, out.Per = c.wallNS, "ns"
	case perSwitch:
		out.Units, out.Per = switched, "switch"
	}
	if x.memory {
		out.Low *= c.memory
	}
	if wide && out.Low > 0 {
		out.High *= wideRoom
	}
	out.Units = max(out.Units, 1)
	out.Passed = out.Ratio() >= out.Low && out.Ratio() <= out.High
	return out
}

// time keeps the time of a unit.
func (c *cell) time(perRound int64) {
	if ns := float64(slices.Min(c.did[0].RoundNS)) / float64(perRound); c.fastest == 0 || ns < c.fastest {
		c.fastest = ns
	}
}

// verdicts sums up what all cells say of each event.
func verdicts(list []counted, cells []*cell) []export.EventVerdict {
	var all []export.EventVerdict
	for i, e := range list {
		v := export.EventVerdict{Name: e.Name, Spec: e.Spec, Meaning: e.Meaning, Trust: export.Untested}
		happened, seen, failed := false, false, (*export.EventCheck)(nil)
		for _, c := range cells {
			seen = seen || c.seen[i]
			for j := range expectations {
				one, ok := c.checks[checkKey{i, j}]
				if !ok {
					continue
				}
				v.Checks = append(v.Checks, one)
				happened = happened || one.Low > 0
				if !one.Passed && failed == nil {
					failed = &one
				}
			}
		}
		switch {
		case failed != nil:
			v.Trust = export.Untrusted
			v.Why = fmt.Sprintf("%s, %s: %.4g for each %s, and %.4g to %.4g is expected, because %s",
				failed.Workload, failed.Where, failed.Ratio(), failed.Per, failed.Low, failed.High, failed.Because)
		case happened:
			v.Trust = export.Trusted
		case !seen:
			v.Why = noCounter
		default:
			v.Why = untested(e.GroupEvent, len(v.Checks) > 0)
		}
		all = append(all, v)
	}
	return all
}

const noCounter = "the kernel never found a counter for it: someone else counts too, as a recording does that is not paused"

// untested says why no workload made an event happen here.
func untested(e export.GroupEvent, checked bool) string {
	m := meaningOf(e)
	needs := ""
	known := false
	for i := range expectations {
		x := &expectations[i]
		if x.meaning != m {
			continue
		}
		known = true
		if x.low > 0 && needs == "" {
			needs = x.need()
		}
	}
	switch {
	case !known:
		return "no workload of calibrate is about it"
	case needs == "":
		return "only that it stays 0 could be checked"
	case checked:
		return "it stayed 0 where it had to; to make it happen needs " + needs
	}
	return "it needs " + needs
}

// need is what a host must have for an expectation to be held against it.
func (x *expectation) need() string {
	switch {
	case x.per == perRan || x.per == perWall:
		return "a host whose time means something, which an emulated one's does not"
	case x.work == chaseSmall:
		return fmt.Sprintf("pages so small that %d MiB are more than a TLB holds", smallBytes>>20)
	case x.work == workMigrate:
		return "two CPUs"
	case slices.Equal(x.places, offSocket):
		return "a second socket"
	case slices.Equal(x.places, onSocket):
		return "two cores of one socket"
	case slices.Equal(x.places, []string{ownNode}) && x.work == workPingPong:
		return "two cores of one node that do not share the last-level cache"
	case slices.Equal(x.places, []string{sameSocket}):
		return "a socket of several nodes"
	case x.memory:
		return "more memory than the last-level cache holds (--bytes), and that the event is counted"
	}
	return "that the event is counted"
}

// placeOf says where two CPUs are to each other.
func placeOf(t *numa.Topology, a, b int) string {
	one, _ := t.CPUByID(a)
	other, _ := t.CPUByID(b)
	if slices.Contains(one.Siblings, b) {
		return sameCore
	}
	if cache := lastLevel(t, a); cache != nil && one.Node == other.Node && slices.Contains(cache.CPUs, b) {
		return sameCache
	}
	if one.Node == other.Node {
		return ownNode
	}
	return t.PlaceOf(one.Node, other.Node).String()
}

// lastLevel is the largest cache of the highest level that a CPU has; nil
// where the kernel describes none.
func lastLevel(t *numa.Topology, cpu int) *numa.Cache {
	var best *numa.Cache
	for i := range t.Caches {
		c := &t.Caches[i]
		if slices.Contains(c.CPUs, cpu) && c.Type != "Instruction" && (best == nil || c.Level > best.Level) {
			best = c
		}
	}
	return best
}
