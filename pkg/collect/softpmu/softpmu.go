// Package softpmu collects the tables counters and samples from a software
// PMU: a plugin of an emulator that sees every load and store of the guest,
// models its caches, and shares what it counted as the memory of a PCI
// device. tests/guest/README.md is the contract between the two.
//
// It is for recording in that guest only. On any other machine there is no
// such device, Open gives nil, and nothing is missing. A device that is there
// and cannot be read is reported.
//
// Counts are cumulative, by CPU, and never multiplexed; a sequence before
// them tells whether the plugin was writing while they were read. Load
// samples come from one ring a CPU, as a PMU's would: what served the load,
// its latency in the model's cycles, the physical address. Their times are
// the host's. A handshake ties its clock to the guest's every three seconds,
// with an error of half its round trip (some microseconds, on an idle host)
// and what the two clocks drift apart until the next.
//
// Cost: a few hundred loads a CPU and reading, and no system call but one
// look at /proc for each sampled thread. The emulator cares nothing for a
// measured host, and so this collector wakes the process at the full rate of
// its counters. It refuses layouts of another version, and checks whatever
// the device says before it is used: the host's file may hold anything.
package softpmu

import (
	"errors"
	"fmt"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Options say where the device is looked for and how often it is read.
type Options struct {
	Roots    collect.Roots
	Clock    export.Clock
	Topology *numa.Topology
	Hz       int
	// FirstGroup is the index of the first of Report.Groups in the manifest.
	FirstGroup int
}

// emulator is what the plugin runs in. There is no other with such a device.
const emulator = "QEMU TCG"

// loadSamples is the table of notes about samples of loads only.
var loadSamples = export.TableSamples + "/" + string(export.MemoryLoad)

// tellEvery is how often readings that failed are noted.
const tellEvery = 10 * time.Second

// Collector reads the device.
type Collector struct {
	o         Options
	mem       memory
	layout    *layout
	groups    []export.Group
	period    time.Duration
	now       func() int64 // the monotonic clock
	startNS   int64
	cpus      []*cpu
	scratch   []uint64
	marker    marker
	ring      func() // the clock marker
	ties      ties   // empty: there are no samples
	processes processes
	failed    int64 // readings since it was last told
	tellNS    int64
}

// cpu is one that is online; its id is the plugin's too.
type cpu struct {
	id      int
	node    int32
	counts  reading
	started bool   // the counts at the beginning are in the sink
	lost    uint64 // as the ring said last
}

// Open finds the device and reads where it stands.
func Open(o Options) (collect.Collector, collect.Report, error) {
	if err := o.check(); err != nil {
		return nil, collect.Report{}, err
	}
	m, err := find(o.Roots)
	if m == nil {
		return nil, refused(err), nil
	}
	mark, markErr := mapMarker()
	c := &Collector{o: o, mem: m, marker: mark, ring: mark.ring, now: collect.MonotonicNS}
	report, err := c.open(markErr)
	if err != nil {
		return nil, refused(err), c.Close()
	}
	return c, report, nil
}

func (o Options) check() error {
	if o.Hz < 1 || o.Hz > 1000 {
		return fmt.Errorf("the software PMU cannot be read %d times a second: 1 to 1000 is possible, 10 is usual", o.Hz)
	}
	if o.Topology == nil || len(o.Topology.CPUs) == 0 {
		return errors.New("software PMU: no topology was given")
	}
	return nil
}

// refused reports a device that could not be used; without an error there
// was none, and nothing to report.
func refused(err error) collect.Report {
	if err == nil {
		return collect.Report{}
	}
	return collect.Report{Unavailable: []numa.Unavailable{{
		Feature: "counters and load samples of the emulator's software PMU", Why: err.Error(),
		Remedy: "record with a plugin and an agent of the same version, as tests/guest/record does",
	}}}
}

// open reads the device that is mapped. markErr says why there is no marker.
func (c *Collector) open(markErr error) (collect.Report, error) {
	var err error
	if c.layout, err = parseLayout(c.mem); err != nil {
		return collect.Report{}, err
	}
	c.period = time.Second / time.Duration(c.o.Hz)
	c.groups = c.layout.groups()
	c.scratch = make([]uint64, len(c.layout.events))
	c.processes = processes{proc: c.o.Roots.Proc, known: map[int32]int32{}}
	report := collect.Report{Groups: c.groups, Rung: c.rung(), Emulated: emulator + "; " + c.layout.model + "; " + c.layout.plugin}
	for _, m := range c.o.Topology.CPUs {
		if m.ID < 0 || m.ID >= c.layout.cpus {
			report.Unavailable = append(report.Unavailable, numa.Unavailable{
				Feature: fmt.Sprintf("counters of CPU %d by the software PMU", m.ID),
				Why:     fmt.Sprintf("it counts %d CPUs", c.layout.cpus), Remedy: "give the plugin the CPUs that the guest has",
			})
			continue
		}
		p := &cpu{id: m.ID, node: int32(m.Node), counts: reading{values: make([]int64, len(c.layout.events))}}
		c.cpus = append(c.cpus, p)
	}
	report.Tables = []export.TableInfo{{Name: export.TableCounters, PeriodNS: int64(c.period), Scopes: []string{string(export.ScopeCPU)}}}
	c.openSamples(&report, markErr)
	c.startNS = c.now()
	for _, p := range c.cpus {
		p.counts.read(c.mem, c.layout.counters.of(p.id), c.scratch) // the next reading begins, if not this one
	}
	return report, nil
}

// openSamples ties the clocks, without which a sample has no time.
func (c *Collector) openSamples(report *collect.Report, markErr error) {
	if c.layout.every == 0 {
		return
	}
	if markErr == nil && !c.ties.take(c.mem, c.ring, c.now) {
		markErr = errors.New("the plugin does not answer the clock marker")
	}
	if markErr != nil {
		report.Unavailable = append(report.Unavailable, numa.Unavailable{
			Feature: "load samples of the software PMU", Why: "their times are the host's, and the clocks could not be tied: " + markErr.Error(),
			Remedy: "run the guest with the plugin that shares the device",
		})
		return
	}
	for _, p := range c.cpus {
		p.lost = c.mem.load(c.layout.rings.of(p.id) + ringLostWord)
	}
	report.Tables = append(report.Tables, export.TableInfo{Name: export.TableSamples, Scopes: []string{string(export.MemoryLoad)}})
	report.Rung = numa.LoadSamples
}

// rung is what the counters alone reach.
func (c *Collector) rung() numa.Rung {
	if c.layout.counts("node-loads") && c.layout.counts("node-load-misses") {
		return numa.Counters
	}
	return numa.NoRung
}

// Name implements collect.Collector.
func (c *Collector) Name() string { return "softpmu" }

// Period implements collect.Collector.
func (c *Collector) Period() time.Duration { return c.period }

// Drain implements collect.Collector.
func (c *Collector) Drain(sink collect.Sink) error {
	if now := c.now(); len(c.ties.list) > 0 && now >= c.ties.nextNS {
		c.ties.nextNS = now + int64(tieEvery)
		c.ties.take(c.mem, c.ring, c.now) // if not, the last one stands
	}
	for _, p := range c.cpus {
		c.read(p, sink)
		if len(c.ties.list) > 0 {
			c.drainRing(p, sink)
		}
	}
	c.tell(sink)
	return nil
}

// Finish drains for the last time.
func (c *Collector) Finish(sink collect.Sink) error {
	c.tellNS = 0
	return c.Drain(sink)
}

// Close unmaps the device.
func (c *Collector) Close() error {
	return errors.Join(c.marker.close(), c.mem.close())
}

// read appends a CPU's counts, and before the first those at the beginning.
func (c *Collector) read(p *cpu, sink collect.Sink) {
	if !p.started && p.counts.any {
		c.rows(p, c.startNS, sink)
	}
	p.started = true
	if !p.counts.read(c.mem, c.layout.counters.of(p.id), c.scratch) {
		c.failed++
		return
	}
	c.rows(p, c.now(), sink)
}

func (c *Collector) rows(p *cpu, now int64, sink collect.Sink) {
	values := p.counts.values
	for i, g := range c.groups {
		sink.Counter(export.CounterRow{
			TS: c.o.Clock.Wall(now), Scope: export.ScopeCPU, Instance: int32(p.id), Group: c.o.FirstGroup + i,
			Values: values[:len(g.Events)], Enabled: now - c.startNS, Running: now - c.startNS, Epoch: p.counts.epoch,
		})
		values = values[len(g.Events):]
	}
}

// tell notes readings that failed, not oftener than every so often: a plugin
// that died while it wrote fails them all.
func (c *Collector) tell(sink collect.Sink) {
	now := c.now()
	if c.failed == 0 || now < c.tellNS {
		return
	}
	c.drop(sink, export.TableCounters, c.failed*int64(len(c.groups)), fmt.Sprintf("%d readings of the software PMU stayed torn and were left out", c.failed))
	c.failed, c.tellNS = 0, now+int64(tellEvery)
}

func (c *Collector) drop(sink collect.Sink, table string, count int64, text string) {
	sink.Note(export.Note{TS: c.o.Clock.Wall(c.now()), Kind: export.NoteDrop, Table: table, Count: count, Text: text})
}
