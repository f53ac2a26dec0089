package counters

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/export"
)

// errKernelExcluded stands for the refusal that made us leave the kernel out.
var errKernelExcluded = unix.EACCES

// cpu is one CPU's groups and the ring that they share.
type cpu struct {
	id       int
	groups   []*perfevent.Group // in the order of Collector.groups; empty while offline
	ring     *perfevent.Ring
	epoch    int32
	refused  bool // it could not be opened after a pause: it is tried again
	triedNS  int64
	starting bool // the counts at the beginning are not yet in the sink
	startNS  int64
	// aliveNS is when the counts last moved, by the monotonic clock; 0 is
	// never again.
	aliveNS     int64
	lastEnabled int64
	// sampled counts the kernel's readings since drainedNS; lost says that
	// there were more.
	sampled   int64
	lost      bool
	drainedNS int64
	// rowNS is when each group was last read.
	rowNS []int64
}

// openCPU opens all groups on one CPU, or none.
func (c *Collector) openCPU(p *cpu) error {
	for _, g := range c.groups {
		group, err := perfevent.OpenGroup(g.Events, c.target(p.id), c.timer(), c.perf)
		if err != nil {
			return errors.Join(err, p.close())
		}
		p.groups = append(p.groups, group)
	}
	if c.method != SystemCall {
		if err := c.mapRing(p); err != nil {
			return errors.Join(err, p.close())
		}
	}
	// Before anything is enabled: the first sample must not be older.
	p.startNS = collect.MonotonicNS()
	if !c.perf.EnableOnExec {
		for _, g := range p.groups {
			if err := g.Enable(); err != nil {
				return errors.Join(err, p.close())
			}
		}
	}
	p.aliveNS, p.lastEnabled = p.startNS, 0
	p.sampled, p.lost, p.drainedNS = 0, false, p.startNS
	p.rowNS = append(p.rowNS[:0], make([]int64, len(p.groups))...)
	p.starting = true
	return nil
}

func (c *Collector) mapRing(p *cpu) error {
	ring, err := p.groups[0].MapRing(c.ringBytes())
	if err != nil {
		return err
	}
	p.ring = ring
	for _, g := range p.groups[1:] {
		if err := g.Attach(p.groups[0]); err != nil {
			return err
		}
	}
	return nil
}

// ringBytes holds four times what comes between two drains: the process may
// be kept from running for a while.
func (c *Collector) ringBytes() int {
	bytes := 0
	for _, g := range c.groups {
		bytes += 8 + 8 + 24 + 16*(len(g.Events)+1)
	}
	return 4 * bytes * int(drainPeriod/c.period+1)
}

func (p *cpu) close() error {
	var err error
	if p.ring != nil {
		err = p.ring.Close()
		p.ring = nil
	}
	for _, g := range p.groups {
		err = errors.Join(err, g.Close())
	}
	p.groups = nil
	return err
}

// start puts the beginning into the sink: all counts are 0 there, and what
// is counted until the first reading belongs to the run.
func (c *Collector) start(p *cpu, sink collect.Sink) {
	if !p.starting || len(p.groups) == 0 {
		return
	}
	p.starting = false
	for i := range p.groups {
		c.counts.Values = c.counts.Values[:0]
		for range c.groups[i].Events {
			c.counts.Values = append(c.counts.Values, 0)
		}
		c.counts.Enabled, c.counts.Running = 0, 0
		c.row(p, i, p.startNS, sink)
	}
}

// read asks for every group's counts now.
func (c *Collector) read(p *cpu, sink collect.Sink) {
	c.start(p, sink)
	busy := int64(0) // of the process on this CPU
	for i, g := range p.groups {
		if err := g.Read(&c.counts); err != nil {
			c.drop(sink, 1, err.Error())
			continue
		}
		// The time after the reading: a sample that the kernel takes
		// meanwhile is then older, and left out.
		now := collect.MonotonicNS()
		if len(c.counts.Values) != len(c.groups[i].Events) {
			p.aliveNS = 0 // its CPU was offline: the group fell apart
			return
		}
		if i == 0 {
			if !p.sawEnabled(c.counts.Enabled, now) && c.scope == export.ScopeCPU {
				return // it is dead: that it stands still is no reading
			}
			busy = c.counts.Running
		}
		if c.scope == export.ScopeProcessCPU {
			// An event bound to a CPU is enabled while its task runs
			// anywhere: that would look like multiplexing. The time in which
			// it could have counted is that for which the task was here,
			// which the software group, never multiplexed, ran.
			c.counts.Enabled = busy
		}
		c.row(p, i, now, sink)
	}
}

