// Package faults collects the table samples, kind minor-fault: where a page
// was touched from, and which node's memory it then lay on. It is the best
// that a machine without memory samples can say about locality, and works in
// any virtual machine.
//
// The event is minor-faults, because page-faults gives no physical address.
// Where the kernel allows it every CPU is sampled; a plain user gets the
// recorded command and its children.
//
// The node of the memory comes from the sample's physical address; on a host
// of one node there is nothing to find out. A sample without an address (a
// plain user gets none) is asked for with move_pages when the ring is drained:
// the answer is where the page lies at that moment, a tenth of a second later
// at most, and unknown if it is gone by then.
//
// Cost: 0.8 µs on the faulting CPU for each sample, and one drain a second
// while there are few. Unless told otherwise it records every fault while
// they are few, and every so many when they become more, so that the rate of
// samples stays bounded; each sample says how many faults it stands for. It
// refuses to tell a node that it does not know.
package faults

import (
	"errors"
	"fmt"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Options say who is sampled and how often.
type Options struct {
	Roots    collect.Roots
	Clock    export.Clock
	Topology *numa.Topology
	// Period is the number of faults that one sample stands for: 1 records
	// every fault, 0 chooses it so that the rate stays bounded.
	Period int
	// Command is the process that package launch holds back, 0 without one.
	// It alone is sampled where the kernel does not let us sample CPUs.
	Command int
	// CommandOnly samples the command even where CPUs could be sampled.
	CommandOnly bool
}

// drainPeriod is for quiet times. When faults become many, Notify's channel
// tells before. Nodes that have to be asked for are asked for sooner, while
// the pages are still there; the counters of a plain user's command are read
// that often anyhow.
const (
	drainPeriod = time.Second
	askPeriod   = 100 * time.Millisecond
)

// Collector holds the open events of all CPUs.
type Collector struct {
	o          Options
	commandOn  bool // the command alone is sampled
	physical   bool
	levels     []uint64 // the periods between which is chosen, finest first
	maxRate    float64  // samples a second and CPU
	perf       perfevent.Options
	permission perfevent.Permission
	cpus       []*cpu
	nodeOfCPU  map[int32]int32
	onlyNode   int32 // of a host that has no other; else -1
	online     *hostinfo.OnlineWatch
	watch      *perfevent.Watch
	nextCheck  int64 // when silent CPUs are looked for, monotonic
	sample     perfevent.Sample
	pending    pending
	paused     bool
}

// Open opens the event on every CPU. Sampling starts at once, or for a
// command when it is released.
func Open(o Options) (collect.Collector, collect.Report, error) {
	var report collect.Report
	if o.Period < 0 {
		return nil, report, fmt.Errorf("a sample cannot stand for %d faults: 1 records every fault, 0 chooses by their rate", o.Period)
	}
	if o.Topology == nil || len(o.Topology.CPUs) == 0 {
		return nil, report, errors.New("fault samples: no topology was given")
	}
	c := &Collector{
		o: o, physical: true, maxRate: maxRate(len(o.Topology.CPUs)),
		permission: perfevent.ReadPermission(o.Roots), nodeOfCPU: map[int32]int32{},
		pending: pending{limit: askLimit},
	}
	for _, m := range o.Topology.CPUs {
		c.nodeOfCPU[int32(m.ID)] = int32(m.Node)
	}
	c.onlyNode = -1
	if len(o.Topology.Nodes) == 1 {
		c.onlyNode = int32(o.Topology.Nodes[0].ID)
	}
	if !c.choose(&report) {
		return nil, report, nil
	}
	c.levels = levels(o.Period, c.commandOn)
	var err error
	if c.watch, err = perfevent.NewWatch(); err != nil {
		return nil, report, err
	}
	for _, m := range o.Topology.CPUs {
		p := &cpu{id: m.ID}
		if err := c.openCPU(p); err != nil {
			report.Unavailable = append(report.Unavailable, c.permission.Refusal(fmt.Sprintf("fault samples of CPU %d", m.ID), err))
		}
		c.cpus = append(c.cpus, p)
	}
	if !c.commandOn {
		c.online, _ = hostinfo.WatchOnline(o.Roots)
	}
	report.Rung = numa.FaultSamples
	report.Tables = []export.TableInfo{{Name: export.TableSamples, Scopes: []string{string(export.MinorFault)}}}
	return c, report, nil
}

// choose finds what the kernel allows, on the first CPU: whole CPUs or the
// command, with physical addresses and the kernel or without.
func (c *Collector) choose(report *collect.Report) bool {
	if !c.o.CommandOnly {
		err := c.try()
		if err == nil {
			return true
		}
		report.Unavailable = append(report.Unavailable, c.permission.Refusal("fault samples of whole CPUs", err))
	}
	if c.o.Command == 0 {
		return false
	}
	c.commandOn = true
	c.perf.EnableOnExec = true
	err := c.try()
	if err != nil && perfevent.Forbidden(err) {
		c.perf.ExcludeKernel, c.physical = true, false
		if err = c.try(); err == nil {
			u := c.permission.Refusal("fault samples: physical addresses, and faults taken inside the kernel", errKernelExcluded)
			u.Why = "a plain user may not see them: " + u.Why
			u.Remedy += "; until then the node is asked for with move_pages, where the page is still mapped"
			report.Unavailable = append(report.Unavailable, u)
		}
	}
	if err != nil {
		report.Unavailable = append(report.Unavailable, c.permission.Refusal("fault samples of the recorded command", err))
	}
	return err == nil
}

func (c *Collector) try() error {
	first := c.target(c.o.Topology.CPUs[0].ID)
	e, err := perfevent.OpenSampled(events.MinorFaults(), first, perfevent.Sampling{Every: 1, Physical: c.physical}, c.perf)
	if err != nil {
		return err
	}
	return e.Close()
}

func (c *Collector) target(cpu int) perfevent.Target {
	if c.commandOn {
		return perfevent.Target{PID: c.o.Command, CPU: cpu}
	}
	return perfevent.Target{PID: perfevent.AllProcesses, CPU: cpu}
}

// Name implements collect.Collector.
func (c *Collector) Name() string { return "faults" }

// Period implements collect.Collector.
func (c *Collector) Period() time.Duration {
	if !c.physical && c.onlyNode < 0 {
		return askPeriod
	}
	return drainPeriod
}

// Notify implements collect.Waker.
func (c *Collector) Notify(wake chan<- struct{}) {
	go func() {
		for c.watch.Wait() == nil {
			select {
			case wake <- struct{}{}:
			default: // told already
			}
		}
	}()
}

// Drain implements collect.Collector.
func (c *Collector) Drain(sink collect.Sink) error {
	if c.paused {
		return nil
	}
	now := collect.MonotonicNS()
	for _, p := range c.cpus {
		c.drainRing(p, sink)
		if err := c.adapt(p, now); err != nil {
			c.drop(sink, 0, err.Error())
		}
	}
	c.pending.resolve(sink)
	c.followHotplug(now, sink)
	return nil
}

// Finish stops sampling, drains, and says what was lost until the end.
func (c *Collector) Finish(sink collect.Sink) error {
	if c.paused {
		return nil
	}
	for _, p := range c.cpus {
		if err := p.stop(); err != nil {
			c.drop(sink, 0, err.Error())
		}
	}
	for _, p := range c.cpus {
		c.drainRing(p, sink)
		c.account(p, sink)
	}
	c.pending.resolve(sink)
	return nil
}

// account compares what was counted with what came, where every fault is
// recorded. The kernel tells of lost records only in a later record, and at
// the end there is none.
func (c *Collector) account(p *cpu, sink collect.Sink) {
	if len(p.events) == 0 || c.levels[0] != 1 {
		return
	}
	counted, _, err := p.events[0].Count()
	if err != nil {
		c.drop(sink, 0, err.Error())
	} else if counted > p.finest {
		c.drop(sink, int64(counted-p.finest), fmt.Sprintf("CPU %d: the ring was full at the end, fault samples were lost", p.id))
	}
}

// Close closes all events.
func (c *Collector) Close() error {
	var err error
	for _, p := range c.cpus {
		err = errors.Join(err, p.close())
	}
	if c.online != nil {
		err = errors.Join(err, c.online.Close())
	}
	return errors.Join(err, c.watch.Close())
}

func (c *Collector) drop(sink collect.Sink, count int64, text string) {
	c.note(sink, export.NoteDrop, count, text)
}

func (c *Collector) note(sink collect.Sink, kind export.NoteKind, count int64, text string) {
	sink.Note(export.Note{
		TS: c.o.Clock.Wall(collect.MonotonicNS()), Kind: kind, Table: export.TableSamples, Count: count, Text: text,
	})
}
