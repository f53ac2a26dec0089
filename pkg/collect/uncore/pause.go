package uncore

import (
	"errors"
	"fmt"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// Pause implements collect.Pauser.
func (c *Collector) Pause(sink collect.Sink, why string) error {
	if c.paused {
		return nil
	}
	err := c.Drain(sink)
	c.paused = true
	for _, n := range c.open {
		err = errors.Join(err, n.close())
	}
	c.note(sink, export.NoteStop, "counters beside the cores rest: "+why)
	return err
}

// Resume implements collect.Pauser.
func (c *Collector) Resume(sink collect.Sink, why string) error {
	if !c.paused {
		return nil
	}
	c.paused = false
	c.epoch++
	c.note(sink, export.NoteStart, "counters beside the cores go on: "+why)
	for _, n := range c.open {
		if err := n.begin(); err != nil {
			c.note(sink, export.NoteDrop, fmt.Sprintf("unit %s could not be counted again: %v", c.units[n.unit].PMU, err))
		}
	}
	return nil
}

func (c *Collector) note(sink collect.Sink, kind export.NoteKind, text string) {
	sink.Note(export.Note{TS: c.o.Clock.Wall(collect.MonotonicNS()), Kind: kind, Table: export.TableCounters, Text: text})
}
