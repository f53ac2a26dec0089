package uncore

import (
	"errors"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/collect/pmu"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// unitCounters is how many events of a unit are counted at once. All units of
// the table have at least as many; AMD's drivers take more into a group, and
// then never count it.
const unitCounters = 4

// split finds, on the first unit, what the kernel takes of a group, and
// whether at once. Units of a kind are alike.
func split(g pmu.UnitGroup, opens opener) (parts []pmu.UnitGroup, refused []*perfevent.EventError) {
	try := func(list []events.Event) error {
		o, err := opens(list, g.PMUs[0].CPUs[0])
		if err != nil {
			return err
		}
		return o.Close()
	}
	g.Events = slices.DeleteFunc(slices.Clone(g.Events), func(e events.Event) bool {
		err := try([]events.Event{e})
		if err == nil {
			return false
		}
		var of *perfevent.EventError
		if !errors.As(err, &of) {
			of = &perfevent.EventError{Event: e, Err: err}
		}
		refused = append(refused, of)
		return true
	})
	if len(g.Events) == 0 {
		return nil, refused
	}
	fits := func(list []events.Event) bool { return len(list) <= unitCounters && try(list) == nil }
	for _, part := range g.Split(fits) {
		parts = append(parts, pmu.UnitGroup{Group: part, PMUs: g.PMUs})
	}
	return parts, refused
}

// openUnits opens the newest group on all its units. Units that are refused
// are left out; the first reason is given.
func (c *Collector) openUnits(g pmu.UnitGroup, opens opener) error {
	var first error
	for _, p := range g.PMUs {
		for _, cpu := range p.CPUs {
			if err := c.openUnit(g, p, cpu, opens); err != nil && first == nil {
				first = err
			}
		}
	}
	return first
}

func (c *Collector) openUnit(g pmu.UnitGroup, p *events.PMU, cpu int, opens opener) error {
	list := slices.Clone(g.Events)
	for i := range list {
		list[i].Type = p.Type
	}
	n := &counting{group: len(c.groups) - 1, open: func() (group, error) { return opens(list, cpu) }}
	if err := n.begin(); err != nil {
		return err
	}
	n.unit = c.unit(p, cpu)
	c.open = append(c.open, n)
	return nil
}

// begin opens the group, which counts from 0.
func (n *counting) begin() error {
	opened, err := n.open()
	if err != nil {
		return err
	}
	n.startNS = collect.MonotonicNS()
	if err := opened.Enable(); err != nil {
		return errors.Join(err, opened.Close())
	}
	n.opened, n.started = opened, false
	return nil
}

func (n *counting) close() error {
	if n.opened == nil {
		return nil
	}
	err := n.opened.Close()
	n.opened = nil
	return err
}

// unit gives a unit's place in the list, and adds it where it is new.
func (c *Collector) unit(p *events.PMU, cpu int) int {
	u := describe(c.o.Topology, p, cpu)
	i := slices.Index(c.units, u)
	if i < 0 {
		i = len(c.units)
		c.units = append(c.units, u)
	}
	return i
}

// describe says where a unit is. The kernel names a CPU of the part of the
// host that the unit serves: of a socket for memory channels and links, of one
// last-level cache for amd_l3. A cache lies within a node; a socket may hold
// several.
func describe(t *numa.Topology, p *events.PMU, cpu int) export.Unit {
	u := export.Unit{PMU: p.Name, CPU: cpu, Socket: -1, Node: -1}
	c, ok := t.CPUByID(cpu)
	if !ok {
		return u
	}
	u.Socket = c.Socket
	if strings.HasPrefix(p.Name, "amd_l3") || oneNode(t, c.Socket) {
		u.Node = c.Node
	}
	return u
}

func oneNode(t *numa.Topology, socket int) bool {
	nodes := map[int]bool{}
	for _, c := range t.CPUs {
		if c.Socket == socket {
			nodes[c.Node] = true
		}
	}
	return len(nodes) == 1
}
