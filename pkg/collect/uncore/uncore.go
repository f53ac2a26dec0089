// Package uncore collects the table counters for units beside the cores
// (scope uncore): memory channels, links between sockets, parts of the
// last-level cache. They count whoever used them, so there is no counting of
// one program here, and no user but one who may count whole CPUs gets them.
//
// Each unit is read by system call on the CPU that the kernel names for it,
// once a second whatever the rate of other counters: their counts are wide,
// and what they tell is bandwidth. The manifest's units say of which socket,
// and where that is sure of which node, a unit is.
//
// Cost: one reading of some microseconds a unit and group, a second. It
// refuses nothing that the kernel grants; which units are worth their reading
// is collect/pmu's choice.
package uncore

import (
	"errors"
	"fmt"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/collect/pmu"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

const period = time.Second

// Options say what is counted.
type Options struct {
	Roots    collect.Roots
	Clock    export.Clock
	Topology *numa.Topology
	Groups   []pmu.UnitGroup
	// FirstGroup is the index of the first of Report.Groups in the manifest.
	FirstGroup int
}

// counting is one group of events of one unit, opened.
type counting struct {
	unit    int   // index into the manifest's units
	group   int   // index into the collector's groups
	opened  group // nil during a pause
	open    func() (group, error)
	startNS int64
	started bool
}

// group is what perfevent opens; tests put another in its place.
type group interface {
	Enable() error
	Read(*perfevent.Counts) error
	Close() error
}

// Collector holds the open groups of all units.
type Collector struct {
	o      Options
	groups []events.Group
	units  []export.Unit
	open   []*counting
	counts perfevent.Counts
	failed map[string]bool
	// epoch grows when the host has slept: drivers set their units up anew.
	epoch   int32
	paused  bool
	suspend *collect.SuspendWatch
}

// Open opens every group on every unit that the kernel grants.
func Open(o Options) (collect.Collector, collect.Report, error) {
	return open(o, func(list []events.Event, cpu int) (group, error) {
		return perfevent.OpenGroup(list, perfevent.Target{PID: perfevent.AllProcesses, CPU: cpu}, 0, perfevent.Options{})
	})
}

type opener func(list []events.Event, cpu int) (group, error)

func open(o Options, opens opener) (collect.Collector, collect.Report, error) {
	var report collect.Report
	if o.Topology == nil {
		return nil, report, errors.New("uncore: no topology was given")
	}
	c := &Collector{o: o, failed: map[string]bool{}, suspend: collect.WatchSuspend()}
	permission := perfevent.ReadPermission(o.Roots)
	for _, g := range o.Groups {
		parts, refused := split(g, opens)
		for _, r := range refused {
			label := r.Event.Label()
			report.Unavailable = collect.Join(report.Unavailable, permission.Refusal("counters: "+label, r.Err), label)
		}
		for _, part := range parts {
			c.groups = append(c.groups, part.Group)
			if err := c.openUnits(part, opens); err != nil {
				report.Unavailable = append(report.Unavailable, permission.Refusal("counters of some units: "+part.Name, err))
			}
		}
	}
	if len(c.open) == 0 {
		return nil, report, c.Close()
	}
	c.describe(&report)
	return c, report, nil
}

func (c *Collector) describe(report *collect.Report) {
	for _, g := range c.groups {
		out := collect.GroupOf(g)
		out.Scope = export.ScopeUncore
		report.Groups = append(report.Groups, out)
	}
	report.Units = c.units
	report.Tables = []export.TableInfo{{
		Name: export.TableCounters, PeriodNS: int64(period), Scopes: []string{string(export.ScopeUncore)},
		ScopePeriodNS: map[string]int64{string(export.ScopeUncore): int64(period)},
	}}
}

// Name implements collect.Collector.
func (c *Collector) Name() string { return "uncore" }

// Period implements collect.Collector.
func (c *Collector) Period() time.Duration { return period }

// Drain reads every unit.
func (c *Collector) Drain(sink collect.Sink) error {
	if c.paused {
		return nil
	}
	if c.suspend.Slept() > 0 {
		c.epoch++
	}
	for _, n := range c.open {
		c.read(n, sink)
	}
	return nil
}

// Finish reads the totals.
func (c *Collector) Finish(sink collect.Sink) error { return c.Drain(sink) }

// Close closes all events.
func (c *Collector) Close() error {
	var err error
	for _, n := range c.open {
		err = errors.Join(err, n.close())
	}
	c.open = nil
	return err
}

func (c *Collector) read(n *counting, sink collect.Sink) {
	if n.opened == nil {
		return // it could not be opened after a pause
	}
	want := len(c.groups[n.group].Events)
	if !n.started {
		n.started = true
		c.counts.Values = append(c.counts.Values[:0], make([]int64, want)...)
		c.counts.Enabled, c.counts.Running = 0, 0
		c.row(n, n.startNS, sink)
	}
	err := n.opened.Read(&c.counts)
	if err == nil && len(c.counts.Values) != want {
		err = fmt.Errorf("%d counts of a group of %d", len(c.counts.Values), want)
	}
	if err != nil {
		c.tell(n, err, sink)
		return
	}
	c.row(n, collect.MonotonicNS(), sink)
}

func (c *Collector) row(n *counting, monotonicNS int64, sink collect.Sink) {
	sink.Counter(export.CounterRow{
		TS: c.o.Clock.Wall(monotonicNS), Scope: export.ScopeUncore, Instance: int32(n.unit), Group: c.o.FirstGroup + n.group,
		Values: c.counts.Values, Enabled: c.counts.Enabled, Running: c.counts.Running, Epoch: c.epoch,
	})
}

// tell notes once that a unit cannot be read: it would fail every second.
func (c *Collector) tell(n *counting, err error, sink collect.Sink) {
	name := c.units[n.unit].PMU
	if c.failed[name] {
		return
	}
	c.failed[name] = true
	sink.Note(export.Note{
		TS: c.o.Clock.Wall(collect.MonotonicNS()), Kind: export.NoteDrop, Table: export.TableCounters,
		Text: fmt.Sprintf("unit %s can no longer be read: %v", name, err),
	})
}
