package trace

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/sampling"
	"github.com/numalens/numalens/pkg/collect/trace/probes"
	"github.com/numalens/numalens/pkg/export"
)

// meter is when the collector last accounted for itself, and for what.
type meter struct {
	next int64                    // monotonic
	said [probes.AllKinds]missing // what was lost, and is noted
}

// missing is what was lost of a kind, in several ways.
type missing struct{ ruled, sampled, unsummed, dropped, unknown, missed uint64 }

// due tells, once a second, that it is time. Drains that a ring woke come in
// between.
func (m *meter) due(now int64) bool {
	if now < m.next {
		return false
	}
	m.next = now - now%int64(period) + int64(period) - int64(period)/10
	return true
}

// perKind are the columns of each kind in the counters table.
var perKind = []struct {
	suffix, help string
	of           func(probes.ObjectCount) uint64
}{
	{"seen", "events of %s that the probes saw", func(c probes.ObjectCount) uint64 { return c.Seen }},
	{"ruled", "events of %s that a rule kept", func(c probes.ObjectCount) uint64 { return c.Ruled }},
	{"sampled", "events of %s that were kept by chance", func(c probes.ObjectCount) uint64 { return c.Sampled }},
	{"thinned", "events of %s that are in the sums alone", func(c probes.ObjectCount) uint64 { return c.Thinned }},
	{"lost", "events of %s that were to be kept and found no room", func(c probes.ObjectCount) uint64 { return c.RuledLost + c.SampledLost }},
}

// group describes what accountFor writes.
func (c *Collector) describeGroup() export.Group {
	g := export.Group{Name: "trace", Scope: export.ScopeHost}
	add := func(name, unit, help string) {
		g.Events = append(g.Events, export.GroupEvent{Name: "trace." + name, Spec: "bpf", Unit: unit, Help: help, Proven: true})
	}
	for _, u := range c.units {
		for _, k := range perKind {
			add(u.name+"."+k.suffix, "1", fmt.Sprintf(k.help, u.name))
		}
	}
	add("bpf-time", "ns", "run time of the probes' programs, on all CPUs: the kernel's statistics of one second in ten, times the events of all")
	add("trap-time", "ns", "estimate of what entering the programs cost, on all CPUs: hits of kprobes and uprobes times a measured constant")
	add("stacks-recalled", "1", "kernel stacks that were known without walking them, by the words that decide about them")
	add("stacks-wrong", "1", "recalled kernel stacks that a walk found to be others; from the first on all are walked")
	return g
}

// account reads the programs' counts, tells the run about them, and lets the
// governor decide.
func (c *Collector) account(sink collect.Sink, now int64) error {
	counts, err := c.counts()
	if err != nil {
		return err
	}
	reading := sampling.Reading{AtNS: now, AgentCPU: agentCPU(), Rows: c.sums.rows}
	var values []int64
	var bpf, traps time.Duration
	for _, u := range c.units {
		n := counts[u.kernel]
		for _, k := range perKind {
			values = append(values, int64(k.of(n)))
		}
		run := u.cost.total(u.hits(counts))
		bpf += run
		traps += time.Duration(float64(u.hits(counts)) * u.trapNS)
		reading.Probes = append(reading.Probes, sampling.ProbeReading{
			Name: u.name, Kind: u.kind, Hits: u.hits(counts), RunTime: run, TrapNS: u.trapNS,
			Kept: int64(n.Ruled + n.Sampled), Ruled: int64(n.Ruled), Dropped: int64(n.RuledLost + n.SampledLost),
		})
		c.noteLost(sink, u, n)
	}
	recalls, err := c.set.Recalls()
	if err != nil {
		return err
	}
	sink.Counter(export.CounterRow{TS: c.o.Clock.Wall(now), Scope: export.ScopeHost, Group: c.group,
		Values: append(values, int64(bpf), int64(traps), int64(recalls.Recalled), int64(recalls.Wrong)), Enabled: now - c.started, Running: now - c.started})
	var unwalked uint64
	for _, n := range counts {
		unwalked += n.Unwalked
	}
	if err := c.stacks.frames.follow(unwalked, c.sums.drains); err != nil {
		return err
	}
	if err := c.stacks.frames.refill(); err != nil {
		return err
	}
	if err := c.measure(now); err != nil {
		return err
	}
	if c.finished {
		return nil
	}
	return c.follow(sink, c.governor.Decide(reading))
}

