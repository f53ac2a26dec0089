package query

import (
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Access says how a metric is made of sampled loads or stores.
type Access struct {
	Numerator []served // nil is all
	// Denominator is, of a share, what it is a share of.
	Denominator []served
	// Modified keeps in the numerator those that found their line modified.
	Modified bool
	// Latency divides the time that the numerator's took by their number.
	Latency bool
}

var (
	fromMemory  = []served{servedLocal, servedFarMemory}
	beyondCore  = []served{servedNear, servedLocal, servedFarCache, servedFarMemory}
	fromFarNode = []served{servedFarCache, servedFarMemory}
)

// accessed are the metrics of samples of loads and stores, which imports have.
var accessed = []Metric{
	{
		Name: "load_remote_share", Title: "Remote share of sampled loads from DRAM", Unit: "percentunit", Kind: Share, Rung: numa.LoadSamples, By: byCPU, Table: export.TableSamples, Kinds: export.MemoryLoad,
		Help:            "Of the sampled loads that DRAM served, the share served by another node's, as the processor's data source tells it. Good is near 0 for a pinned program with local data.",
		DenominatorText: "sampled loads that DRAM served, each times its weight",
		Access:          &Access{Numerator: []served{servedFarMemory}, Denominator: fromMemory},
	},
	{
		Name: "load_far_share", Title: "Sampled loads served by another node", Unit: "percentunit", Kind: Share, Rung: numa.LoadSamples, By: byCPU, Table: export.TableSamples, Kinds: export.MemoryLoad,
		Help:            "Of the sampled loads that the core's own caches did not serve, the share served by another node: its memory, or a cache there.",
		DenominatorText: "sampled loads served beyond the core's own caches, each times its weight",
		Access:          &Access{Numerator: fromFarNode, Denominator: beyondCore},
	},
	{
		Name: "load_hitm_share", Title: "Sampled loads that found a modified line", Unit: "percentunit", Kind: Ratio, Rung: numa.LoadSamples, By: byCPU, Table: export.TableSamples, Kinds: export.MemoryLoad,
		Help:            "Of the sampled loads that the core's own caches did not serve, the part that found its line modified in another cache (HITM): true or false sharing.",
		DenominatorText: "sampled loads served beyond the core's own caches, each times its weight",
		Access:          &Access{Numerator: beyondCore, Denominator: beyondCore, Modified: true},
	},
	latencyOf("load_latency", "Latency of sampled loads", "of all sampled loads", nil),
	latencyOf("load_latency_cache", "Latency of sampled loads: the node's caches", "of those that a cache of the own node beyond the core's served", []served{servedNear}),
	latencyOf("load_latency_local", "Latency of sampled loads: local memory", "of those that the own node's memory served", []served{servedLocal}),
	latencyOf("load_latency_remote", "Latency of sampled loads: another node", "of those that another node served, its memory or a cache there", fromFarNode),
	{
		Name: "sampled_loads", Title: "Sampled loads", Unit: "cps", Kind: Rate, Rung: numa.LoadSamples, By: byCPU, Table: export.TableSamples, Kinds: export.MemoryLoad, Scale: 1,
		Help: "Loads a second as they were sampled, each times its weight.", Access: &Access{},
	},
	{
		Name: "sampled_stores", Title: "Sampled stores", Unit: "cps", Kind: Rate, Rung: numa.LoadSamples, By: byCPU, Table: export.TableSamples, Kinds: export.MemoryStore, Scale: 1,
		Help: "Stores a second as they were sampled, each times its weight.", Access: &Access{},
	},
}

func latencyOf(name, title, what string, of []served) Metric {
	return Metric{
		Name: name, Title: title, Unit: "suffix: cycles", Kind: Ratio, Rung: numa.LoadSamples, By: byCPU, Table: export.TableSamples, Kinds: export.MemoryLoad,
		Help:            fmt.Sprintf("Cycles that a load took, the mean %s, each times its weight. Samplers often take slow loads only.", what),
		DenominatorText: "sampled loads with a latency, each times its weight",
		Access:          &Access{Numerator: of, Latency: true},
	}
}

// The names of the counts that samples of loads and stores give.
const (
	sampledLatency = "cycles"
	sampledTimed   = "samples with a latency"
	sampledAmong   = "samples counted"
	sampledOf      = "samples among which"
)

// fromAccesses turns sums by CPU and class into counts by CPU.
func (a *ask) fromAccesses(w *export.Accesses, edges []int64) (*counts, error) {
	cpus := a.accessCPUs(w)
	c := &counts{instances: cpus, columns: w.Columns, words: a.accessWords(w)}
	how := a.metric.Access
	names := []string{sampledAmong}
	switch {
	case how.Latency:
		names = []string{sampledLatency, sampledTimed}
	case a.metric.divides():
		names = append(names, sampledOf)
	}
	for _, name := range names {
		s := series{name: name, count: nulls(len(cpus) * w.Columns), seconds: make([]float64, len(cpus)*w.Columns)}
		for i, cpu := range cpus {
			at := slices.Index(w.CPUs, cpu)
			for col := range w.Columns {
				if !w.Active[col] {
					continue
				}
				k := i*w.Columns + col
				s.count[k], s.seconds[k] = 0, a.activeSeconds(edges[col], edges[col+1])
				if at >= 0 {
					s.count[k] = how.sum(name, w.Sums[at], col)
				}
			}
		}
		c.series = append(c.series, s)
	}
	return c.bind(names[:1], nil, names[1:])
}

// sum is one of the counts of one CPU and column.
func (x *Access) sum(name string, classes [][]export.AccessSum, col int) float64 {
	total := 0.0
	for class, columns := range classes {
		if columns == nil || !x.counts(name, class) {
			continue
		}
		switch name {
		case sampledLatency:
			total += float64(columns[col].Latency)
		case sampledTimed:
			total += float64(columns[col].Timed)
		default:
			total += float64(columns[col].Weight)
		}
	}
	return total
}

// counts tells whether a class is in a count.
func (x *Access) counts(name string, class int) bool {
	of := served(class % modified)
	if name == sampledOf {
		return slices.Contains(x.Denominator, of)
	}
	if x.Modified && class < modified {
		return false
	}
	return x.Numerator == nil || slices.Contains(x.Numerator, of)
}

// accessCPUs are all CPUs of the host, and -1 where samples do not tell it.
func (a *ask) accessCPUs(w *export.Accesses) []int32 {
	var out []int32
	for _, c := range a.Manifest.Topology.CPUs {
		out = append(out, int32(c.ID))
	}
	for _, c := range w.CPUs {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}

// accessWords say on how much the figures rest.
func (a *ask) accessWords(w *export.Accesses) []string {
	var samples, weight, unknown, nowhere int64
	for i, classes := range w.Sums {
		for class, columns := range classes {
			for _, s := range columns {
				samples, weight = samples+s.Samples, weight+s.Weight
				if class%modified == int(servedUnknown) {
					unknown += s.Samples
				}
				if w.CPUs[i] < 0 {
					nowhere += s.Samples
				}
			}
		}
	}
	if samples == 0 {
		return nil
	}
	out := []string{fmt.Sprintf("From %d samples, of which each stands for %.4g on average: an estimate.", samples, float64(weight)/float64(samples))}
	if a.metric.Access.Denominator != nil && unknown > 0 {
		out = append(out, fmt.Sprintf("%d of the samples do not tell what served them, and are not counted.", unknown))
	}
	if nowhere > 0 {
		out = append(out, fmt.Sprintf("%d of the samples do not tell their CPU.", nowhere))
	}
	return out
}
