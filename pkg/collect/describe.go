package collect

import (
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// GroupOf is a group of events as the manifest describes it.
func GroupOf(g events.Group) export.Group {
	out := export.Group{Name: g.Name}
	for _, e := range g.Events {
		out.Events = append(out.Events, export.GroupEvent{
			Name: e.Name, Spec: e.Spec, Unit: e.Unit, Help: e.Help, Proven: e.Proven, Meaning: e.Meaning, Caveat: e.Caveat,
		})
	}
	return out
}

// Join appends u to a list. Where the list has something of the same reason
// and remedy already, only the name is added to that one's feature.
func Join(list []numa.Unavailable, u numa.Unavailable, name string) []numa.Unavailable {
	for i := range list {
		if have := &list[i]; have.Why == u.Why && have.Remedy == u.Remedy {
			have.Feature += ", " + name
			return list
		}
	}
	return append(list, u)
}
