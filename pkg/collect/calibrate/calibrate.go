// Package calibrate runs workloads whose accesses are known beforehand and
// holds the host's events against them: an event that does not count what its
// meaning claims is found out here, on the host itself, and not in someone's
// conclusion. Beside that it measures how far nodes are from each other, in ns
// a load and bytes a second, and how long CPUs take to hand a line over.
//
//	host → cells (a workload in a place) → counts around each → checks → verdicts
//
// Workloads run in a process of their own, the agent's binary again (Shim),
// one at a time, on threads that are pinned; memory is bound to a node, and
// nothing is reported of memory that the kernel says lies elsewhere. What an
// event must count is data (expectations). What cannot be tried on a host, as
// remote memory where there is one node, leaves an event untested, which is
// neither trusted nor not.
//
// It costs what it says: some seconds of a core for each pair of nodes, all
// cores of a node for some tenths of a second, and no more memory than
// Options allow. It is no part of recording; it is run once, on an idle host.
package calibrate

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Options say what is calibrated, and how thoroughly.
type Options struct {
	Roots collect.Roots
	Info  *hostinfo.Info
	// CPUs are those that may be used.
	CPUs []int
	// Bytes of memory a node pair; 0 is four times the last-level cache,
	// within 64 and 256 MiB.
	Bytes int64
	Quick bool
	// Named are further events, in perf's syntax.
	Named []string
	// Say tells what is being done.
	Say func(format string, a ...any)
}

// Run calibrates. Its error is that nothing could be done; what could not be
// done in part is in the result.
func Run(o Options) (*export.Calibration, error) {
	began := time.Now()
	identity, err := Identify(o.Roots, o.Info)
	if err != nil {
		return nil, err
	}
	b := &bench{Options: o, out: &export.Calibration{TakenNS: began.UnixNano(), Host: identity, Emulated: o.Info.Emulated, Quick: o.Quick}}
	if b.plan, err = planFor(&o); err != nil {
		return nil, err
	}
	if err := b.openMeters(); err != nil {
		return nil, err
	}
	defer b.closeMeters()
	for _, node := range b.plan.memory {
		if err := b.memoryOf(node); err != nil {
			b.missNode(node, err)
		}
	}
	if err := b.withoutMemory(); err != nil {
		return nil, err
	}
	b.out.Events = verdicts(b.events(), b.cells)
	b.out.TookNS = int64(time.Since(began))
	return b.out, nil
}

// bench is a calibration under way.
type bench struct {
	Options
	plan   *plan
	meters []meter
	// Two of them.
	threads *threads
	clocks  *cpuClocks
	cells   []*cell
	out     *export.Calibration
}

func (b *bench) miss(feature string, err error, remedy string) {
	b.out.Missing = append(b.out.Missing, numa.Unavailable{Feature: feature, Why: err.Error(), Remedy: remedy})
}

// missNode reports a node whose memory could not be had: its pairs are there,
// with null and the reason.
func (b *bench) missNode(node numa.Node, err error) {
	for _, n := range b.plan.initiators {
		if !slices.ContainsFunc(b.out.Pairs, func(p export.NodePair) bool { return p.CPUNode == n.node && p.MemoryNode == node.ID }) {
			p := b.pair(n, node)
			p.Why = err.Error()
			b.out.Pairs = append(b.out.Pairs, p)
		}
	}
}

func (b *bench) pair(n initiator, node numa.Node) export.NodePair {
	return export.NodePair{CPUNode: n.node, MemoryNode: node.ID, CPU: n.cpus[0], Threads: len(n.cpus), Bytes: b.plan.bytes,
		Place: b.Info.Topology.PlaceOf(n.node, node.ID).String()}
}

// memoryOf measures one node's memory from every node with CPUs.
func (b *bench) memoryOf(node numa.Node) error {
	if most := node.MemoryBytes / 4; most > 0 && most < b.plan.bytes {
		return fmt.Errorf("the node has %d MiB of memory, of which %d MiB would be taken", node.MemoryBytes>>20, b.plan.bytes>>20)
	}
	c, err := startChild()
	if err != nil {
		return err
	}
	defer c.close()
	b.say("memory of node %d", node.ID)
	a, err := c.ask(request{Op: "memory", Node: node.ID, Bytes: b.plan.bytes, Spacing: b.plan.lineBytes, Only: len(b.Info.Topology.Nodes) == 1})
	if err != nil {
		return err
	}
	for _, n := range b.plan.initiators {
		p := b.pair(n, node)
		p.HugeBytes = a.Huge
		where := fmt.Sprintf("CPU %d, memory of node %d", n.cpus[0], node.ID)
		chase := newCell(workChase, where, p.Place, request{Kind: workChase, CPUs: n.cpus[:1], Rounds: b.plan.rounds, Count: b.plan.loads})
		chase.memory = b.plan.missing(n.cpus[0])
		if err := b.measure(c, chase); err != nil {
			return err
		}
		where = fmt.Sprintf("%d CPUs of node %d, memory of node %d", len(n.cpus), n.node, node.ID)
		lines := b.plan.bytes / int64(len(n.cpus)) / lineOfStream
		read := newCell(workStream, where, p.Place, request{Kind: workStream, CPUs: n.cpus, Rounds: b.plan.laps, Count: lines})
		read.memory = b.plan.missing(n.cpus[0])
		if err := b.measure(c, read); err != nil {
			return err
		}
		if b.out.Emulated == "" {
			latency, bandwidth := chase.fastest, read.bandwidth()
			p.LatencyNS, p.BandwidthGB = &latency, &bandwidth
		} else {
			p.Why = noTime
		}
		b.out.Pairs = append(b.out.Pairs, p)
	}
	return nil
}

