package numa

// Meaning is what a count says, in one word for all processors: a formula
// that is made of meanings holds on each of them. What a processor counts a
// little differently has the same meaning with a caveat; what it counts
// differently has another meaning.
type Meaning string

// The meanings that formulas are made of; Meanings lists them all.
const (
	Cycles       Meaning = "cycles"
	Instructions Meaning = "instructions"
	RefCycles    Meaning = "ref-cycles"

	Loads          Meaning = "loads"
	DTLBLoadWalks  Meaning = "dtlb-load-walks"
	L1DReplacement Meaning = "l1d-replacement"

	LLCLoads      Meaning = "llc-loads"
	LLCLoadHits   Meaning = "llc-load-hits"
	LLCLoadMisses Meaning = "llc-load-misses"
	LLCReferences Meaning = "llc-references"
	LLCMisses     Meaning = "llc-misses"

	DRAMLoadsLocal  Meaning = "dram-loads-local"
	DRAMLoadsRemote Meaning = "dram-loads-remote"
	RemoteAccesses  Meaning = "remote-accesses"

	HITMLocal        Meaning = "hitm-local"
	HITMRemote       Meaning = "hitm-remote"
	ForwardRemote    Meaning = "forward-remote"
	LoadsSnoopMiss   Meaning = "loads-snoop-miss"
	CacheFillsNear   Meaning = "cache-fills-near"
	CacheFillsRemote Meaning = "cache-fills-remote"
	RFOHITMLocal     Meaning = "rfo-hitm-local"
	RFOHITMRemote    Meaning = "rfo-hitm-remote"

	CoreReadsOwnNode     Meaning = "core-reads-dram-own-node"
	CoreReadsSameSocket  Meaning = "core-reads-dram-same-socket"
	CoreReadsOwnSocket   Meaning = "core-reads-dram-own-socket"
	CoreReadsOtherSocket Meaning = "core-reads-dram-other-socket"

	DataReads       Meaning = "data-reads"
	DataReadsDemand Meaning = "data-reads-demand"

	DRAMReads         Meaning = "dram-reads"
	DRAMWrites        Meaning = "dram-writes"
	DRAMTransfers     Meaning = "dram-transfers"
	LinkDataFlits     Meaning = "link-data-flits"
	LinkData32B       Meaning = "link-data-32b"
	LinkData64B       Meaning = "link-data-64b"
	HomeReadsLocal    Meaning = "home-reads-local"
	HomeReadsRemote   Meaning = "home-reads-remote"
	LLCUnitReferences Meaning = "llc-unit-references"
	LLCUnitMisses     Meaning = "llc-unit-misses"
)

// MeaningText is a meaning and one sentence that explains it.
type MeaningText struct {
	Meaning Meaning
	Text    string
}

