package query

import (
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

type meanings = []numa.Meaning

// intelsEstimate is what a price for each access leaves out.
const intelsEstimate = "Intel's price for each access of this kind; waiting that overlaps is counted for each."

// named are the metrics with a name and help of their own. Whatever else a
// run recorded can be asked for as the plain rate or gauge of its column.
var named = slices.Concat(locality, sharing, caches, bandwidth, allocation, accessed, traced)

var locality = []Metric{
	{
		Name: "remote_dram_share", Title: "Remote share of DRAM loads", Unit: "percentunit", Kind: Share, Rung: numa.Counters,
		Help:            "Of the loads that DRAM served, the share served by another node's. Good is near 0 for a pinned program with local data; an interleaved one on n nodes has (n-1)/n.",
		DenominatorText: "loads served by DRAM, local and remote", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{
			{Numerator: meanings{numa.DRAMLoadsRemote}, Denominator: meanings{numa.DRAMLoadsLocal, numa.DRAMLoadsRemote}},
			{
				Numerator:   meanings{numa.CoreReadsSameSocket, numa.CoreReadsOtherSocket},
				Denominator: meanings{numa.CoreReadsOwnNode, numa.CoreReadsSameSocket, numa.CoreReadsOtherSocket},
				Text:        "reads served by DRAM of the own node, of the socket's other nodes, and of other sockets", Approximates: "of reads of any kind, prefetches and stores too.",
			},
		},
	},
	{
		Name: "remote_llc_share", Title: "Remote share of LLC misses", Unit: "percentunit", Kind: Share, Rung: numa.Counters,
		Help: "Of the loads that missed the socket's last-level cache, the share that another node's DRAM served, or a modified line of another socket (HITM). " +
			"It counts what remote_dram_share leaves out, lines that sockets pass to and fro; a clean line that another socket's cache passes on is in neither numerator.",
		DenominatorText: "loads that missed the LLC", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{
			{Numerator: meanings{numa.DRAMLoadsRemote, numa.HITMRemote}, Denominator: meanings{numa.LLCLoadMisses}},
			{
				Numerator:    meanings{numa.DRAMLoadsRemote, numa.CacheFillsRemote},
				Denominator:  meanings{numa.DRAMLoadsLocal, numa.DRAMLoadsRemote, numa.CacheFillsNear, numa.CacheFillsRemote},
				Text:         "fills from DRAM and from caches of other CCX",
				Approximates: "this processor does not count a core's LLC misses; fills from DRAM and from other CCX stand for them, and lines of a remote cache are in it modified or not.",
			},
			{
				Numerator: meanings{numa.RemoteAccesses}, Denominator: meanings{numa.LLCLoadMisses},
				Text:         "reads that missed the last-level cache",
				Approximates: "accesses to another chip, of its memory and its caches alike, over reads that missed; stores are in the first and not in the second.",
			},
		},
	},
	{
		Name: "dram_loads", Title: "DRAM loads", Unit: "cps", Kind: Rate, Rung: numa.Counters,
		Help: "Loads a second that DRAM served, of any node: what the remote share is a share of.",
		By:   byCPU, Table: export.TableCounters, Scale: 1,
		Formulas: []Formula{{Numerator: meanings{numa.DRAMLoadsLocal, numa.DRAMLoadsRemote}}},
	},
	{
		Name: "same_socket_dram_share", Title: "DRAM reads of the socket's other nodes", Unit: "percentunit", Kind: Share, Rung: numa.Counters,
		Help:            "Of the reads that DRAM of the own socket served, the share of its other nodes (sub-NUMA clustering). They are counted where a socket holds several nodes, of reads of any kind: retired loads do not tell these places apart.",
		DenominatorText: "reads served by DRAM of the own socket", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{
			{Numerator: meanings{numa.CoreReadsSameSocket}, Denominator: meanings{numa.CoreReadsOwnNode, numa.CoreReadsSameSocket}},
			{Numerator: meanings{numa.CoreReadsOwnSocket}, Minus: meanings{numa.CoreReadsOwnNode}, Denominator: meanings{numa.CoreReadsOwnSocket}},
		},
	},
	{
		Name: "home_remote_share", Title: "Requests from other sockets", Unit: "percentunit", Kind: Share, Rung: numa.Counters,
		Help:            "Of the reads of any kind that a socket's memory got, the share that came from another socket: who is asked too much, where remote_dram_share tells who asks. The events are counted where they are named by --event.",
		DenominatorText: "reads that reached the socket's home agents", By: byNode, Table: export.TableCounters, Scope: export.ScopeUncore,
		Formulas: []Formula{{Numerator: meanings{numa.HomeReadsRemote}, Denominator: meanings{numa.HomeReadsLocal, numa.HomeReadsRemote}}},
	},
	{
		Name: "tma_remote_mem", Title: "Time in remote memory (Intel's estimate)", Unit: "percentunit", Kind: Ratio, Rung: numa.Counters,
		Help:            "The share of a CPU's time, while not halted, that loads from another socket's memory cost beyond a hit of the last-level cache, at Intel's price for one. Intel calls more than 10 % of clocks much.",
		DenominatorText: "time for which the CPU was not halted", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{{Numerator: meanings{numa.DRAMLoadsRemote}, Costs: remoteMemoryCosts, Denominator: meanings{numa.RefCycles}, Unhalted: true, Approximates: intelsEstimate}},
	},
}

var sharing = []Metric{
	{
		Name: "hitm_share", Title: "HITM share of LLC misses", Unit: "percentunit", Kind: Ratio, Rung: numa.Counters,
		Help: "Of the loads that left the socket's last-level cache or were answered from a neighbour's modified line, the part that hit a modified line (HITM). High together with a high HITM rate, CPUs pass written lines to and fro: true or false sharing. " +
			"Alone it proves nothing: a fix that removes other misses raises it.",
		// A local HITM is no LLC miss: it is added below the line too, or the
		// share could pass 1.
		DenominatorText: "loads that missed the LLC, and local HITM", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{{Numerator: meanings{numa.HITMLocal, numa.HITMRemote}, Denominator: meanings{numa.LLCLoadMisses, numa.HITMLocal}}},
	},
	{
		Name: "hitm", Title: "HITM", Unit: "cps", Kind: Rate, Rung: numa.Counters,
		Help: "Loads a second that found their line modified in another cache, of this socket or another.",
		By:   byCPU, Table: export.TableCounters, Scale: 1,
		Formulas: []Formula{{Numerator: meanings{numa.HITMLocal, numa.HITMRemote}}},
	},
	{
		Name: "rfo_hitm", Title: "Stores that took a modified line", Unit: "cps", Kind: Rate, Rung: numa.Counters,
		Help: "Stores a second that had to take their line from another cache which had modified it: writers that take turns.",
		By:   byCPU, Table: export.TableCounters, Scale: 1,
		Formulas: []Formula{{Numerator: meanings{numa.RFOHITMLocal, numa.RFOHITMRemote}}},
	},
	{
		Name: "other_cache_share", Title: "Loads that another cache served", Unit: "percentunit", Kind: Ratio, Rung: numa.Counters,
		Help:            "Of the loads that the own caches could not serve, the part that another core's or socket's cache served, its line modified or not. On processors that do not tell HITM this is the nearest to hitm_share; read-only sharing raises it too.",
		DenominatorText: "loads that missed the LLC, and local HITM", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{
			{Numerator: meanings{numa.HITMLocal, numa.HITMRemote, numa.ForwardRemote}, Denominator: meanings{numa.LLCLoadMisses, numa.HITMLocal}},
			{
				Numerator:    meanings{numa.CacheFillsNear, numa.CacheFillsRemote},
				Denominator:  meanings{numa.DRAMLoadsLocal, numa.DRAMLoadsRemote, numa.CacheFillsNear, numa.CacheFillsRemote},
				Text:         "fills from DRAM and from caches of other CCX",
				Approximates: "caches of the own CCX are not in it; this processor counts them with the hits of the LLC.",
			},
		},
	},
	{
		Name: "tma_false_sharing", Title: "Time in stores to others' lines (Intel's False_Sharing)", Unit: "percentunit", Kind: Ratio, Rung: numa.Counters,
		Help:            "The share of a CPU's time, while not halted, that stores waited for lines which another core or socket had modified, at Intel's price for one. Intel calls more than 5 % of clocks much, where the program waits for stores at all. It does not tell false sharing from true sharing: the bytes do.",
		DenominatorText: "time for which the CPU was not halted", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{{Numerator: meanings{numa.RFOHITMRemote, numa.RFOHITMLocal}, Costs: falseSharingCosts, Denominator: meanings{numa.RefCycles}, Unhalted: true, Approximates: intelsEstimate}},
	},
	{
		Name: "tma_contested_accesses", Title: "Time in contested loads (Intel's Contested_Accesses)", Unit: "percentunit", Kind: Ratio, Rung: numa.Counters,
		Help:            "The share of a CPU's time, while not halted, that loads waited for lines which another core of the socket had modified, or was asked for in vain, at Intel's price for one. Intel calls more than 5 % of clocks much.",
		DenominatorText: "time for which the CPU was not halted", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{{Numerator: meanings{numa.HITMLocal, numa.LoadsSnoopMiss}, Costs: contestedCosts, Denominator: meanings{numa.RefCycles}, Unhalted: true, Approximates: intelsEstimate}},
	},
}

var caches = []Metric{
	{
		Name: "llc_load_miss_ratio", Title: "LLC load miss ratio", Unit: "percentunit", Kind: Ratio,
		Help:            "Of the loads that reached the last-level cache, the part that missed it. Prefetches are not counted on most processors.",
		DenominatorText: "loads that reached the LLC", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{
			{Numerator: meanings{numa.LLCLoadMisses}, Denominator: meanings{numa.LLCLoads}},
			{Numerator: meanings{numa.LLCLoadMisses}, Denominator: meanings{numa.LLCLoadHits, numa.LLCLoadMisses}, Text: "loads that the LLC served, and those that missed it"},
		},
	},
	{
		Name: "llc_load_hit_ratio", Title: "LLC load hit ratio", Unit: "percentunit", Kind: Ratio,
		Help:            "Of the loads that reached the last-level cache, the part that it served.",
		DenominatorText: "loads that reached the LLC", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{
			{Numerator: meanings{numa.LLCLoads}, Minus: meanings{numa.LLCLoadMisses}, Denominator: meanings{numa.LLCLoads}},
			{Numerator: meanings{numa.LLCLoadHits}, Denominator: meanings{numa.LLCLoadHits, numa.LLCLoadMisses}, Text: "loads that the LLC served, and those that missed it"},
		},
	},
	{
		Name: "llc_miss_ratio", Title: "LLC miss ratio of all requests", Unit: "percentunit", Kind: Ratio,
		Help:            "Of a core's requests to the last-level cache, of any kind and with prefetches, the part that missed.",
		DenominatorText: "requests to the LLC", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{{Numerator: meanings{numa.LLCMisses}, Denominator: meanings{numa.LLCReferences}}},
	},
	{
		Name: "llc_unit_miss_ratio", Title: "LLC miss ratio by cache", Unit: "percentunit", Kind: Ratio,
		Help:            "Of the requests to a node's last-level caches, of all cores that share them, the part that missed.",
		DenominatorText: "requests to the last-level caches", By: byNode, Table: export.TableCounters, Scope: export.ScopeUncore,
		Formulas: []Formula{{Numerator: meanings{numa.LLCUnitMisses}, Denominator: meanings{numa.LLCUnitReferences}}},
	},
	{
		Name: "ipc", Title: "Instructions per cycle", Unit: "short", Kind: Ratio,
		Help:            "Instructions retired per CPU cycle. A low figure beside a high remote share is waiting for memory.",
		DenominatorText: "cycles", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{{Numerator: meanings{numa.Instructions}, Denominator: meanings{numa.Cycles}}},
	},
	{
		Name: "dtlb_load_miss_ratio", Title: "Page walks per load", Unit: "percentunit", Kind: Ratio,
		Help:            "Page walks for each load. Above a per cent or so, larger pages would help; page tables too may lie on another node.",
		DenominatorText: "loads", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{{Numerator: meanings{numa.DTLBLoadWalks}, Denominator: meanings{numa.Loads}}},
	},
	{
		Name: "prefetch_share", Title: "Prefetched share of data reads", Unit: "percentunit", Kind: Ratio,
		Help:            "Of the data that a core read beyond its own caches, the part that prefetchers asked for. Events of retired loads leave prefetches out: where this is high they see little of the traffic.",
		DenominatorText: "data reads, prefetches included", By: byCPU, Table: export.TableCounters,
		Formulas: []Formula{{Numerator: meanings{numa.DataReads}, Minus: meanings{numa.DataReadsDemand}, Denominator: meanings{numa.DataReads}}},
	},
}

var bandwidth = []Metric{
	{
		Name: "dram_bandwidth", Title: "Memory bandwidth", Unit: "binBps", Kind: Rate, Rung: numa.Counters,
		Help: "Bytes a second that a node's memory channels read and wrote, whoever asked: 64 for each access.",
		By:   byNode, Table: export.TableCounters, Scope: export.ScopeUncore, Scale: 64,
		Formulas: []Formula{{Numerator: meanings{numa.DRAMReads, numa.DRAMWrites}}, {Numerator: meanings{numa.DRAMTransfers}}},
	},
	{
		Name: "dram_read_bandwidth", Title: "Memory read bandwidth", Unit: "binBps", Kind: Rate, Rung: numa.Counters,
		Help: "Bytes a second that a node's memory channels read, whoever asked: 64 for each access.",
		By:   byNode, Table: export.TableCounters, Scope: export.ScopeUncore, Scale: 64,
		Formulas: []Formula{{Numerator: meanings{numa.DRAMReads}}},
	},
	{
		Name: "dram_write_bandwidth", Title: "Memory write bandwidth", Unit: "binBps", Kind: Rate, Rung: numa.Counters,
		Help: "Bytes a second that a node's memory channels wrote, whoever asked: 64 for each access.",
		By:   byNode, Table: export.TableCounters, Scope: export.ScopeUncore, Scale: 64,
		Formulas: []Formula{{Numerator: meanings{numa.DRAMWrites}}},
	},
	{
		Name: "link_bandwidth", Title: "Data sent to other sockets", Unit: "binBps", Kind: Rate, Rung: numa.Counters,
		Help: "Bytes of data a second that a socket's links sent to other sockets. Intel's links carry 64 bytes in nine data flits, AMD's 32 in a packet, or 64 in a beat since Zen 4.",
		By:   byNode, Table: export.TableCounters, Scope: export.ScopeUncore,
		Formulas: []Formula{{Numerator: meanings{numa.LinkDataFlits}, Scale: 64.0 / 9}, {Numerator: meanings{numa.LinkData32B}, Scale: 32}, {Numerator: meanings{numa.LinkData64B}, Scale: 64}},
	},
}

var allocation = []Metric{
	{
		Name: "fault_remote_share", Title: "Remote share of page faults", Unit: "percentunit", Kind: Share, Rung: numa.FaultSamples,
		Help: "Of the sampled minor faults, the share whose memory lies on another node than the CPU that touched it. Good is near 0: first touch by the thread that uses the memory. " +
			"It shows where memory was placed when first touched, not each later access.",
		DenominatorText: "sampled minor faults whose memory's node is known, each times its weight",
		By:              byCPU, Table: export.TableSamples, Kinds: export.MinorFault, Remote: true,
	},
	{
		Name: "remote_faults", Title: "Page faults on remote memory", Unit: "cps", Kind: Rate, Rung: numa.FaultSamples,
		Help: "Minor faults a second whose memory lies on another node than the CPU, from samples times their weight.",
		By:   byCPU, Table: export.TableSamples, Kinds: export.MinorFault, Remote: true, Scale: 1,
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
}

// usual are counts that dashboards and rules ask every host for: a run without
// them lacks them for a reason, and does not mistake their name.
var usual = meanings{numa.Cycles, numa.Instructions, numa.LLCLoads, numa.LLCLoadMisses}

// meaningRates are the plain rates of what a run counted, by meaning: one
// name for every processor.
func meaningRates(m *export.Manifest) []Metric {
	var out []Metric
	for _, w := range numa.Meanings() {
		columns := columnsOf(m, w.Meaning)
		if columns == nil && !slices.Contains(usual, w.Meaning) {
			continue
		}
		x := eventRate(export.GroupEvent{Name: string(w.Meaning), Unit: "1", Help: w.Text})
		if slices.ContainsFunc(named, func(y Metric) bool { return y.Name == x.Name }) {
			continue
		}
		if columns != nil {
			x.Numerator = columns
		}
		if ofUnits(m, columns) {
			x.Scope, x.By = export.ScopeUncore, byNode
			x = x.whereUnitsAre(m)
		}
		out = append(out, x)
	}
	return out
}

// ofUnits tells whether columns are of units beside the cores.
func ofUnits(m *export.Manifest, columns []string) bool {
	for _, g := range m.Groups {
		for _, e := range g.Events {
			if slices.Contains(columns, e.Name) {
				return g.Scope == export.ScopeUncore
			}
		}
	}
	return false
}
