package query

import (
	"slices"

	"github.com/numalens/numalens/pkg/export"
)

// widest are the scopes of counters, the one with the most detail first.
var widest = []export.Scope{export.ScopeCPU, export.ScopeProcessCPU, export.ScopeNode, export.ScopeSocket, export.ScopeHost}

// groupings are what a scope's instances can be grouped by.
func groupings(s export.Scope) []By {
	switch s {
	case export.ScopeNode, export.ScopeUncore:
		return byNode
	case export.ScopeSocket:
		return []By{BySocket, ByHost}
	case export.ScopeHost, export.ScopeAgent:
		return []By{ByHost}
	}
	return byCPU
}

// scopeWith is the widest scope in which all columns were counted; "" is none.
func scopeWith(m *export.Manifest, columns []string) export.Scope {
	t, _ := tableOf(m, export.TableCounters)
	for _, s := range widest {
		missing := func(c string) bool { return !countedIn(m, c, s) }
		if slices.Contains(t.Scopes, string(s)) && !slices.ContainsFunc(columns, missing) {
			return s
		}
	}
	return ""
}

func countedIn(m *export.Manifest, column string, s export.Scope) bool {
	return slices.ContainsFunc(m.Groups, func(g export.Group) bool {
		return (g.Scope == "" || g.Scope == s) && slices.ContainsFunc(g.Events, func(e export.GroupEvent) bool { return e.Name == column })
	})
}

// groupedAsCounted leaves a metric of counters only the groupings that the
// scope of its counts allows: what was counted by node has no CPUs.
func groupedAsCounted(m *export.Manifest, x Metric, asked export.Scope) Metric {
	if x.Table != export.TableCounters || x.Scope != "" {
		return x
	}
	allowed := groupings(scopeOf(m, x, asked))
	x.By = slices.DeleteFunc(slices.Clone(x.By), func(b By) bool { return !slices.Contains(allowed, b) })
	return x
}

// scopeOf is the scope that a query of counters reads: the one asked for, or
// the widest in which the metric was counted.
func scopeOf(m *export.Manifest, x Metric, asked export.Scope) export.Scope {
	if asked != "" {
		return asked
	}
	if s := scopeWith(m, x.columns()); s != "" {
		return s
	}
	return export.ScopeCPU
}
