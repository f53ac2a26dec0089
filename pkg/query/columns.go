package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	nodeseries "github.com/numalens/numalens/pkg/series"
)

// eventRates are the plain rates of a run's events, one metric each.
func eventRates(m *export.Manifest) []Metric {
	var out []Metric
	seen := map[string]bool{}
	for _, g := range m.Groups {
		for _, e := range g.Events {
			if seen[e.Name] || clockOfIdleToo(m, e.Name) {
				continue
			}
			seen[e.Name] = true
			x := eventRate(e)
			if strings.HasPrefix(e.Name, "agent-") {
				x.Scope, x.By = export.ScopeAgent, []By{ByHost}
			}
			if g.Scope == export.ScopeHost {
				x.Scope, x.By = export.ScopeHost, []By{ByHost}
			}
			if g.Scope == export.ScopeNode || g.Scope == export.ScopeSocket {
				x.Scope, x.By = g.Scope, groupings(g.Scope)
			}
			if g.Scope == export.ScopeUncore {
				x.Scope, x.By = export.ScopeUncore, byNode
				x = x.whereUnitsAre(m)
			}
			out = append(out, x)
		}
	}
	for _, name := range usualSoftware {
		if !seen[name] {
			out = append(out, eventRate(export.GroupEvent{Name: name, Unit: "1"}))
		}
	}
	for _, name := range usualCosts {
		if !seen[name] {
			x := eventRate(export.GroupEvent{Name: name, Unit: "ns"})
			x.Scope, x.By = export.ScopeHost, []By{ByHost}
			out = append(out, x)
		}
	}
	return out
}

// usualSoftware are events that dashboards and rules ask every host for: a run
// without them lacks them for a reason, and does not mistake their name.
var usualSoftware = []string{"context-switches", "cpu-migrations", "minor-faults", "major-faults"}

// usualCosts are those of tracing, likewise: a run that traced nothing has none.
var usualCosts = []string{"trace.bpf-time", "trace.trap-time"}

// clockOfIdleToo tells the clocks that tick on a CPU whether it works or not:
// counted for a whole CPU they are always one second a second.
func clockOfIdleToo(m *export.Manifest, event string) bool {
	return (event == "cpu-clock" || event == "task-clock") && (m.SumsOfNodes || scopeWith(m, []string{event}) == export.ScopeCPU)
}

func eventRate(e export.GroupEvent) Metric {
	x := Metric{
		Name: strings.ToLower(strings.ReplaceAll(e.Name, "-", "_")), Title: title(e.Name), Unit: "cps", Help: e.Help,
		Kind: Rate, By: byCPU, Table: export.TableCounters, Numerator: []string{e.Name}, Scale: 1,
	}
	switch {
	case e.Unit == "ns":
		x.Unit, x.Scale = "percentunit", 1e-9
		x.Title += " (share of a CPU)"
	case e.Name == "cycles":
		// In MHz, because ten digits a cell are a slow page.
		x.Unit, x.Scale = "rotmhz", 1e-6
	case e.Name == "instructions":
		x.Unit, x.Scale = "suffix:M/s", 1e-6
	}
	return x
}

// nodeColumns are the plain rates and gauges of the nodes table's columns.
func nodeColumns(m *export.Manifest) []Metric {
	var out []Metric
	for _, t := range m.Tables {
		if t.Name != export.TableNodes {
			continue
		}
		for _, c := range t.Columns {
			out = append(out, nodeColumn(c))
		}
	}
	return out
}

// numastatHelp says what the kernel's six allocation counts mean
// (Documentation/admin-guide/numastat.rst); they count placement, not accesses.
var numastatHelp = map[string]string{
	"numa_hit":       "Pages allocated on this node, as intended.",
	"numa_miss":      "Pages allocated on this node although another was intended.",
	"numa_foreign":   "Pages intended for this node but allocated on another.",
	"interleave_hit": "Pages of an interleave policy allocated on this node, as intended.",
	"local_node":     "Pages allocated on this node while the process ran on it.",
	"other_node":     "Pages allocated on this node while the process ran on another.",
}

