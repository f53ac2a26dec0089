// Package pmu chooses what is counted on this host: it reads which processor
// it has and what its performance monitoring units are, from the file trees
// named by collect.Roots, and takes from the event table what they can count.
// Events that a user names in perf's syntax are looked up the same way.
//
// It opens nothing: what it gives is for collect/counters (events of cores)
// and collect/uncore (events of units beside them), and the kernel may still
// refuse it. It costs some hundred small reads at start. What a host does not
// have is reported, and the rest goes on.
package pmu

import (
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/numa"
)

// Choice is what is counted.
type Choice struct {
	// Model is the processor's name in the event table, "" where it is not in
	// it: then the groups are the kernel's generic events.
	Model string
	// Groups are counted on each CPU.
	Groups []events.Group
	// Units are counted for each unit beside the cores.
	Units       []UnitGroup
	Unavailable []numa.Unavailable
}

// UnitGroup is a group of events of one kind of unit, and all units of it.
type UnitGroup struct {
	events.Group
	PMUs []*events.PMU
}

// Options say where the host is described and what is asked for.
type Options struct {
	Roots    collect.Roots
	Topology *numa.Topology
	// Named are further events, in perf's syntax, that the user asks for.
	Named []string
}

// Choose reads the host and chooses.
func Choose(o Options) (*Choice, error) {
	c := &chooser{Options: o, core: core(o.Roots), Choice: &Choice{}}
	list, err := Processors(o.Roots)
	if err != nil {
		return nil, err
	}
	model, unknown := events.Identify(list)
	switch {
	case c.core == nil:
		// Without a PMU it is of no interest which events it would have.
		c.Groups = events.GenericGroups()
	case unknown != nil:
		c.Groups = events.GenericGroups()
		c.Unavailable = append(c.Unavailable, *unknown)
	default:
		c.room = model.Room(watchdog(o.Roots))
		c.Model = model.Name
		if err := c.ofModel(model); err != nil {
			return nil, err
		}
	}
	c.user(o.Named)
	return c.Choice, nil
}

type chooser struct {
	Options
	core *events.PMU
	room events.Room
	*Choice
}

// severalNodes tells whether a socket of the host holds several nodes.
func severalNodes(t *numa.Topology) bool {
	of := map[int]int{}
	for _, c := range t.CPUs {
		if node, ok := of[c.Socket]; ok && node != c.Node && c.Node >= 0 && node >= 0 {
			return true
		}
		of[c.Socket] = c.Node
	}
	return false
}

func (c *chooser) ofModel(m events.Model) error {
	groups, refused, err := events.ModelGroups(m.Name, c.core, c.room, severalNodes(c.Topology))
	if err != nil {
		return err
	}
	c.Groups = groups
	for _, r := range refused {
		c.miss(r.Name, r.Err, "use a kernel that supports the "+m.Title)
	}
	units, err := events.UnitDefinitions(m.Name)
	if err != nil {
		return err
	}
	for _, d := range units {
		if err := c.unit(d); err != nil {
			c.miss(d.Label(), err, "load the kernel's driver of the unit; virtual machines have none")
		}
	}
	return nil
}

func (c *chooser) miss(event string, err error, remedy string) {
	u := numa.Unavailable{Feature: "counters: " + event, Why: err.Error(), Remedy: remedy}
	c.Unavailable = collect.Join(c.Unavailable, u, event)
}

// unit adds an event of the table to the group of its units.
func (c *chooser) unit(d events.Definition) error {
	pmus, err := c.unitsNamed(d.PMU)
	if err != nil {
		return err
	}
	e, err := d.Event(pmus[0])
	if err != nil {
		return err
	}
	// The event is of all units of the kind, and not of the first.
	e.Spec = d.Spec(d.PMU)
	group := d.Group
	if group == "" {
		group = d.PMU
	}
	c.addUnit(group, e, pmus)
	return nil
}

func (c *chooser) addUnit(group string, e events.Event, pmus []*events.PMU) {
	same := func(u UnitGroup) bool {
		return u.Name == group && slices.EqualFunc(u.PMUs, pmus, func(a, b *events.PMU) bool { return a.Name == b.Name })
	}
	i := slices.IndexFunc(c.Units, same)
	if i < 0 {
		i = len(c.Units)
		c.Units = append(c.Units, UnitGroup{Group: events.Group{Name: group}, PMUs: pmus})
	}
	c.Units[i].Events = append(c.Units[i].Events, e)
}

// pmus finds the PMU of a name, or all units whose names are it and a number,
// as perf does.
func (c *chooser) pmus(name string) ([]*events.PMU, error) {
	var out []*events.PMU
	for _, n := range Names(c.Roots) {
		if f, number := family(n); n != name && (f != name || number < 0) {
			continue
		}
		p, err := Read(c.Roots, n)
		if err != nil {
			return nil, err
		}
		if n == name {
			return []*events.PMU{p}, nil
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the kernel lists no PMU %s", name)
	}
	return out, nil
}

// unitsNamed finds units beside the cores: those that the kernel names a CPU
// for.
func (c *chooser) unitsNamed(name string) ([]*events.PMU, error) {
	pmus, err := c.pmus(name)
	if err != nil {
		return nil, err
	}
	for _, p := range pmus {
		if p.Core() {
			return nil, fmt.Errorf("PMU %s has no cpumask: the kernel does not say on which CPU it is read", p.Name)
		}
	}
	return pmus, nil
}