// drainRing appends what the kernel sampled since the last time.
func (c *Collector) drainRing(p *cpu, sink collect.Sink) {
	if p.ring == nil {
		return
	}
	c.start(p, sink)
	damaged := p.ring.Drain(func(r perfevent.Record) {
		if r.Type == unix.PERF_RECORD_SAMPLE {
			c.sample(p, r.Body, sink)
		} else if lost, ok := r.Lost(); ok {
			p.lost = true
			c.drop(sink, int64(lost), fmt.Sprintf("CPU %d: the ring was full, readings were lost", p.id))
		}
	})
	if damaged > 0 {
		c.drop(sink, 0, fmt.Sprintf("CPU %d: %d bytes of the ring were no records", p.id, damaged))
	}
}

// sample is one reading by the kernel: u64 time, then the counts.
func (c *Collector) sample(p *cpu, body []byte, sink collect.Sink) {
	if len(body) < 8 {
		c.drop(sink, 1, fmt.Sprintf("CPU %d: a sample of %d bytes", p.id, len(body)))
		return
	}
	now := int64(binary.NativeEndian.Uint64(body))
	leader, err := perfevent.ParseCounts(body[8:], &c.counts)
	if err != nil {
		c.drop(sink, 1, fmt.Sprintf("CPU %d: %v", p.id, err))
		return
	}
	for i, g := range p.groups {
		if g.ID() == leader {
			g.Trim(&c.counts)
			p.sawEnabled(c.counts.Enabled, now)
			if i == 0 {
				p.sampled++
			}
			c.row(p, i, now, sink)
			return
		}
	}
}

// row appends the counts just read. A reading that lacks events says nothing
// about which, and is dropped. A sample that was in the ring while a reading
// by system call overtook it has nothing to add.
func (c *Collector) row(p *cpu, group int, monotonicNS int64, sink collect.Sink) {
	if monotonicNS < p.rowNS[group] {
		return
	}
	p.rowNS[group] = monotonicNS
	if want := len(c.groups[group].Events); len(c.counts.Values) != want {
		c.drop(sink, 1, fmt.Sprintf("CPU %d: %d counts of a group of %d", p.id, len(c.counts.Values), want))
		return
	}
	sink.Counter(export.CounterRow{
		TS:       c.o.Clock.Wall(monotonicNS),
		Scope:    c.scope,
		Instance: int32(p.id),
		Group:    c.o.FirstGroup + group,
		Values:   c.counts.Values,
		Enabled:  c.counts.Enabled,
		Running:  c.counts.Running,
		Epoch:    p.epoch,
	})
}

// sawEnabled tells whether the group's time has moved.
func (p *cpu) sawEnabled(enabled, now int64) bool {
	moved := enabled > p.lastEnabled
	if moved {
		p.lastEnabled, p.aliveNS = enabled, now
	}
	return moved
}

// silent says that the CPU's counts have not moved for too long to be chance.
func (p *cpu) silent(now int64, period time.Duration) bool {
	return now-p.aliveNS > int64(max(3*period, 2*drainPeriod))
}

func (c *Collector) drop(sink collect.Sink, count int64, text string) {
	c.note(sink, export.NoteDrop, count, text)
}

func (c *Collector) note(sink collect.Sink, kind export.NoteKind, count int64, text string) {
	sink.Note(export.Note{
		TS: c.o.Clock.Wall(collect.MonotonicNS()), Kind: kind, Table: export.TableCounters, Count: count, Text: text,
	})
}