// Meanings is the vocabulary, in the order in which it is to be read.
func Meanings() []MeaningText {
	return []MeaningText{
		{Cycles, "Processor cycles while not halted."},
		{Instructions, "Instructions retired."},
		{RefCycles, "Cycles of the reference clock, whose frequency is fixed, while not halted."},
		{Loads, "Load instructions."},
		{DTLBLoadWalks, "Page walks because a load's page was in no data TLB."},
		{L1DReplacement, "Lines brought into the first-level data cache."},
		{LLCLoads, "Loads that reached the last-level cache."},
		{LLCLoadHits, "Loads that the last-level cache served."},
		{LLCLoadMisses, "Loads that no cache of the own socket served."},
		{LLCReferences, "Requests of any kind that reached the last-level cache, prefetches and stores too."},
		{LLCMisses, "Requests of any kind that missed the last-level cache, prefetches and stores too."},
		{DRAMLoadsLocal, "Loads served by the nearest memory: of the own node, or where the caveat says so of the own socket."},
		{DRAMLoadsRemote, "Loads served by any other memory."},
		{RemoteAccesses, "Accesses whose data came from another chip, of its memory or its caches."},
		{HITMLocal, "Loads that found their line modified in another core's cache of the own socket."},
		{HITMRemote, "Loads that found their line modified in another socket's cache."},
		{ForwardRemote, "Loads served by a clean line of another socket's cache: not HITM."},
		{LoadsSnoopMiss, "Loads served by the last-level cache after it had asked a core that no longer had the line."},
		{CacheFillsNear, "Fills from another cache of the own node; whether the line was modified is not known: not HITM."},
		{CacheFillsRemote, "Fills from another cache, of a line whose memory is another node's; whether it was modified is not known: not HITM."},
		{"cache-fills-local", "Fills from the own or another cache, of a line whose memory is the own die's."},
		{"cache-fills-near-any", "cache-fills-near, with prefetches."},
		{"cache-fills-remote-any", "cache-fills-remote, with prefetches."},
		{"dram-fills-local", "Fills from the own node's memory, with prefetches."},
		{"dram-fills-remote", "Fills from another node's memory, with prefetches."},
		{"cxl-loads", "Loads served by extension memory (CXL)."},
		{"cxl-fills", "Fills from extension memory (CXL), with prefetches."},
		{RFOHITMLocal, "Stores that took their line from another core of the own socket that had modified it."},
		{RFOHITMRemote, "Stores that took their line from another socket that had modified it."},
		{CoreReadsOwnNode, "Reads of any kind, prefetches and RFO too, served by the own node's memory."},
		{CoreReadsSameSocket, "Reads of any kind, prefetches and RFO too, served by memory of the own socket's other nodes."},
		{CoreReadsOwnSocket, "The two before together."},
		{CoreReadsOtherSocket, "Reads of any kind, prefetches and RFO too, served by another socket's memory."},
		{"core-reads-hitm-remote", "Reads of any kind, prefetches and RFO too, of a line that another socket had modified."},
		{DataReads, "Reads of data by a core beyond its own caches, prefetches too."},
		{DataReadsDemand, "Those of them that an instruction waits for."},
		{"prefetches-software", "Prefetch instructions."},
		{"memory-ordering-clears", "Pipeline clears because another core wrote what had just been read."},
		{"load-latency-gt-32", "Loads slower than 32 cycles, as they are sampled."},
		{"load-latency-gt-128", "Loads slower than 128 cycles, as they are sampled."},
		{DRAMReads, "Reads of 64 bytes that memory channels did."},
		{DRAMWrites, "Writes of 64 bytes that memory channels did."},
		{DRAMTransfers, "Reads and writes of 64 bytes that memory channels did."},
		{"dram-requests", "Requests that the mesh sent to memory controllers."},
		{LinkDataFlits, "Data flits that a link sent to another socket; nine carry 64 bytes."},
		{LinkData32B, "Data packets of 32 bytes that a link sent to another socket."},
		{LinkData64B, "Data beats of 64 bytes that a link sent to another socket."},
		{"link-clockticks", "The link's clock."},
		{HomeReadsLocal, "Reads of any kind that reached a socket's home agents from itself."},
		{HomeReadsRemote, "Reads of any kind that reached a socket's home agents from another socket."},
		{"llc-miss-reads-local", "Reads of data that missed a socket's last-level cache, of its own memory."},
		{"llc-miss-reads-remote", "Reads of data that missed a socket's last-level cache, of another socket's memory."},
		{LLCUnitReferences, "Requests that reached a unit of the last-level cache, of all cores that share it."},
		{LLCUnitMisses, "Those of them that missed."},
		{"l3-latency-sum-dram-near", "Summed latency of sampled misses that the own node's memory served."},
		{"l3-latency-sum-dram-far", "Summed latency of sampled misses that another node's memory served."},
		{"l3-latency-sum-near-cache", "Summed latency of sampled misses that another cache of the node served."},
		{"l3-latency-sum-far-cache", "Summed latency of sampled misses that another node's cache served."},
		{"l3-latency-sum-ext-near", "Summed latency of sampled misses that the own node's extension memory served."},
		{"l3-latency-sum-ext-far", "Summed latency of sampled misses that another node's extension memory served."},
		{"l3-latency-requests-dram-near", "Sampled misses that the own node's memory served."},
		{"l3-latency-requests-dram-far", "Sampled misses that another node's memory served."},
		{"l3-latency-requests-near-cache", "Sampled misses that another cache of the node served."},
		{"l3-latency-requests-far-cache", "Sampled misses that another node's cache served."},
		{"l3-latency-requests-ext-near", "Sampled misses that the own node's extension memory served."},
		{"l3-latency-requests-ext-far", "Sampled misses that another node's extension memory served."},
		{"sample-source-l1d", "A load sample's source: the first-level data cache."},
		{"sample-source-l2", "A load sample's source: the second-level cache."},
		{"sample-source-peer-core", "A load sample's source: another core of the cluster. A peer is not HITM."},
		{"sample-source-local-cluster", "A load sample's source: a cache of the own cluster."},
		{"sample-source-sys-cache", "A load sample's source: the system-level cache."},
		{"sample-source-peer-cluster", "A load sample's source: another cluster. A peer is not HITM."},
		{"sample-source-remote", "A load sample's source: another chip."},
		{"sample-source-dram", "A load sample's source: memory."},
	}
}
