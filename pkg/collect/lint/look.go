package lint

import (
	"slices"

	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/numa"
)

// look is a subject with what several rules ask of it.
type look struct {
	Subject
	online []int // CPUs
	cpus   []int // measured: where the workload may run
	pinned bool  // it may not run everywhere
	nodes  []int // of the measured CPUs
	mems   []int // that its memory may come from
	apart  []int // isolated CPUs
}

func newLook(s Subject) *look {
	l := &look{Subject: s}
	for _, c := range s.Topology.CPUs {
		l.online = append(l.online, c.ID)
	}
	// A list that cannot be read was reported by hostinfo, and is here as if
	// nothing were confined.
	allowed, _ := hostinfo.ParseList(s.Pinning.CPUs)
	l.cpus = slices.DeleteFunc(slices.Clone(l.online), func(id int) bool { return !slices.Contains(allowed, id) })
	if !s.Workload || len(l.cpus) == 0 {
		l.cpus = l.online
	}
	l.pinned = len(l.cpus) < len(l.online)
	for _, id := range l.cpus {
		if c, _ := s.Topology.CPUByID(id); c.Node >= 0 && !slices.Contains(l.nodes, c.Node) {
			l.nodes = append(l.nodes, c.Node)
		}
	}
	slices.Sort(l.nodes)
	l.mems, _ = hostinfo.ParseList(s.Pinning.Mems)
	l.apart, _ = hostinfo.ParseList(s.AsFound.Isolated)
	return l
}

func (l *look) measured(cpu int) bool { return slices.Contains(l.cpus, cpu) }

// others are the online CPUs that are not measured, nor isolated.
func (l *look) others() []int {
	return slices.DeleteFunc(slices.Clone(l.online), func(id int) bool { return l.measured(id) || slices.Contains(l.apart, id) })
}

func (l *look) node(id int) numa.Node {
	n, _ := l.Topology.NodeByID(id)
	return n
}

// within tells whether every one of part is in whole.
func within(part, whole []int) bool {
	return !slices.ContainsFunc(part, func(id int) bool { return !slices.Contains(whole, id) })
}

func list(ids []int) string { return hostinfo.FormatList(ids) }

// nodeWord is "node 1" or "nodes 0-1".
func nodeWord(ids []int) string {
	if len(ids) == 1 {
		return "node " + list(ids)
	}
	return "nodes " + list(ids)
}

func cpuWord(ids []int) string {
	if len(ids) == 1 {
		return "CPU " + list(ids)
	}
	return "CPUs " + list(ids)
}