func nodeColumn(c string) Metric {
	x := Metric{Name: c, Title: title(c), Kind: Rate, Unit: "suffix:pages/s", Rung: numa.Placement, By: byNode, Table: export.TableNodes, Numerator: []string{c}, Scale: 1}
	file, key, ok := strings.Cut(c, ".")
	switch {
	case !ok:
		x.Help = numastatHelp[c]
		x.Title = "numastat: " + c
	case file == "meminfo":
		x.Kind, x.Unit = Gauge, "bytes"
		if strings.HasPrefix(key, "HugePages_") {
			x.Unit = "suffix:pages"
		}
		x.Title = "meminfo: " + key
		x.Help = fmt.Sprintf("%s of the node's meminfo.", key)
	default:
		if nodeseries.Gauge(c) {
			x.Kind, x.Unit = Gauge, "suffix:pages"
		}
		x.Title = "vmstat: " + key
		x.Help = fmt.Sprintf("%s of the node's vmstat.", key)
	}
	return x
}

// title makes a column's name readable without changing its words. A vendor's
// name, or perf's syntax, is left as it is.
func title(name string) string {
	if strings.ContainsAny(name, "/._:=") {
		return name
	}
	words := strings.Split(name, "-")
	for i, w := range words {
		if slices.Contains(acronyms, w) {
			words[i] = strings.ToUpper(w)
		}
	}
	s := strings.Join(words, " ")
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

var acronyms = []string{"cpu", "cxl", "dram", "dtlb", "hitm", "l1d", "l3", "llc", "rfo"}

// Available says why a metric cannot be asked of a run; nil when it can.
func Available(m *export.Manifest, x Metric) *numa.Unavailable {
	table, ok := tableOf(m, x.Table)
	if !ok && notAmongSums(m, x) {
		return &numa.Unavailable{Feature: x.Title, Why: "this source has sums by node, and " + x.Table + " are not among them", Remedy: elsewhere}
	}
	if !ok && x.Traced != "" {
		return notTraced(m, x)
	}
	if !ok {
		return missing(m, x, x.Table, fmt.Sprintf("run %s recorded no %s", m.Run, x.Table))
	}
	if x.Table == export.TableSamples && !slices.Contains(table.Scopes, string(x.Kinds)) {
		return missing(m, x, string(x.Kinds), fmt.Sprintf("run %s sampled no %s", m.Run, x.Kinds))
	}
	if x.Traced != "" && !table.Traces(x.Traced) {
		return notTraced(m, x)
	}
	for _, c := range x.columns() {
		if !hasColumn(m, table, c) {
			return missing(m, x, c, notRecorded(m, x, c))
		}
	}
	return nil
}

// notRecorded says so, and where the processor is known that it may be its
// nature.
func notRecorded(m *export.Manifest, x Metric, column string) string {
	why := fmt.Sprintf("run %s did not record %s", m.Run, column)
	if m.ProcessorModel == "" || x.Formulas == nil {
		return why
	}
	return why + fmt.Sprintf(": none of the events that are counted on its processor (%s) means it", m.ProcessorModel)
}

func tableOf(m *export.Manifest, name string) (export.TableInfo, bool) {
	for _, t := range m.Tables {
		if t.Name == name {
			return t, true
		}
	}
	return export.TableInfo{}, false
}

func hasColumn(m *export.Manifest, t export.TableInfo, name string) bool {
	for _, c := range t.Columns {
		if c == name {
			return true
		}
	}
	if t.Name == export.TablePlacement {
		return name == export.PlacementAll || slices.Contains(t.Scopes, name)
	}
	if t.Name != export.TableCounters {
		return false
	}
	for _, g := range m.Groups {
		for _, e := range g.Events {
			if e.Name == name {
				return true
			}
		}
	}
	return false
}

// missing gives the reason that the agent wrote down, where it wrote one.
func missing(m *export.Manifest, x Metric, what, why string) *numa.Unavailable {
	for _, name := range namesOf(what) {
		for _, u := range m.Unavailable {
			if strings.Contains(u.Feature, name) || (x.Kinds == export.MinorFault && strings.Contains(u.Feature, "fault")) {
				return &numa.Unavailable{Feature: x.Title, Why: u.Why, Remedy: u.Remedy}
			}
		}
	}
	return &numa.Unavailable{Feature: x.Title, Why: why, Remedy: "the view \"metrics\" lists what it has"}
}
