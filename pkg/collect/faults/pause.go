package faults

import (
	"errors"
	"fmt"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// Pause implements collect.Pauser. A command's events are stopped but stay:
// threads and children that have inherited them could not be found again.
func (c *Collector) Pause(sink collect.Sink, why string) error {
	if c.paused {
		return nil
	}
	err := c.Finish(sink)
	c.paused = true
	for _, p := range c.cpus {
		if !c.commandOn {
			err = errors.Join(err, p.close())
		}
	}
	c.note(sink, export.NoteStop, 0, "fault samples rest: "+why)
	return err
}

// Resume implements collect.Pauser.
func (c *Collector) Resume(sink collect.Sink, why string) error {
	if !c.paused {
		return nil
	}
	c.paused = false
	c.note(sink, export.NoteStart, 0, "fault samples go on: "+why)
	for _, p := range c.cpus {
		err := error(nil)
		if c.commandOn {
			if len(p.events) > 0 {
				err = p.events[p.level].Enable()
			}
		} else {
			err = c.openCPU(p)
		}
		if err != nil {
			c.drop(sink, 0, fmt.Sprintf("faults of CPU %d could not be sampled again: %v", p.id, err))
		}
	}
	return nil
}
