package counters

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// choose finds which of the groups' events the kernel grants, by opening them
// on the first CPU. An event that is refused is left out and reported, the
// rest of its group stays.
func (c *Collector) choose(groups []events.Group, report *collect.Report) {
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
		case err == nil && len(granted.Events) > 0:
			c.groups = append(c.groups, granted)
		case err != nil && len(c.groups) == 0:
			// No privilege at all: the other groups would say the same.
			report.Unavailable = append(report.Unavailable, c.permission.Refusal(c.feature(), err))
			return
		case err != nil:
			refused.add("group "+g.Name, c.permission.Refusal("", err))
		}
	}
	if len(c.groups) > 0 && c.perf.ExcludeKernel {
		report.Unavailable = append(report.Unavailable, c.kernelExcluded())
	}
	report.Unavailable = append(report.Unavailable, refused.list...)
}

func (c *Collector) feature() string {
	if c.scope == export.ScopeProcessCPU {
		return "counters of the recorded command"
	}
	return "counters of whole CPUs"
}

// grant drops events from a group until the kernel takes it. An error means
// that it refuses the group altogether.
func (c *Collector) grant(g events.Group, refused *refusals) (events.Group, error) {
	list := slices.Clone(g.Events)
	if c.perf.ExcludeKernel {
		list = slices.DeleteFunc(list, func(e events.Event) bool { return e.KernelOnly })
	}
	for len(list) > 0 {
		group, err := perfevent.OpenGroup(list, c.target(c.o.CPUs[0].ID), c.timer(), c.perf)
		if err == nil {
			group.Close()
			break
		}
		if perfevent.Forbidden(err) {
			if c.scope == export.ScopeProcessCPU && !c.perf.ExcludeKernel {
				c.perf.ExcludeKernel = true
				return c.grant(g, refused)
			}
			return events.Group{}, err
		}
		var failed *perfevent.EventError
		if !errors.As(err, &failed) {
			return events.Group{}, err
		}
		rest := slices.DeleteFunc(list, func(e events.Event) bool { return e.Name == failed.Event.Name })
		if len(rest) == len(list) {
			return events.Group{}, err // the timer itself
		}
		list = rest
		refused.add(failed.Event.Name, c.permission.Refusal("", failed.Err))
	}
	return events.Group{Name: g.Name, Events: list}, nil
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
	for i := range r.list {
		if have := &r.list[i]; have.Why == u.Why && have.Remedy == u.Remedy {
			have.Feature = strings.Join([]string{have.Feature, event}, ", ")
			return
		}
	}
	u.Feature = "counters: " + event
	r.list = append(r.list, u)
}
