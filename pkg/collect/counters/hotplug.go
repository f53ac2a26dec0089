package counters

import (
	"fmt"
	"slices"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/export"
)

// followHotplug closes the groups of CPUs that went and opens those of CPUs
// that came, with a new epoch. An event of a CPU that goes offline is dead,
// and stays so when the CPU returns.
func (c *Collector) followHotplug(nowNS int64, sink collect.Sink) {
	if c.scope != export.ScopeCPU {
		return // a task's events follow the task
	}
	if c.online != nil {
		if online, changed := c.online.Changed(); changed {
			for _, p := range c.cpus {
				c.setOnline(p, slices.Contains(online, p.id), sink)
			}
		}
	}
	c.tryRefused(nowNS, sink)
	for _, p := range c.cpus {
		if len(p.groups) == 0 || !p.silent(nowNS, c.period) {
			continue
		}
		// It may be idle and not sampled; if it does not answer either, it
		// went and came back between two looks at the list.
		c.read(p, sink)
		if p.silent(nowNS, c.period) {
			p.close()
			c.reopen(p, sink)
		}
	}
}

func (c *Collector) setOnline(p *cpu, online bool, sink collect.Sink) {
	switch open := len(p.groups) > 0; {
	case open && !online:
		p.close()
		c.drop(sink, 0, fmt.Sprintf("CPU %d went offline", p.id))
	case !open && online:
		c.reopen(p, sink)
	}
}

func (c *Collector) reopen(p *cpu, sink collect.Sink) {
	p.epoch++
	if err := c.openCPU(p); err != nil {
		c.drop(sink, 0, fmt.Sprintf("CPU %d could not be counted again: %v", p.id, err))
		return
	}
	c.note(sink, export.NoteMark, 0, fmt.Sprintf("CPU %d is counted again", p.id))
}

// followSuspend begins a new epoch after the host has slept. What is in the
// rings was sampled before and after, and nothing tells which: it is left out,
// a second at most.
func (c *Collector) followSuspend(sink collect.Sink) {
	slept := c.suspend.Slept()
	if slept == 0 {
		return
	}
	for _, p := range c.cpus {
		if p.ring != nil {
			p.ring.Drain(func(perfevent.Record) {})
		}
		p.epoch++
		p.sampled, p.lost = 0, true // not a gap of the kernel's timer
	}
	c.note(sink, export.NoteMark, 0, fmt.Sprintf("the host slept for %v: counts begin a new epoch, and the times of rows from here on are that much behind the wall clock", slept.Round(time.Millisecond)))
}