func (c *Collector) counts() (all [probes.AllKinds]probes.ObjectCount, err error) {
	var each []probes.ObjectCount
	m := c.set.Map(probes.ObjectMapCounts)
	for kind := range uint32(probes.AllKinds) {
		if err := m.Lookup(kind, &each); err != nil {
			return all, fmt.Errorf("read the probes' counts: %w", err)
		}
		t := &all[kind]
		for _, n := range each {
			t.Seen += n.Seen
			t.Bytes += n.Bytes
			t.Ruled += n.Ruled
			t.Sampled += n.Sampled
			t.Thinned += n.Thinned
			t.RuledLost += n.RuledLost
			t.SampledLost += n.SampledLost
			t.Unsummed += n.Unsummed
			t.Unwalked += n.Unwalked
			t.Dropped += n.Dropped
			t.Unknown += n.Unknown
		}
	}
	// Tasks are counted apart, and told with the pages.
	all[probes.MovedPages] = sum(all[probes.MovedPages], all[probes.MovedTask])
	return all, nil
}

func sum(a, b probes.ObjectCount) probes.ObjectCount {
	a.Seen += b.Seen
	a.Ruled += b.Ruled
	a.RuledLost += b.RuledLost
	return a
}

// noteLost says what a kind lost since it was last said.
func (c *Collector) noteLost(sink collect.Sink, u *unit, n probes.ObjectCount) {
	is := missing{n.RuledLost, n.SampledLost, n.Unsummed, n.Dropped, n.Unknown, u.cost.missed()}
	was := &c.meter.said[u.kernel]
	say := func(now, before uint64, table, text string) {
		if now > before {
			sink.Note(export.Note{TS: c.o.Clock.Wall(collect.MonotonicNS()), Kind: export.NoteDrop, Table: table, Count: int64(now - before), Text: u.name + ": " + text})
		}
	}
	say(is.ruled, was.ruled, export.TableEvents, "events that a rule keeps found the ring full")
	say(is.sampled, was.sampled, export.TableEvents, "sampled events found the ring full, so the weights of the others fall short")
	say(is.unsummed, was.unsummed, export.TableAllocations, "events found no room among the sums, there are too many different stacks and owners at once: they are summed by nodes alone")
	say(is.unknown, was.unknown, export.TableStacks, fmt.Sprintf("events have no stack: more than %d a second were new", freshEach))
	say(is.dropped, was.dropped, export.TableAllocations, "events are in no sum")
	say(is.missed, was.missed, export.TableAllocations, "events came while the same program was at work on that CPU, in an interrupt, and the kernel left them out")
	*was = is
}

// seldomest is how seldom sums may be read: columns of a query are as narrow as
// two periods of the table, and each is to have a reading.
const seldomest = 2 * period

// follow does what the governor decided.
func (c *Collector) follow(sink collect.Sink, d sampling.Decision) error {
	c.every = min(d.DrainEvery, seldomest)
	if err := c.set.SetEvery(c.rates(d)); err != nil {
		return err
	}
	notes := append(d.Notes, c.head.Notes()...)
	for i, name := range slices.Concat(d.Detach, d.Attach) {
		u := c.unit(name)
		if u == nil {
			continue
		}
		var err error
		if i < len(d.Detach) {
			err = u.detach()
		} else if len(u.links) == 0 {
			err = u.reattach()
		}
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s: %v", name, err))
		}
	}
	for _, text := range notes {
		sink.Note(export.Note{TS: c.o.Clock.Wall(collect.MonotonicNS()), Kind: export.NoteMark, Table: c.tableOfNote(text), Text: text})
	}
	return nil
}

// tableOfNote is "allocations/KIND" for a note on one kind's probe.
func (c *Collector) tableOfNote(text string) string {
	for _, u := range c.units {
		for _, lead := range []string{"detached ", "attached "} {
			if len(text) > len(lead)+len(u.name) && text[:len(lead)+len(u.name)+1] == lead+u.name+":" {
				if u.kernel >= probes.Kinds {
					return export.TableMigrations
				}
				return export.TableAllocations + "/" + u.name
			}
		}
	}
	return export.TableEvents
}

func (c *Collector) unit(name string) *unit {
	i := slices.IndexFunc(c.units, func(u *unit) bool { return u.name == name })
	if i < 0 {
		return nil
	}
	return c.units[i]
}

// agentCPU is the CPU time of this process.
func agentCPU() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// describe says what the run will hold.
func (c *Collector) describe(report *collect.Report) {
	host := string(export.ScopeHost)
	report.Groups = []export.Group{c.describeGroup()}
	report.Tables = []export.TableInfo{{Name: export.TableCounters, Scopes: []string{host}, ScopePeriodNS: map[string]int64{host: int64(period)}}}
	sums := export.TableInfo{Name: export.TableAllocations, PeriodNS: int64(period)}
	for _, u := range c.units {
		if u.kernel < probes.Kinds {
			sums.Scopes = append(sums.Scopes, string(u.kind))
		} else {
			report.Tables = append(report.Tables, export.TableInfo{Name: export.TableMigrations})
		}
	}
	if len(sums.Scopes) > 0 {
		report.Tables = append(report.Tables, sums, export.TableInfo{Name: export.TableEvents, Scopes: sums.Scopes})
	}
}
