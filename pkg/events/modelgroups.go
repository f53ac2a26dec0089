package events

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

// Event encodes a definition for a PMU of the host.
func (d *Definition) Event(p *PMU) (Event, error) {
	s, err := Parse(d.Spec(p.Name))
	if err != nil {
		return Event{}, err
	}
	e, err := p.Resolve(s)
	if err != nil {
		return Event{}, err
	}
	e.Name, e.Meaning, e.Set = d.Names[0], d.Meaning, d.Set
	e.Help, e.Caveat, e.Counters = d.Counts, d.Caveat, d.counters()
	return e, nil
}

// counters is the number of counters that can count it: "0-3" is 4.
func (d *Definition) counters() int {
	low, high, ok := strings.Cut(d.Counters, "-")
	a, errA := strconv.Atoi(low)
	b, errB := strconv.Atoi(high)
	if !ok || errA != nil || errB != nil {
		return 0
	}
	return b - a + 1
}

// coreGroup counts cycles and instructions, by the kernel's names: it knows
// which counters are made for them. Intel has one for the reference clock too.
func coreGroup(model string) Group {
	g := hardwareGroups()[0]
	if m, _ := modelByName(model); m.vendor == intel {
		g.Events = append(g.Events, Event{
			Name: "ref-cycles", Spec: "ref-cycles", Type: typeHardware, Config: 9, Unit: "1", Meaning: numa.RefCycles, Set: "core",
			Help: "cycles of the time stamp counter while not halted",
		})
	}
	return g
}

// packOrder is the order in which groups are joined: what locality is told by
// comes first, and is joined by what needs the least.
var packOrder = []string{"memory", "sharing", SNCGroup, "llc", "rfo", "reads", "tlb"}

// SNCGroup is worth counting only where a socket holds several nodes.
const SNCGroup = "snc"

// Refused is an event of the table that the host's PMU has no terms for.
type Refused struct {
	Name string
	Err  error
}

// ModelGroups are the groups that are counted on each CPU of a model by
// default, as its core's PMU encodes them and in the size that there is room
// for; snc says that a socket of the host holds several nodes. Events that the
// PMU cannot encode are left out and named.
func ModelGroups(model string, core *PMU, room Room, snc bool) ([]Group, []Refused, error) {
	groups := []Group{coreGroup(model)}
	list, err := Of(model)
	if err != nil {
		return nil, nil, err
	}
	var refused []Refused
	for _, d := range list {
		if d.PMU != CorePMU || d.Group == "" || d.Group == SNCGroup && !snc {
			continue
		}
		e, err := d.Event(core)
		if err != nil {
			refused = append(refused, Refused{d.Label(), err})
			continue
		}
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Name == d.Group })
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{Name: d.Group})
		}
		groups[i].Events = append(groups[i].Events, e)
	}
	// The core's group is left as it is: where its counters are made for it, it
	// is never multiplexed.
	out := groups[0].Split(room.Fits)
	rest := groups[1:]
	slices.SortStableFunc(rest, func(a, b Group) int { return slices.Index(packOrder, a.Name) - slices.Index(packOrder, b.Name) })
	for _, g := range Pack(rest, room.Fits) {
		out = append(out, g.Split(room.Fits)...)
	}
	return out, refused, nil
}

// Room is what a core of the model can count at once.
func (m Model) Room(watchdog bool) Room {
	return Room{Counters: m.Counters, Fixed: m.Fixed, Watchdog: watchdog}
}

// UnitDefinitions gives a model's events of units beside its cores that are
// counted by default, by group.
func UnitDefinitions(model string) ([]Definition, error) {
	list, err := Of(model)
	if err != nil {
		return nil, fmt.Errorf("event table: %w", err)
	}
	return slices.DeleteFunc(list, func(d Definition) bool { return d.PMU == CorePMU || d.Group == "" }), nil
}
