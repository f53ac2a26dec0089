package calibrate

import (
	"errors"

	"slices"

	"github.com/numalens/numalens/pkg/numa"
)

// plan is what is run where.
type plan struct {
	memory     []numa.Node // nodes with memory
	initiators []initiator
	partners   [][2]int
	others     []int // CPUs to which a thread can be moved
	topology   *numa.Topology
	bytes      int64
	lineBytes  int64
	// rounds are many and short: the fastest is told, which nothing else on
	// the host has interrupted.
	rounds   int
	loads    int64 // of a chain, a round
	laps     int   // through all memory
	turns    int64 // of each of two CPUs, a round
	emulated bool
}

// initiator is a node with CPUs: one of each of its cores, that may be used.
type initiator struct {
	node int
	cpus []int
}

const (
	minBytes   = 64 << 20
	maxBytes   = 256 << 20
	quickBytes = 64 << 20
	// smallBytes of small pages, at least so many, are more than any data TLB
	// holds: the largest of servers have some 3000 entries.
	smallBytes = 64 << 20
	smallPages = 8192
	// mostThreads saturate the memory of any node, and leave the rest of a
	// large host alone.
	mostThreads = 16
	// usualLine is for hosts that do not tell: a chain of denser places would
	// have several in one line.
	usualLine = 128
)

func planFor(o *Options) (*plan, error) {
	t := &o.Info.Topology
	p := &plan{topology: t, bytes: o.Bytes, lineBytes: int64(t.CacheLineBytes), emulated: o.Info.Emulated != "", rounds: 100, loads: 16_000, laps: 4, turns: 1_000}
	if p.lineBytes <= 0 {
		p.lineBytes = usualLine
	}
	if o.Quick {
		p.rounds, p.loads, p.laps, p.turns = 25, 16_000, 2, 2_000
	}
	for _, n := range t.Nodes {
		if n.MemoryBytes > 0 || len(t.Nodes) == 1 {
			p.memory = append(p.memory, n)
		}
		if in := initiatorOf(t, n.ID, o.CPUs); len(in.cpus) > 0 {
			p.initiators = append(p.initiators, in)
		}
	}
	if len(p.initiators) == 0 {
		return nil, errors.New("none of the CPUs that may be used is online and belongs to a node")
	}
	if p.bytes == 0 {
		p.bytes = p.usualBytes(o.Quick)
	}
	p.bytes = max(p.bytes/anyPagesize, 1) * anyPagesize
	p.choosePartners(o.CPUs)
	return p, nil
}

// initiatorOf leaves out the second CPU of a core: both would share what one
// can have.
func initiatorOf(t *numa.Topology, node int, may []int) initiator {
	in := initiator{node: node}
	for _, c := range t.CPUs {
		if c.Node != node || !slices.Contains(may, c.ID) || len(in.cpus) == mostThreads {
			continue
		}
		if !slices.ContainsFunc(in.cpus, func(have int) bool { return slices.Contains(c.Siblings, have) }) {
			in.cpus = append(in.cpus, c.ID)
		}
	}
	return in
}

func (p *plan) usualBytes(quick bool) int64 {
	if quick {
		return quickBytes
	}
	largest := int64(0)
	for _, c := range p.topology.Caches {
		largest = max(largest, c.SizeBytes)
	}
	return min(max(4*largest, minBytes), maxBytes)
}

// missing is the least share of accesses spread over the memory that the last
// cache of a CPU cannot hold.
func (p *plan) missing(cpu int) float64 {
	c := lastLevel(p.topology, cpu)
	if c == nil {
		return 1
	}
	return max(0, 1-float64(c.SizeBytes)/float64(p.bytes))
}

// choosePartners finds for each kind of place one pair of CPUs; for nodes,
// one for each two.
func (p *plan) choosePartners(may []int) {
	kinds := map[string]bool{}
	for i, n := range p.initiators {
		first := n.cpus[0]
		for _, c := range p.topology.CPUs {
			place := placeOf(p.topology, first, c.ID)
			if c.ID != first && c.Node == n.node && slices.Contains(may, c.ID) && !kinds[place] {
				kinds[place] = true
				p.partners = append(p.partners, [2]int{first, c.ID})
			}
		}
		for _, other := range p.initiators[i+1:] {
			p.partners = append(p.partners, [2]int{first, other.cpus[0]})
		}
	}
	for _, c := range p.topology.CPUs {
		if c.ID != p.initiators[0].cpus[0] && slices.Contains(may, c.ID) {
			p.others = append(p.others, c.ID)
		}
	}
}

// kernel are the workloads that the kernel itself counts.
func (p *plan) kernel(cpu int) []request {
	all := []request{
		{Kind: workTouch, CPUs: []int{cpu}, Rounds: 2, Count: 2048},
		{Kind: workSleep, CPUs: []int{cpu}, Rounds: 2, Count: 250},
	}
	if !p.emulated {
		all = append(all, request{Kind: workSpin, CPUs: []int{cpu}, Rounds: 10, Count: 5_000_000})
	}
	if len(p.others) > 0 {
		all = append(all, request{Kind: workMigrate, CPUs: []int{cpu, p.others[0]}, Rounds: 2, Count: 500})
	}
	return all
}
