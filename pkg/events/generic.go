package events

import (
	"fmt"
	"strings"
)

// generics are the kernel's own names of events that are no cache events, with
// perf's aliases: type and config of linux/perf_event.h.
var generics = map[string][2]uint64{
	"cycles": {typeHardware, 0}, "cpu-cycles": {typeHardware, 0}, "instructions": {typeHardware, 1},
	"cache-references": {typeHardware, 2}, "cache-misses": {typeHardware, 3},
	"branches": {typeHardware, 4}, "branch-instructions": {typeHardware, 4}, "branch-misses": {typeHardware, 5},
	"bus-cycles": {typeHardware, 6}, "stalled-cycles-frontend": {typeHardware, 7}, "stalled-cycles-backend": {typeHardware, 8},
	"ref-cycles": {typeHardware, 9},
	"cpu-clock":  {typeSoftware, 0}, "task-clock": {typeSoftware, 1}, "page-faults": {typeSoftware, 2}, "faults": {typeSoftware, 2},
	"context-switches": {typeSoftware, 3}, "cs": {typeSoftware, 3}, "cpu-migrations": {typeSoftware, 4}, "migrations": {typeSoftware, 4},
	"minor-faults": {typeSoftware, 5}, "major-faults": {typeSoftware, 6}, "alignment-faults": {typeSoftware, 7},
	"emulation-faults": {typeSoftware, 8}, "cgroup-switches": {typeSoftware, 11},
}

// The caches, operations and results of cache events, as perf spells them.
var (
	cacheNames  = []string{"L1-dcache", "L1-icache", "LLC", "dTLB", "iTLB", "branch", "node"}
	cacheCounts = map[string]uint64{
		"loads": 0, "load-misses": 0 | resultMiss<<8, "stores": 1, "store-misses": 1 | resultMiss<<8,
		"prefetches": 2, "prefetch-misses": 2 | resultMiss<<8,
	}
)

// Generic encodes an event that the kernel knows by a name of its own; ok is
// false where it does not.
func Generic(s Spec) (e Event, ok bool) {
	if s.Name == "" {
		return Event{}, false
	}
	if n, ok := generics[s.Name]; ok {
		e := s.event(uint32(n[0]), [3]uint64{n[1]})
		if strings.HasSuffix(s.Name, "-clock") {
			e.Unit = "ns"
		}
		// What is in the kernel's list is counted by the kernel itself.
		e.Proven, e.Help = n[0] == typeSoftware, fmt.Sprintf("the kernel's %s", s.Name)
		return e, true
	}
	for i, cache := range cacheNames {
		count, ok := strings.CutPrefix(s.Name, cache+"-")
		if !ok {
			continue
		}
		if c, ok := cacheCounts[count]; ok {
			e := s.event(typeCache, [3]uint64{uint64(i) | c<<8})
			e.Help = fmt.Sprintf("the kernel's generic %s, whatever it means on this processor", s.Name)
			return e, true
		}
	}
	return Event{}, false
}

// Raw encodes a core's raw event, r04d3.
func Raw(s Spec, core *PMU) Event {
	e := s.event(core.Type, [3]uint64{s.Raw})
	e.Help = fmt.Sprintf("raw event %#x of PMU %s", s.Raw, core.Name)
	return e
}
