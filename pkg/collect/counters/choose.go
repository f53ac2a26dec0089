package counters

import (
	"errors"
	"slices"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// choose finds which events the kernel grants, by opening them on the first
// CPU: the software events, and the hardware ones beside them. An event that
// is refused is left out and reported, the rest of its group stays; a group
// that is refused as a whole is split.
func (c *Collector) choose(software events.Group, report *collect.Report) {
	groups := append([]events.Group{software}, c.hardware()...)
	if c.o.Groups != nil {
		groups = c.o.Groups
	}
	if c.o.SoftwareOnly {
		groups = slices.DeleteFunc(slices.Clone(groups), func(g events.Group) bool { return !g.Software() })
	}
	var refused refusals
	for _, g := range groups {
		granted, err := c.grant(g, &refused)
		switch {
		case err == nil:
			c.groups = append(c.groups, granted...)
		case len(c.groups) == 0:
			// No privilege at all: the other groups would say the same.
			report.Unavailable = append(report.Unavailable, c.permission.Refusal(c.feature(), err))
			return
		default:
			refused.add("group "+g.Name, c.permission.Refusal("", err))
		}
	}
	if len(c.groups) > 0 && c.perf.ExcludeKernel {
		report.Unavailable = append(report.Unavailable, c.kernelExcluded())
	}
	report.Unavailable = append(report.Unavailable, refused.list...)
}

func (c *Collector) hardware() []events.Group {
	if c.o.Hardware != nil {
		return c.o.Hardware
	}
	return events.GenericGroups()
}

func (c *Collector) feature() string {
	if c.scope == export.ScopeProcessCPU {
		return "counters of the recorded command"
	}
	return "counters of whole CPUs"
}

// grant drops events from a group until the kernel takes it, and splits it
// where each of its events can be counted, but not all at once. An error means
// that it refuses the group altogether.
func (c *Collector) grant(g events.Group, refused *refusals) ([]events.Group, error) {
	g.Events = slices.Clone(g.Events)
	if c.perf.ExcludeKernel {
		g.Events = slices.DeleteFunc(g.Events, func(e events.Event) bool { return e.KernelOnly || e.ExcludeUser })
	}
	for len(g.Events) > 0 {
		err := c.try(g.Events)
		if err == nil {
			return []events.Group{g}, nil
		}
		if perfevent.Forbidden(err) {
			if c.scope == export.ScopeProcessCPU && !c.perf.ExcludeKernel {
				c.perf.ExcludeKernel = true
				return c.grant(g, refused)
			}
			return nil, err
		}
		var failed *perfevent.EventError
		if !errors.As(err, &failed) {
			return nil, err
		}
		at := slices.IndexFunc(g.Events, func(e events.Event) bool { return e.Name == failed.Event.Name })
		if at < 0 {
			return nil, err // the timer itself
		}
		if at > 0 && c.try(g.Events[at:at+1]) == nil {
			// It can be counted, only not beside the others.
			return c.split(g, refused), nil
		}
		g.Events = slices.Delete(g.Events, at, at+1)
		refused.add(failed.Event.Label(), c.permission.Refusal("", failed.Err))
	}
	return nil, nil
}

// split divides a group by what the kernel takes at once.
func (c *Collector) split(g events.Group, refused *refusals) []events.Group {
	parts := g.Split(func(list []events.Event) bool { return c.try(list) == nil })
	return slices.DeleteFunc(parts, func(part events.Group) bool {
		err := c.try(part.Events)
		if err != nil {
			refused.add(part.Events[0].Label(), c.permission.Refusal("", err))
		}
		return err != nil
	})
}

// tryOnCPU opens events as a group on the first CPU, and closes them: the
// only way to know what a kernel grants.
func (c *Collector) tryOnCPU(list []events.Event) error {
	group, err := perfevent.OpenGroup(list, c.target(c.o.CPUs[0].ID), c.timer(), c.perf)
	if err != nil {
		return err
	}
	return group.Close()
}

func (c *Collector) target(cpu int) perfevent.Target {
	if c.scope == export.ScopeProcessCPU {
		return perfevent.Target{PID: c.o.Command, CPU: cpu}
	}
	return perfevent.Target{PID: perfevent.AllProcesses, CPU: cpu}
}

func (c *Collector) timer() time.Duration {
	if c.method == SystemCall {
		return 0
	}
	return c.period
}

// kernelExcluded is for a plain user: what happens in the kernel only would
// read 0 and is left out, and faults are those taken in user mode.
func (c *Collector) kernelExcluded() numa.Unavailable {
	u := c.permission.Refusal("counters: context-switches, cpu-migrations, and faults taken inside the kernel", errKernelExcluded)
	u.Why = "they happen in the kernel, where a plain user may not count: " + u.Why
	return u
}

// refusals joins events that were refused for the same reason.
type refusals struct{ list []numa.Unavailable }

func (r *refusals) add(event string, u numa.Unavailable) {
	u.Feature = "counters: " + event
	r.list = collect.Join(r.list, u, event)
}