const noTime = "the host is emulated: no time means anything"

// bandwidth is what all threads read together in the fastest lap, in 10⁹ bytes
// a second. The laps of threads begin together, and the slowest decides.
func (c *cell) bandwidth() float64 {
	best := 0.0
	for lap := range c.did[0].RoundNS {
		lines, slowest := int64(0), int64(1)
		for _, r := range c.did {
			lines += r.Units / int64(len(r.RoundNS))
			slowest = max(slowest, r.RoundNS[lap])
		}
		best = max(best, float64(lines*lineOfStream)/float64(slowest))
	}
	return best
}

// withoutMemory runs what needs none of its own: lines between CPUs, and what
// the kernel counts.
func (b *bench) withoutMemory() error {
	c, err := startChild()
	if err != nil {
		return err
	}
	defer c.close()
	for _, pair := range b.plan.partners {
		if err := b.transfer(c, pair); err != nil {
			return err
		}
	}
	if err := b.smallPages(c); err != nil {
		b.miss("page walks", err, "see the nodes' memory above")
	}
	b.say("what the kernel counts")
	cpu := b.plan.initiators[0].cpus[0]
	where := fmt.Sprintf("CPU %d", cpu)
	for _, r := range b.plan.kernel(cpu) {
		if err := b.measure(c, newCell(r.Kind, where, "", r)); err != nil {
			return err
		}
	}
	return nil
}

// smallPages has a chain that no TLB holds, where the first CPU's node has the
// memory for it.
func (b *bench) smallPages(c *child) error {
	n := b.plan.initiators[0]
	node, _ := b.Info.Topology.NodeByID(n.node)
	if smallBytes/b.Info.Topology.PageBytes < smallPages || node.MemoryBytes/4 < smallBytes {
		return nil // that it is untested is said with the event
	}
	if _, err := c.ask(request{Op: "memory", Node: n.node, Bytes: smallBytes, Spacing: b.plan.lineBytes, Small: true, Only: len(b.Info.Topology.Nodes) == 1}); err != nil {
		return err
	}
	one := newCell(chaseSmall, fmt.Sprintf("CPU %d, small pages", n.cpus[0]), ownNode, request{Kind: workChase, CPUs: n.cpus[:1], Rounds: b.plan.rounds, Count: b.plan.loads})
	return b.measure(c, one)
}

// transfer has two CPUs take turns.
func (b *bench) transfer(c *child, cpus [2]int) error {
	out := export.Transfer{CPUs: cpus, Place: placeOf(&b.Info.Topology, cpus[0], cpus[1])}
	b.say("lines between CPUs %d and %d", cpus[0], cpus[1])
	where := fmt.Sprintf("CPUs %d and %d", cpus[0], cpus[1])
	for _, kind := range []string{workPingPong, workHandover} {
		for _, apart := range []bool{false, true} {
			work := kind
			if apart {
				work += padded
			}
			one := newCell(work, where, out.Place, request{Kind: kind, CPUs: cpus[:], Rounds: b.plan.rounds, Count: b.plan.turns, Padded: apart})
			if err := b.measure(c, one); err != nil {
				return err
			}
			if kind != workPingPong || b.out.Emulated != "" {
				continue
			}
			// In a thread's turn there are two transfers, there and back.
			if ns := one.fastest; apart {
				out.PaddedNS = &ns
			} else {
				ns /= 2
				out.TransferNS = &ns
			}
		}
	}
	if b.out.Emulated != "" {
		out.Why = noTime
	}
	b.out.Transfers = append(b.out.Transfers, out)
	return nil
}

// measure runs a cell for each group of events, up to some times while a check
// fails.
func (b *bench) measure(c *child, one *cell) error {
	one.emulated = b.out.Emulated != ""
	b.cells = append(b.cells, one)
	for b.threads.pass = range b.threads.passes() {
		for range attempts {
			counts, err := b.attempt(c, one)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", one.work, one.where, err)
			}
			one.time(one.request.Count)
			if one.judge(b.events(), counts) {
				break
			}
		}
	}
	return nil
}

func (b *bench) attempt(c *child, one *cell) ([]float64, error) {
	a, err := c.ask(one.request)
	if err != nil {
		return nil, err
	}
	for i, m := range b.meters {
		if err := m.begin(spot{tids: a.TIDs, cpus: one.request.CPUs}); err != nil {
			return nil, errors.Join(err, b.stop(i))
		}
	}
	a, err = c.ask(request{Op: "go"})
	if err != nil {
		return nil, errors.Join(err, b.stop(len(b.meters)))
	}
	var counts []float64
	for _, m := range slices.Backward(b.meters) {
		part, err := m.end()
		if err != nil {
			return nil, err
		}
		counts = append(part, counts...)
	}
	one.did = a.Did
	if b.clocks != nil {
		one.wallNS = b.clocks.tookNS
	}
	return counts, nil
}

// stop ends the first n meters.
func (b *bench) stop(n int) error {
	var all error
	for _, m := range b.meters[:n] {
		_, err := m.end()
		all = errors.Join(all, err)
	}
	return all
}

func (b *bench) events() []counted {
	var all []counted
	for _, m := range b.meters {
		all = append(all, m.events()...)
	}
	return all
}

func (b *bench) say(format string, a ...any) {
	if b.Say != nil {
		b.Say(format, a...)
	}
}
