package counters

import (
	"errors"
	"fmt"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// Pause implements collect.Pauser. Events of CPUs are closed, so that nothing
// of them is left in the kernel. Those of a command are only disabled, which
// frees the counters too: threads and children that have inherited them could
// not be found again.
func (c *Collector) Pause(sink collect.Sink, why string) error {
	if c.paused {
		return nil
	}
	err := c.Finish(sink)
	c.paused, c.gaps = true, gaps{told: c.gaps.told}
	for _, p := range c.cpus {
		if c.scope == export.ScopeCPU {
			err = errors.Join(err, p.close())
			continue
		}
		for _, g := range p.groups {
			err = errors.Join(err, g.Disable())
		}
	}
	c.note(sink, export.NoteStop, 0, "counters rest: "+why)
	return err
}

// Resume implements collect.Pauser. CPUs that went offline meanwhile, or that
// the kernel refuses, are tried again.
func (c *Collector) Resume(sink collect.Sink, why string) error {
	if !c.paused {
		return nil
	}
	c.paused = false
	c.note(sink, export.NoteStart, 0, "counters go on: "+why)
	for _, p := range c.cpus {
		p.epoch++
		if c.scope != export.ScopeCPU {
			c.enable(p, sink)
		} else if err := c.openCPU(p); err != nil {
			p.refused = true
			c.drop(sink, 0, fmt.Sprintf("CPU %d could not be counted again, and is tried every so often: %v", p.id, err))
		}
	}
	return nil
}

// enable goes on with a command's groups; their counts are those of before.
func (c *Collector) enable(p *cpu, sink collect.Sink) {
	for _, g := range p.groups {
		if err := g.Enable(); err != nil {
			c.drop(sink, 0, err.Error())
		}
	}
	c.read(p, sink)
}

// tryEvery is how long it takes until a CPU is tried again.
const tryEvery = 10 * time.Second

// tryRefused opens CPUs that could not be opened after a pause: whoever had
// the PMU may have kept it for longer.
func (c *Collector) tryRefused(nowNS int64, sink collect.Sink) {
	for _, p := range c.cpus {
		if !p.refused || nowNS-p.triedNS < int64(tryEvery) {
			continue
		}
		p.triedNS = nowNS
		if len(p.groups) > 0 || c.openCPU(p) == nil {
			p.refused = false
			c.note(sink, export.NoteMark, 0, fmt.Sprintf("CPU %d is counted again", p.id))
		}
	}
}
