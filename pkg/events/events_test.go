package events

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestNumbersAreTheKernels compares the table with the kernel's header as
// golang.org/x/sys has it.
func TestNumbersAreTheKernels(t *testing.T) {
	cache := func(cache, op, result uint64) [2]uint64 {
		return [2]uint64{unix.PERF_TYPE_HW_CACHE, cache | op<<8 | result<<16}
	}
	want := map[string][2]uint64{
		"cpu-clock":        {unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CPU_CLOCK},
		"task-clock":       {unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_TASK_CLOCK},
		"context-switches": {unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CONTEXT_SWITCHES},
		"cpu-migrations":   {unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CPU_MIGRATIONS},
		"minor-faults":     {unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_PAGE_FAULTS_MIN},
		"major-faults":     {unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_PAGE_FAULTS_MAJ},
		"cycles":           {unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CPU_CYCLES},
		"instructions":     {unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_INSTRUCTIONS},
		"LLC-loads":        cache(unix.PERF_COUNT_HW_CACHE_LL, unix.PERF_COUNT_HW_CACHE_OP_READ, unix.PERF_COUNT_HW_CACHE_RESULT_ACCESS),
		"LLC-load-misses":  cache(unix.PERF_COUNT_HW_CACHE_LL, unix.PERF_COUNT_HW_CACHE_OP_READ, unix.PERF_COUNT_HW_CACHE_RESULT_MISS),
		"node-loads":       cache(unix.PERF_COUNT_HW_CACHE_NODE, unix.PERF_COUNT_HW_CACHE_OP_READ, unix.PERF_COUNT_HW_CACHE_RESULT_ACCESS),
		"node-load-misses": cache(unix.PERF_COUNT_HW_CACHE_NODE, unix.PERF_COUNT_HW_CACHE_OP_READ, unix.PERF_COUNT_HW_CACHE_RESULT_MISS),
	}
	seen := map[string]bool{}
	for _, g := range append(CPUGroups(), ProcessGroups()...) {
		for _, e := range g.Events {
			seen[e.Name] = true
			if got := [2]uint64{uint64(e.Type), e.Config}; got != want[e.Name] {
				t.Errorf("%s is %v, the kernel's is %v", e.Name, got, want[e.Name])
			}
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d events in the table, %d checked", len(seen), len(want))
	}
}

// TestTableIsConsistent: what a reader relies on.
func TestTableIsConsistent(t *testing.T) {
	for _, groups := range [][]Group{CPUGroups(), ProcessGroups()} {
		names := map[string]bool{}
		for i, g := range groups {
			if g.Software() != (i == 0) {
				t.Errorf("group %s: the software group comes first, and is one", g.Name)
			}
			for _, e := range g.Events {
				if names[e.Name] {
					t.Errorf("%s is counted twice: it would be two columns of one name", e.Name)
				}
				names[e.Name] = true
				if e.Help == "" || e.Spec == "" || (e.Unit != "1" && e.Unit != "ns") {
					t.Errorf("%s lacks its help, spec or unit", e.Name)
				}
				if e.Proven != e.Software() {
					t.Errorf("%s: only software events are proven on every host", e.Name)
				}
			}
		}
	}
}
