package faults

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
)

// errKernelExcluded stands for the refusal that made us leave the kernel out.
var errKernelExcluded = unix.EACCES

// cpu is one CPU's events, one for each level, of which one is enabled, and
// the ring that they share. There are none while it is offline.
type cpu struct {
	id     int
	events []*perfevent.Sampled
	ring   *perfevent.Ring
	level  int // the one enabled
	rate   rate
	// came counts the faults that samples and lost records since the last
	// look stand for, finest those of the first level since the beginning.
	came, finest uint64
	// enabledNS is the enabled event's time when it was last asked.
	enabledNS int64
}

func (c *Collector) openCPU(p *cpu) error {
	p.level, p.came, p.finest, p.enabledNS = 0, 0, 0, 0
	p.rate = rate{lastNS: collect.MonotonicNS()}
	for level := range c.levels {
		if err := c.openLevel(p, level); err != nil {
			return errors.Join(err, p.close())
		}
	}
	if c.perf.EnableOnExec {
		return nil
	}
	if err := p.events[0].Enable(); err != nil {
		return errors.Join(err, p.close())
	}
	return nil
}

func (c *Collector) openLevel(p *cpu, level int) error {
	o := c.perf
	o.EnableOnExec = o.EnableOnExec && level == 0
	sampling := perfevent.Sampling{Every: c.levels[level], Physical: c.physical, WakeBytes: c.wakeBytes()}
	event, err := perfevent.OpenSampled(events.MinorFaults(), c.target(p.id), sampling, o)
	if err != nil {
		return err
	}
	p.events = append(p.events, event)
	if level > 0 {
		return event.Attach(p.events[0])
	}
	if p.ring, err = event.MapRing(c.ringBytes()); err != nil {
		return err
	}
	return c.watch.Add(event)
}

// ringBytes holds 32,000 faults on a host with few CPUs: what a burst may bring
// between the wake-up and the drain that thins it out. All rings together
// stay below 32 MiB (but for 64 KiB a CPU), and within what the user may lock.
func (c *Collector) ringBytes() int {
	const most, least, host = 2 << 20, 64 << 10, 32 << 20
	want := min(max(host/len(c.o.Topology.CPUs), least), most)
	if c.o.Period == 1 {
		want = 2 * most // nothing is ever thinned out
	}
	return c.permission.RingBytes(want)
}

// wakeBytes is when a burst is noticed: the sooner, the fewer samples are
// taken of it, each of which costs. Below the rate aimed at, it is the drain
// by time that finds them.
func (c *Collector) wakeBytes() int {
	if c.o.Period == 1 {
		return 0
	}
	samples := max(2*int(c.maxRate), 512)
	return min(samples*perfevent.SampleBytes(c.physical), c.ringBytes()/2)
}

// stop disables whatever is enabled.
func (p *cpu) stop() error {
	var err error
	for _, e := range p.events {
		err = errors.Join(err, e.Disable())
	}
	return err
}

func (p *cpu) close() error {
	var err error
	if p.ring != nil {
		err = p.ring.Close()
		p.ring = nil
	}
	for _, e := range p.events {
		err = errors.Join(err, e.Close())
	}
	p.events = nil
	return err
}

func (c *Collector) drainRing(p *cpu, sink collect.Sink) {
	if p.ring == nil {
		return
	}
	damaged := p.ring.Drain(func(r perfevent.Record) {
		switch r.Type {
		case unix.PERF_RECORD_SAMPLE:
			c.record(p, r.Body, sink)
		case unix.PERF_RECORD_THROTTLE:
			c.drop(sink, 0, fmt.Sprintf("CPU %d: the kernel throttled fault samples (kernel.perf_event_max_sample_rate)", p.id))
		default:
			if lost, ok := r.Lost(); ok {
				c.lost(p, lost, sink)
			}
		}
	})
	if damaged > 0 {
		c.drop(sink, 0, fmt.Sprintf("CPU %d: %d bytes of the ring were no records", p.id, damaged))
	}
}

// lost notes records that the ring had no room for. They are taken to be of
// the level that is enabled.
func (c *Collector) lost(p *cpu, records uint64, sink collect.Sink) {
	p.came += records * c.levels[p.level]
	if p.level == 0 {
		p.finest += records
	}
	c.drop(sink, int64(records), fmt.Sprintf("CPU %d: the ring was full, fault samples were lost", p.id))
}

func (c *Collector) record(p *cpu, body []byte, sink collect.Sink) {
	s := &c.sample
	if err := p.events[0].ParseSample(body, s); err != nil {
		c.drop(sink, 1, fmt.Sprintf("CPU %d: %v", p.id, err))
		return
	}
	weight := c.weight(p, s.ID)
	row := export.Sample{
		TS:      c.o.Clock.Wall(s.TimeNS),
		Kind:    export.MinorFault,
		CPU:     s.CPU,
		PID:     s.PID,
		TID:     s.TID,
		IP:      s.IP,
		Addr:    s.Addr,
		Phys:    s.Phys,
		CPUNode: -1,
		MemNode: c.onlyNode,
		Weight:  int64(weight),
	}
	if node, ok := c.nodeOfCPU[s.CPU]; ok {
		row.CPUNode = node
	}
	if nodes := c.o.Topology.Nodes; len(nodes) == 1 {
		row.MemNode = int32(nodes[0].ID) // there is no other place
		sink.Sample(row)
		return
	}
	if s.Phys == 0 && row.MemNode < 0 {
		c.pending.add(row, sink)
		return
	}
	if node, ok := c.o.Topology.NodeOfAddress(s.Phys); ok && s.Phys != 0 {
		row.MemNode = int32(node)
	}
	sink.Sample(row)
}

// weight is the period of the event that made the sample.
func (c *Collector) weight(p *cpu, id uint64) uint64 {
	for level, e := range p.events {
		if e.ID() == id {
			p.came += c.levels[level]
			if level == 0 {
				p.finest++
			}
			return c.levels[level]
		}
	}
	return 1
}
