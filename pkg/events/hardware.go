package events

import "github.com/numalens/numalens/pkg/numa"

// The generic cache events: config is cache | operation<<8 | result<<16.
const (
	cacheLLC   = 2
	cacheNode  = 6
	opRead     = 0
	resultAll  = 0
	resultMiss = 1
)

func cacheConfig(cache, op, result uint64) uint64 { return cache | op<<8 | result<<16 }

// hardwareGroups are the generic hardware events. Groups are small: a
// processor has few counters, virtual ones fewer, and a group that does not
// fit at once is not counted at all.
func hardwareGroups() []Group {
	return []Group{
		{Name: "core", Events: []Event{
			{
				Name: "cycles", Spec: "cycles", Meaning: numa.Cycles, Set: "core", Type: typeHardware, Config: 0, Unit: "1",
				Help: "processor cycles while not halted",
			},
			{
				Name: "instructions", Spec: "instructions", Meaning: numa.Instructions, Set: "core", Type: typeHardware, Config: 1, Unit: "1",
				Help: "instructions retired",
			},
		}},
		{Name: "llc", Events: []Event{
			{
				Name: "LLC-loads", Spec: "LLC-loads", Meaning: numa.LLCLoads, Set: "llc", Type: typeCache, Config: cacheConfig(cacheLLC, opRead, resultAll), Unit: "1",
				Help: "loads that reached the last-level cache",
			},
			{
				Name: "LLC-load-misses", Spec: "LLC-load-misses", Meaning: numa.LLCLoadMisses, Set: "llc", Type: typeCache, Config: cacheConfig(cacheLLC, opRead, resultMiss), Unit: "1",
				Help: "loads that the last-level cache could not serve",
			},
		}},
		// Local and remote together, so that their share is of the same
		// moments. What node-loads means is the kernel's choice for each
		// processor: Intel's up to Ivy Bridge count all loads from DRAM, from
		// Haswell on those from the own node only (the hw_cache_extra_regs
		// tables of arch/x86/events/intel/core.c). AMD has neither.
		{Name: "node", Events: []Event{
			{
				Name: "node-loads", Spec: "node-loads", Meaning: numa.DRAMLoadsLocal, Set: "node", Type: typeCache, Config: cacheConfig(cacheNode, opRead, resultAll), Unit: "1",
				Caveat: "what it counts is the kernel's choice for each processor; verified for Intel's servers from Skylake to Ice Lake only",
				Help:   "loads served by the own node's memory; by any node's on Intel processors older than Haswell",
			},
			{
				Name: "node-load-misses", Spec: "node-load-misses", Meaning: numa.DRAMLoadsRemote, Set: "node", Type: typeCache, Config: cacheConfig(cacheNode, opRead, resultMiss), Unit: "1",
				Help: "loads served by another node's memory",
			},
		}},
	}
}
