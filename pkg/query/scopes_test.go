package query

import (
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

// What was counted by node is asked of nodes, what was counted by CPU of
// CPUs, in one run too.
func TestAMetricIsOfTheScopeThatItWasCountedIn(t *testing.T) {
	of := func(name string, s export.Scope) export.Group {
		return export.Group{Name: name, Scope: s, Events: []export.GroupEvent{{Name: name, Unit: "1"}}}
	}
	m := &export.Manifest{
		Tables: []export.TableInfo{{Name: export.TableCounters, Scopes: []string{"cpu", "host", "node", "socket"}}},
		Groups: []export.Group{of("a", export.ScopeCPU), of("n", export.ScopeNode), of("s", export.ScopeSocket), of("h", export.ScopeHost),
			of("cycles", export.ScopeNode), of("instructions", export.ScopeNode)},
	}
	for _, c := range []struct {
		metric string
		scope  export.Scope
		by     []By
	}{
		{"a", export.ScopeCPU, byCPU},
		{"n", export.ScopeNode, byNode},
		{"s", export.ScopeSocket, []By{BySocket, ByHost}},
		{"h", export.ScopeHost, []By{ByHost}},
		{"ipc", export.ScopeNode, byNode},
	} {
		x, err := Find(m, c.metric)
		if err != nil {
			t.Fatal(err)
		}
		a, err := resolve(Query{Metric: c.metric}, Found{Manifest: m}, 1)
		if err != nil {
			t.Errorf("%s: %v", c.metric, err)
			continue
		}
		if !slices.Equal(x.By, c.by) || a.scope != c.scope || a.By != c.by[0] {
			t.Errorf("%s: scope %s by %v, %s; want %s by %v", c.metric, a.scope, x.By, a.By, c.scope, c.by)
		}
	}
}

func TestRowsOfSockets(t *testing.T) {
	m := &export.Manifest{}
	rows := rowsOf(m, BySocket, []int32{1, 0}, sockets)
	if len(rows) != 2 || rows[0].Label != "socket 0" || *rows[1].Socket != 1 || rows[1].members[0] != 0 {
		t.Errorf("%+v", rows)
	}
}
