package faults

import (
	"fmt"
	"slices"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// aliveCheck is how often each CPU is asked, by an interrupt, whether its
// event still lives.
const aliveCheck = 10 * time.Second

// followHotplug closes the events of CPUs that went and opens those of CPUs
// that came. An event of a CPU that goes offline is dead, and stays so when
// the CPU returns.
func (c *Collector) followHotplug(nowNS int64, sink collect.Sink) {
	if c.commandOn {
		return // a task's events follow the task
	}
	if c.online != nil {
		if online, changed := c.online.Changed(); changed {
			for _, p := range c.cpus {
				c.setOnline(p, slices.Contains(online, p.id), sink)
			}
		}
	}
	if nowNS < c.nextCheck {
		return
	}
	c.nextCheck = nowNS + int64(aliveCheck)
	for _, p := range c.cpus {
		if len(p.events) > 0 && !p.alive() {
			// It went and came back between two looks at the list. That no
			// sample comes says nothing: there may be no faults.
			p.close()
			c.reopen(p, sink)
		}
	}
}

func (c *Collector) setOnline(p *cpu, online bool, sink collect.Sink) {
	switch open := len(p.events) > 0; {
	case open && !online:
		p.close()
		c.drop(sink, 0, fmt.Sprintf("CPU %d went offline", p.id))
	case !open && online:
		c.reopen(p, sink)
	}
}

func (c *Collector) reopen(p *cpu, sink collect.Sink) {
	if err := c.openCPU(p); err != nil {
		c.drop(sink, 0, fmt.Sprintf("faults of CPU %d could not be sampled again: %v", p.id, err))
		return
	}
	c.note(sink, export.NoteMark, 0, fmt.Sprintf("faults of CPU %d are sampled again", p.id))
}

// alive says whether the enabled event's time has moved since it was last
// asked, or since it was enabled.
func (p *cpu) alive() bool {
	_, enabled, err := p.events[p.level].Count()
	alive := err == nil && enabled > p.enabledNS
	p.enabledNS = enabled
	return alive
}
