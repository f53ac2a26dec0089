package query

import (
	"fmt"
	"slices"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// traced are the metrics of what probes in the kernel tell: allocations by
// kind, and migrations.
var traced = slices.Concat(
	ofAllocations(export.TracedPage, "Pages allocated", "that the kernel's page allocator gave"),
	ofAllocations(export.TracedKmalloc, "Kernel objects allocated", "that the kernel's allocator of small objects gave"),
	ofAllocations(export.TracedFlush, "Cache lines flushed", "of cache lines that were cleaned or invalidated"),
	ofAllocations(export.TracedGrowslice, "Go slices grown", "of the new arrays of Go slices that grew, in the watched programs"),
	ofAllocations(export.TracedHeap, "Go heap allocated", "that the watched Go programs allocated, estimated from the runtime's own samples"),
	migrations,
)

// The columns that are summed.
const (
	summedBytes  = "bytes"
	summedWeight = "weight"
	summedMoved  = "moved"
)

// ofAllocations makes the metrics of one kind: bytes and number by the node
// given, and the remote share by the node of the CPU, as of all shares of who
// had to go elsewhere.
func ofAllocations(kind export.Traced, title, what string) []Metric {
	name := "allocations." + string(kind)
	x := Metric{
		Name: name, Title: title, Unit: "binBps", Kind: Rate, Rung: numa.Placement, By: byNode, Table: export.TableAllocations, Traced: kind, Summed: summedBytes,
		Help: fmt.Sprintf("Bytes a second %s, by the node of the memory; what is on no known node is a row of its own.", what),
	}
	count := x
	count.Name, count.Title, count.Unit, count.Summed = name+"_count", title+": number", "cps", summedWeight
	count.Help = fmt.Sprintf("How many times a second; %s has the bytes, and says of what.", name)
	share := x
	share.Name, share.Title, share.Unit, share.Kind, share.Remote = name+"_remote_share", title+": remote share", "percentunit", Share, true
	share.Help = "Of these bytes, the share on another node than that of the CPU, by the CPU's node. Good is near 0, of memory that is used where it was asked for."
	share.DenominatorText = "bytes of which both nodes are known"
	return []Metric{x, count, share}
}

var migrations = []Metric{
	{
		Name: "migrations.pages", Title: "Pages migrated", Unit: "suffix:pages/s", Kind: Rate, Rung: numa.HintFaults,
		Help: "Pages a second that the kernel moved to a node, whoever asked: NUMA balancing, a program, compaction. Where it does not tell the node they are in a row of their own.",
		By:   byNode, Table: export.TableMigrations, Traced: export.TracedMigration, Summed: summedMoved,
	},
	{
		Name: "migrations.tasks", Title: "Tasks migrated", Unit: "suffix:tasks/s", Kind: Rate, Rung: numa.HintFaults,
		Help: "Tasks a second that NUMA balancing moved to a node, towards their memory.",
		By:   byNode, Table: export.TableMigrations, Traced: export.TracedTask, Summed: summedMoved,
	},
}

// longestDrain is the longest time between two rows of the table allocations
// for one owner; it holds where a run does not say its own.
const longestDrain = int64(10 * time.Second)

// summedUnit is the unit of what is summed, in a cell.
func (x *Metric) summedUnit() string {
	if x.Summed == summedBytes {
		return "bytes"
	}
	return "1"
}

// summedText words what is summed; it is the name of the count in a cell.
func (x *Metric) summedText() string {
	switch x.Summed {
	case summedBytes:
		return "bytes"
	case summedWeight:
		return "number"
	}
	return "moved"
}

// The names of the two counts of a remote share.
const (
	bytesOnRemote = "bytes on another node"
	bytesOnKnown  = "bytes with both nodes known"
)

// fromTraced turns sums by route into counts by node.
func (a *ask) fromTraced(t *export.TracedSums) (*counts, error) {
	c := &counts{columns: t.Columns, instances: a.tracedNodes(t), words: a.tracedWords(t.Estimated, t)}
	names := []string{a.metric.summedText()}
	if a.metric.Remote {
		names = []string{bytesOnRemote, bytesOnKnown}
	}
	for _, name := range names {
		c.series = append(c.series, emptySeries(name, c, t))
	}
	for p, route := range t.Routes {
		for k := range c.series {
			s := &c.series[k]
			i := slices.Index(c.instances, a.rowOf(route))
			if i < 0 || !a.belongs(route, s.name) {
				continue
			}
			for col := range c.columns {
				if at := i*c.columns + col; s.seconds[at] > 0 {
					s.count[at] += float64(a.summed(t, p, col))
				}
			}
		}
	}
	if a.metric.divides() {
		return c.bind(names[:1], nil, names[1:])
	}
	return c.bind(names, nil, nil)
}

// emptySeries has 0 where it is known that there was nothing, else null.
func emptySeries(name string, c *counts, t *export.TracedSums) series {
	n := len(c.instances) * c.columns
	s := series{name: name, count: nulls(n), seconds: make([]float64, n)}
	for col, ns := range t.KnownNS {
		for i := range c.instances {
			if at := i*c.columns + col; ns > 0 {
				s.count[at], s.seconds[at] = 0, float64(ns)/1e9
			}
		}
	}
	return s
}

func (a *ask) summed(t *export.TracedSums, route, col int) int64 {
	if a.metric.Summed == summedBytes {
		return t.Bytes[route][col]
	}
	return t.Count[route][col]
}

// rowOf is the node whose row a route is in.
func (a *ask) rowOf(r export.Route) int32 {
	if a.metric.Remote {
		return r.From
	}
	return r.To
}

// belongs tells whether a route is in a count.
func (a *ask) belongs(r export.Route, name string) bool {
	known := r.From >= 0 && r.To >= 0
	switch name {
	case bytesOnRemote:
		return known && r.From != r.To
	case bytesOnKnown:
		return known
	}
	return true
}

// tracedNodes are all nodes of the host, of which nothing is knowledge too,
// and -1 where something is on none that is known.
func (a *ask) tracedNodes(t *export.TracedSums) []int32 {
	var out []int32
	for _, n := range a.Manifest.Topology.Nodes {
		out = append(out, int32(n.ID))
	}
	for _, r := range t.Routes {
		if n := a.rowOf(r); !slices.Contains(out, n) && !(a.metric.Remote && n < 0) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func (a *ask) tracedWords(estimated bool, t *export.TracedSums) []string {
	var out []string
	if estimated || a.metric.Traced == export.TracedHeap {
		out = append(out, "Some of it was sampled: bytes and numbers are estimates.")
	}
	if t.DetachedNS > 0 {
		out = append(out, fmt.Sprintf("The probe was detached for %s of this time range, to spare the host: what happened then is not known.",
			time.Duration(t.DetachedNS).Round(time.Millisecond)))
	}
	if t.Lost > 0 {
		out = append(out, fmt.Sprintf("%d events or rows of it were lost in this time range, and are in no sum; the run's notes say when, and why.", t.Lost))
	}
	if t.RemovedNS > 0 {
		out = append(out, "What was recorded in a part of this time range had to make room for newer rows.")
	}
	return out
}

// notTraced says why a run has no rows of the metric's kind: what the agent
// wrote down, where it did.
func notTraced(m *export.Manifest, x Metric) *numa.Unavailable {
	for _, name := range featuresOf(x) {
		for _, u := range m.Unavailable {
			if u.Feature == name {
				return &numa.Unavailable{Feature: x.Title, Why: u.Why, Remedy: u.Remedy}
			}
		}
	}
	if hasEvents(m, x) {
		return &numa.Unavailable{Feature: x.Title, Why: fmt.Sprintf("run %s has single events of kind %s and no sums of all of them", m.Run, x.Traced),
			Remedy: "read its table events with DuckDB or Polars"}
	}
	return &numa.Unavailable{Feature: x.Title, Why: fmt.Sprintf("run %s did not trace %s of kind %s", m.Run, x.Table, x.Traced),
		Remedy: "record with `numalens-agent record --trace all`; the view \"metrics\" lists what a run has"}
}

// hasEvents tells a run that has single events where sums were asked for: an
// imported one.
func hasEvents(m *export.Manifest, x Metric) bool {
	return x.Table == export.TableAllocations && slices.ContainsFunc(m.Tables, func(t export.TableInfo) bool {
		return t.Name == export.TableEvents && slices.Contains(t.Scopes, string(x.Traced))
	})
}

// featuresOf are the names under which an agent reports that it could not
// trace, the most particular first.
func featuresOf(x Metric) []string {
	out := []string{"trace: " + string(x.Traced)}
	switch {
	case x.Table == export.TableMigrations:
		out = append(out, "trace: migrations")
	case x.Traced == export.TracedGrowslice || x.Traced == export.TracedHeap:
		out = append(out, "trace: slices and heap of Go programs")
	}
	return append(out, "tracing by BPF")
}
