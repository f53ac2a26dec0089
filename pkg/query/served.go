package query

import "strings"

// served says what served a sampled load, as the processor's data source tells
// it (union perf_mem_data_src in include/uapi/linux/perf_event.h).
type served int

const (
	servedUnknown served = iota
	servedCore           // the core's own caches and buffers
	servedNear           // another cache of the own node: the last-level one, or another core's
	servedLocal          // the own node's memory
	servedFarCache
	servedFarMemory
	servedOther // I/O, uncached
	servedKinds
)

// modified is added to the class of a load that found its line modified in
// another cache: HITM.
const (
	modified      = int(servedKinds)
	servedClasses = 2 * int(servedKinds)
)

// Fields of data_src.
const (
	lvlHit, lvlMiss               = 1 << 1, 1 << 2
	lvlL1, lvlBuffer, lvlL2       = 1 << 3, 1 << 4, 1 << 5
	lvlL3, lvlLocal               = 1 << 6, 1 << 7
	lvlFarMemory                  = 1<<8 | 1<<9
	lvlFarCache1, lvlFarCache2    = 1 << 10, 1 << 11
	lvlIO, lvlUncached            = 1 << 12, 1 << 13
	numL1, numL2, numL3, numL4    = 1, 2, 3, 4
	numUncached, numCXL, numIO    = 8, 9, 10
	numAnyCache, numBuffer        = 11, 12
	numMemory, numPersistent      = 13, 14
	snoopModified                 = 1 << 4
	hopsSameNode, hopsAnotherNode = 1, 2
)

// classOf is the class of a load's data source. model is the processor's name.
func classOf(src uint64, model string) int {
	class := int(servedOf(src, model))
	if src>>19&snoopModified != 0 && class != int(servedUnknown) {
		class += modified
	}
	return class
}

func servedOf(src uint64, model string) served {
	lvl, num, remote, hops := src>>5&0x3fff, src>>33&0xf, src>>37&1 != 0, src>>43&7
	if lvl&lvlMiss != 0 {
		return servedUnknown // it says which cache did not have it, and not what had
	}
	far := hops >= hopsAnotherNode || remote && hops != hopsSameNode
	memory := num == numMemory || num == numPersistent || num == numCXL
	switch {
	case lvl&lvlFarMemory != 0 || memory && far:
		return servedFarMemory
	case lvl&lvlLocal != 0 || memory:
		return servedLocal
	case lvl&lvlL3 != 0 && lvl&lvlFarCache1 != 0:
		return servedNear // AMD before Zen 4: a cache of the own node, which one is not told
	case lvl&lvlFarCache2 != 0 || far && num != 0 && num <= numL4 || far && num == numAnyCache:
		return servedFarCache
	case lvl&lvlFarCache1 != 0 && num == 0 && hops == 0:
		return farCacheByModel(model)
	case lvl&lvlFarCache1 != 0 && num != numAnyCache:
		return servedFarCache
	case lvl&(lvlL3|lvlFarCache1) != 0 || num == numL3 || num == numL4 || num == numAnyCache:
		return servedNear
	case lvl&(lvlL1|lvlL2|lvlBuffer) != 0 || num == numL1 || num == numL2 || num == numBuffer:
		return servedCore
	case lvl&(lvlIO|lvlUncached) != 0 || num == numIO || num == numUncached:
		return servedOther
	}
	return servedUnknown
}

// farCacheByModel reads what kernels before the field mem_lvl_num said:
// Intel's "remote cache, 1 hop" is another socket's, AMD's another core
// complex's of the own node.
func farCacheByModel(model string) served {
	switch {
	case strings.Contains(model, "AMD") || strings.Contains(model, "Hygon"):
		return servedNear
	case strings.Contains(model, "Intel"):
		return servedFarCache
	}
	return servedUnknown
}
