package pmu

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/events"
)

// userGroup is what the groups of a user's events are called.
const userGroup = "user"

// user adds the events that the user names. One that is counted already, and
// one that is named twice, is counted once.
func (c *chooser) user(named []string) {
	var mine events.Group
	for _, text := range named {
		e, units, err := c.lookUp(text)
		if err != nil {
			remedy := "correct it"
			if len(units) == 0 && c.core == nil {
				remedy = "correct it, or record on a host that has the PMU"
			}
			c.miss(text, err, remedy)
			continue
		}
		if c.counted(e.Name) || slices.ContainsFunc(mine.Events, func(x events.Event) bool { return x.Name == e.Name }) {
			continue
		}
		if units != nil {
			kind, _ := family(units[0].Name)
			c.addUnit(userGroup+"-"+kind, e, units)
			continue
		}
		mine.Events = append(mine.Events, e)
	}
	mine.Name = userGroup
	room := c.room
	if room.Counters == 0 {
		room.Counters = unknownCounters
	}
	c.Groups = append(c.Groups, mine.Split(room.Fits)...)
}

// unknownCounters is the size of a group on a processor that is not known: no
// PMU of a server has fewer. Where it does not fit, the kernel says so.
const unknownCounters = 4

func (c *chooser) counted(name string) bool {
	has := func(g events.Group) bool {
		return slices.ContainsFunc(g.Events, func(e events.Event) bool { return e.Name == name })
	}
	return slices.ContainsFunc(c.Groups, has) || slices.ContainsFunc(c.Units, func(u UnitGroup) bool { return has(u.Group) }) ||
		has(events.CPUSoftware())
}

// lookUp encodes an event that the user names. units are given where it is
// not an event of cores.
func (c *chooser) lookUp(text string) (e events.Event, units []*events.PMU, err error) {
	s, err := events.Parse(text)
	if err != nil {
		return e, nil, err
	}
	switch {
	case s.IsRaw && c.core == nil:
		return e, nil, errors.New("the host has no PMU of its cores")
	case s.IsRaw:
		return events.Raw(s, c.core), nil, nil
	case s.Name != "":
		return c.byName(s)
	}
	return c.byPMU(s)
}

func (c *chooser) byPMU(s events.Spec) (e events.Event, units []*events.PMU, err error) {
	pmus, err := c.pmus(s.PMU)
	if err != nil {
		return e, nil, fmt.Errorf("%w; it lists %s", err, strings.Join(Names(c.Roots), ", "))
	}
	if pmus[0].Name == "tracepoint" {
		return e, nil, &events.SyntaxError{Text: s.Text, Token: s.PMU, Want: "tracepoints are not counted"}
	}
	if e, err = pmus[0].Resolve(s); err != nil {
		return e, nil, err
	}
	e.Help = "named by the user: " + s.Text
	if pmus[0].Core() && len(pmus) == 1 {
		return e, nil, nil
	}
	units, err = c.unitsNamed(s.PMU)
	return e, units, err
}

// byName finds a generic event of the kernel, a vendor's of the event table,
// or one that sysfs describes for the cores.
func (c *chooser) byName(s events.Spec) (e events.Event, units []*events.PMU, err error) {
	if e, ok := events.Generic(s); ok {
		return e, nil, nil
	}
	if d, ok := events.Named(c.Model, s.Name); ok {
		return c.ofTable(d, s)
	}
	if c.core != nil && c.core.Events[s.Name] != "" {
		s.PMU, s.Terms = c.core.Name, []events.Term{{Key: s.Name, Bare: true}}
		return c.byPMU(s)
	}
	have := "the host has no PMU of its cores"
	if c.core != nil {
		have = "sysfs names none such for PMU " + c.core.Name
	}
	if c.Model == "" {
		return e, nil, fmt.Errorf("event %q: it is none of the kernel's, and %s; the names of a vendor are known for processors of the event table only", s.Text, have)
	}
	return e, nil, fmt.Errorf("event %q: it is none of the kernel's, %s, and the event table has none such for %s", s.Text, have, c.Model)
}

func (c *chooser) ofTable(d events.Definition, s events.Spec) (e events.Event, units []*events.PMU, err error) {
	if d.PMU != events.CorePMU {
		if units, err = c.unitsNamed(d.PMU); err != nil {
			return e, nil, err
		}
		if e, err = d.Event(units[0]); err == nil {
			e.Spec = d.Spec(d.PMU)
		}
		return e, units, err
	}
	if c.core == nil {
		return e, nil, errors.New("the host has no PMU of its cores")
	}
	e, err = d.Event(c.core)
	if s.User || s.Kernel || s.Hypervisor {
		e.ExcludeUser, e.ExcludeKernel, e.ExcludeHypervisor = !s.User, !s.Kernel, !s.Hypervisor
		e.Name, e.Meaning = s.Text, "" // a part of what the meaning says
	}
	return e, nil, err
}
