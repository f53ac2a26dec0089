// Package counters collects the table counters: groups of perf events, read
// at a steady rate on every CPU.
//
// Where the kernel allows it, everything that runs on a CPU is counted (scope
// cpu). A plain user gets the recorded command and its children instead, by
// the CPU they ran on (scope process_cpu). Software events are always asked
// for, hardware events where the kernel grants them; each event that it does
// not grant is reported with the reason.
//
// CPUs are read in one of two ways, measured in
// docs/decisions/reading-counters.md. By default the kernel samples them
// itself: on each CPU a timer, cpu-clock, leads the group and puts its counts
// into a ring, which is drained once a second. The other way asks for the
// counts by system call, which interrupts every CPU from afar and wakes this
// process at the full rate. It is kept for the recorded command, for which
// the kernel cannot sample inherited counts, and for CPUs that the timer
// leaves out while they are idle, as some virtual machines' do.
//
// Cost by default: one timer interrupt a CPU, group and reading, and one
// drain a second. It refuses to run a thread on measured CPUs, and to record
// events that would read 0 for a reason other than that nothing happened.
package counters

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

// Method is how counts are read.
type Method int

// The methods. The kernel's timer cannot sample the recorded command: it is
// read by system call whatever is asked.
const (
	// Both lets the kernel's timer sample, and fills by system call what it
	// leaves out.
	Both Method = iota
	KernelTimer
	SystemCall
)

func (m Method) String() string {
	switch m {
	case KernelTimer:
		return "kernel timer"
	case SystemCall:
		return "system call"
	}
	return "kernel timer, gaps by system call"
}

// Options say who is counted, how often, and where.
type Options struct {
	Roots collect.Roots
	Clock export.Clock
	CPUs  []numa.CPU
	Hz    int
	// Command is the process that package launch holds back, 0 without one.
	// It alone is counted where the kernel does not let us count CPUs.
	Command int
	// CommandOnly counts the command even where CPUs could be counted.
	CommandOnly bool
	Method      Method
	// FirstGroup is the index of the first of Report.Groups in the manifest.
	FirstGroup int
	// SoftwareOnly asks for no hardware event: another collector counts them.
	SoftwareOnly bool
	// Hardware are the groups of hardware events, as collect/pmu chose them for
	// this host; nil is the kernel's generic ones.
	Hardware []events.Group
	// Groups replace all of them, for measuring.
	Groups []events.Group
}

const drainPeriod = time.Second

// Collector holds the open groups of all CPUs.
type Collector struct {
	o          Options
	scope      export.Scope
	method     Method
	period     time.Duration // between two readings
	permission perfevent.Permission
	perf       perfevent.Options
	groups     []events.Group // as granted
	cpus       []*cpu
	online     *hostinfo.OnlineWatch
	counts     perfevent.Counts
	pace       pace
	gaps       gaps
	suspend    *collect.SuspendWatch
	paused     bool
	try        func([]events.Event) error // whether the kernel takes them as a group
}

// Open opens every group that the kernel grants on every CPU and starts
// counting; for a command, counting starts when it is released.
func Open(o Options) (collect.Collector, collect.Report, error) {
	var report collect.Report
	if o.Hz < 1 || o.Hz > 1000 {
		return nil, report, fmt.Errorf("counters cannot be read %d times a second: 1 to 1000 is possible, 10 is usual", o.Hz)
	}
	if len(o.CPUs) == 0 {
		return nil, report, errors.New("counters: no CPU was given")
	}
	c := &Collector{
		o: o, method: o.Method, scope: export.ScopeCPU,
		period:     time.Second / time.Duration(o.Hz),
		permission: perfevent.ReadPermission(o.Roots),
	}
	c.try = c.tryOnCPU
	c.suspend = collect.WatchSuspend()
	if !o.CommandOnly {
		c.choose(events.CPUSoftware(), &report)
	}
	if len(c.groups) == 0 && o.Command != 0 {
		c.scope, c.method = export.ScopeProcessCPU, SystemCall
		c.perf = perfevent.Options{EnableOnExec: true}
		c.choose(events.ProcessSoftware(), &report)
	}
	if len(c.groups) == 0 {
		return nil, report, nil
	}
	for _, m := range o.CPUs {
		p := &cpu{id: m.ID}
		if err := c.openCPU(p); err != nil {
			report.Unavailable = append(report.Unavailable, c.permission.Refusal(fmt.Sprintf("counters of CPU %d", m.ID), err))
		}
		c.cpus = append(c.cpus, p)
	}
	if c.scope == export.ScopeCPU {
		// Without the list, a CPU whose counts stand still is found all the
		// same.
		c.online, _ = hostinfo.WatchOnline(o.Roots)
	}
	c.describe(&report)
	return c, report, nil
}

// describe says for the manifest what is collected.
func (c *Collector) describe(report *collect.Report) {
	split := map[numa.Meaning]bool{}
	for _, g := range c.groups {
		for _, e := range g.Events {
			split[e.Meaning] = true
			if e.Meaning == numa.RefCycles {
				report.ReferenceHz = perfevent.ReferenceHz()
			}
		}
		report.Groups = append(report.Groups, collect.GroupOf(g))
	}
	if split[numa.DRAMLoadsLocal] && split[numa.DRAMLoadsRemote] || split[numa.RemoteAccesses] && split[numa.LLCLoadMisses] {
		report.Rung = numa.Counters
	}
	report.Tables = []export.TableInfo{{
		Name: export.TableCounters, PeriodNS: int64(c.period), Scopes: []string{string(c.scope)},
	}}
}

// Name implements collect.Collector.
func (c *Collector) Name() string { return "counters" }

// Method is the way in which counts are read.
func (c *Collector) Method() Method { return c.method }

// Period implements collect.Collector.
func (c *Collector) Period() time.Duration {
	if c.method == SystemCall || c.gaps.watching {
		return c.period
	}
	return drainPeriod
}

// Drain implements collect.Collector.
func (c *Collector) Drain(sink collect.Sink) error {
	if c.paused {
		return nil
	}
	now := collect.MonotonicNS()
	c.followSuspend(sink)
	if c.method == SystemCall {
		c.readAll(now, sink)
	} else {
		for _, p := range c.cpus {
			c.drainRing(p, sink)
		}
	}
	if c.method == Both {
		c.fillGaps(now, sink)
	}
	c.followHotplug(now, sink)
	return nil
}

// Finish drains, and reads the totals once more: what was counted since the
// kernel's last sample is part of the run.
func (c *Collector) Finish(sink collect.Sink) error {
	if c.paused {
		return nil
	}
	for _, p := range c.cpus {
		c.drainRing(p, sink) // if it has one
		c.read(p, sink)
	}
	return nil
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
	return err
}
