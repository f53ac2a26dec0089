package query

import (
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Kind says how a metric is computed and how it is read.
type Kind string

// The kinds.
const (
	// Share is a part of a whole, 0 to 1, about locality: 0 is local.
	Share Kind = "share"
	// Ratio divides two counts that say nothing about locality.
	Ratio Kind = "ratio"
	// Rate is a count over time.
	Rate Kind = "rate"
	// Gauge is a state: its last reading.
	Gauge Kind = "gauge"
)

// Metric is something that can be asked of a run.
type Metric struct {
	Name  string
	Title string
	Unit  string // Grafana's unit id
	Help  string
	Kind  Kind
	Rung  numa.Rung
	// DenominatorText names what a share is a share of.
	DenominatorText string
	By              []By // finest first

	// Where it comes from: events or columns of a table, or samples.
	Table       string
	Numerator   []string // of a rate: what is counted
	Denominator []string // of a share or ratio
	Kinds       export.SampleKind
	// Remote is set on metrics of samples whose numerator is the samples on
	// another node than the CPU's.
	Remote bool
	// Scale multiplies a rate, so that its unit gives short numbers.
	Scale float64
	// Scope is set where the metric exists in one scope only.
	Scope export.Scope
}

var (
	byCPU  = []By{ByCPU, ByNode, BySocket, ByHost}
	byNode = []By{ByNode, BySocket, ByHost}
)

// named are the metrics with a meaning of their own. Whatever else a run
// recorded can be asked for as the plain rate or gauge of its column.
var named = []Metric{
	{
		Name: "remote_dram_share", Title: "Remote share of DRAM loads", Unit: "percentunit", Kind: Share, Rung: numa.Counters,
		Help: "Of the loads that DRAM served, the share served by another node's. Good is near 0 for a pinned program with local data; an interleaved one on n nodes has (n-1)/n. " +
			"From the kernel's generic node-loads (local) and node-load-misses (remote); that meaning is Intel's from Skylake to Ice Lake servers, other processors have not been verified.",
		DenominatorText: "loads served by DRAM, local and remote (node-loads + node-load-misses)",
		By:              byCPU, Table: export.TableCounters,
		Numerator: []string{"node-load-misses"}, Denominator: []string{"node-loads", "node-load-misses"},
	},
	{
		Name: "remote_llc_share", Title: "Remote share of LLC misses", Unit: "percentunit", Kind: Share, Rung: numa.Counters,
		Help: "Of the loads that missed the socket's last-level cache, the share that another node's DRAM served, or a modified line of another socket (HITM). " +
			"It counts what remote_dram_share leaves out, lines that sockets pass to and fro; a clean line that another socket's cache passes on is in neither numerator.",
		DenominatorText: "loads that missed the LLC (LLC-load-misses)",
		By:              byCPU, Table: export.TableCounters,
		Numerator: []string{"node-load-misses", "hitm-remote"}, Denominator: []string{"LLC-load-misses"},
	},
	{
		Name: "fault_remote_share", Title: "Remote share of page faults", Unit: "percentunit", Kind: Share, Rung: numa.FaultSamples,
		Help: "Of the sampled minor faults, the share whose memory lies on another node than the CPU that touched it. Good is near 0: first touch by the thread that uses the memory. " +
			"It shows where memory was placed when first touched, not each later access.",
		DenominatorText: "sampled minor faults whose memory's node is known, each times its weight",
		By:              byCPU, Table: export.TableSamples, Kinds: export.MinorFault, Remote: true,
	},
	{
		Name: "alloc_remote_share", Title: "Allocations for another node's CPUs", Unit: "percentunit", Kind: Share, Rung: numa.Placement,
		Help:            "Of the pages allocated on this node, the share given to a process that ran on another node (numastat's other_node). Good is near 0.",
		DenominatorText: "pages allocated on the node (local_node + other_node)",
		By:              byNode, Table: export.TableNodes,
		Numerator: []string{"other_node"}, Denominator: []string{"local_node", "other_node"},
	},
	{
		Name: "alloc_miss_share", Title: "Allocations that missed their node", Unit: "percentunit", Kind: Share, Rung: numa.Placement,
		Help:            "Of the pages allocated on this node, the share that was meant for another one which had none to give (numastat's numa_miss). Good is 0; above it a node is short of memory.",
		DenominatorText: "pages allocated on the node (numa_hit + numa_miss)",
		By:              byNode, Table: export.TableNodes,
		Numerator: []string{"numa_miss"}, Denominator: []string{"numa_hit", "numa_miss"},
	},
	{
		Name: "hitm_share", Title: "HITM share of LLC misses", Unit: "percentunit", Kind: Ratio, Rung: numa.Counters,
		Help: "Of the loads that left the socket's last-level cache or were answered from a neighbour's modified line, the part that hit a modified line (HITM). High together with a high HITM rate, CPUs pass written lines to and fro: true or false sharing. " +
			"Alone it proves nothing: a fix that removes other misses raises it.",
		// A local HITM is no LLC miss: it is added below the line too, or the
		// share could pass 1.
		DenominatorText: "loads that missed the LLC, and local HITM (LLC-load-misses + hitm-local)",
		By:              byCPU, Table: export.TableCounters,
		Numerator: []string{"hitm-local", "hitm-remote"}, Denominator: []string{"LLC-load-misses", "hitm-local"},
	},
	{
		Name: "hitm", Title: "HITM", Unit: "cps", Kind: Rate, Rung: numa.Counters,
		Help: "Loads a second that found their line modified in another cache, of this socket or another.",
		By:   byCPU, Table: export.TableCounters, Numerator: []string{"hitm-local", "hitm-remote"}, Scale: 1,
	},
	{
		Name: "dram_loads", Title: "DRAM loads", Unit: "cps", Kind: Rate, Rung: numa.Counters,
		Help: "Loads a second that DRAM served, of any node: what the remote share is a share of.",
		By:   byCPU, Table: export.TableCounters, Numerator: []string{"node-loads", "node-load-misses"}, Scale: 1,
	},
	{
		Name: "llc_load_miss_ratio", Title: "LLC load miss ratio", Unit: "percentunit", Kind: Ratio,
		Help:            "Of the loads that reached the last-level cache, the part that missed it. Prefetches are not counted on most processors.",
		DenominatorText: "loads that reached the LLC (LLC-loads)",
		By:              byCPU, Table: export.TableCounters,
		Numerator: []string{"LLC-load-misses"}, Denominator: []string{"LLC-loads"},
	},
	{
		Name: "ipc", Title: "Instructions per cycle", Unit: "short", Kind: Ratio,
		Help:            "Instructions retired per CPU cycle. A low figure beside a high remote share is waiting for memory.",
		DenominatorText: "cycles",
		By:              byCPU, Table: export.TableCounters,
		Numerator: []string{"instructions"}, Denominator: []string{"cycles"},
	},
	{
		Name: "remote_faults", Title: "Page faults on remote memory", Unit: "cps", Kind: Rate, Rung: numa.FaultSamples,
		Help: "Minor faults a second whose memory lies on another node than the CPU, from samples times their weight.",
		By:   byCPU, Table: export.TableSamples, Kinds: export.MinorFault, Remote: true, Scale: 1,
	},
}

// Metrics lists what a run can be asked, named metrics first, available or
// not, then the plain rates and gauges of its columns.
func Metrics(m *export.Manifest) []Metric {
	out := slices.Clone(named)
	out = append(out, eventRates(m)...)
	return append(out, nodeColumns(m)...)
}

// Describe finds a named metric without a run.
func Describe(name string) (Metric, bool) {
	if name == LagMetric.Name {
		return LagMetric, true
	}
	i := slices.IndexFunc(named, func(x Metric) bool { return x.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return named[i], true
}

// Find finds a metric of a run by its name.
func Find(m *export.Manifest, name string) (Metric, error) {
	all := Metrics(m)
	i := slices.IndexFunc(all, func(x Metric) bool { return x.Name == name })
	if i >= 0 {
		return all[i], nil
	}
	var have []string
	for _, x := range all {
		if Available(m, x) == nil {
			have = append(have, x.Name)
		}
	}
	return Metric{}, &UnknownError{What: "metric", Name: name, Where: where(m), Have: have}
}

func where(m *export.Manifest) string { return "run " + m.Run + " of host " + m.Host }

// columns are the events or columns that the metric is made of, each once.
func (x *Metric) columns() []string {
	var out []string
	for _, c := range slices.Concat(x.Numerator, x.Denominator) {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func (x *Metric) divides() bool { return x.Kind == Share || x.Kind == Ratio }
