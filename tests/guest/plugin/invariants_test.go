package plugin_test

import (
	"testing"

	"github.com/numalens/numalens/tests/guest/plugin"
)

// sums hold exactly in every vCPU and mode: what src/events.h states.
var sums = []struct {
	total string
	parts []string
}{
	{"L1-dcache-load-misses", []string{"l2-load-hits", "LLC-loads"}},
	{"LLC-loads", []string{"llc-load-hits", "hitm-local", "LLC-load-misses"}},
	{"LLC-load-misses", []string{"node-loads", "node-load-misses", "hitm-remote"}},
	{"l1-store-misses", []string{"upgrades", "l2-store-hits", "llc-store-hits", "rfo-hitm-local", "rfo-hitm-remote", "node-stores", "node-store-misses"}},
}

func checkInvariants(t *testing.T, truth *plugin.Truth) {
	t.Helper()
	for _, c := range truth.PerCPU {
		for mode, n := range map[string]map[string]uint64{"user": c.User, "kernel": c.Kernel} {
			checkSums(t, n, c.CPU, mode)
			checkMatrices(t, truth, n, c, mode)
		}
	}
}

func checkSums(t *testing.T, n map[string]uint64, cpu int, mode string) {
	t.Helper()
	for _, s := range sums {
		var sum uint64
		for _, p := range s.parts {
			if _, ok := n[p]; !ok {
				t.Fatalf("the truth has no event %q", p)
			}
			sum += n[p]
		}
		if n[s.total] != sum {
			t.Errorf("CPU %d, %s: %s is %d, its parts %v are %d", cpu, mode, s.total, n[s.total], s.parts, sum)
		}
	}
}

// The matrices add up to the events.
func checkMatrices(t *testing.T, truth *plugin.Truth, n map[string]uint64, c plugin.CPU, mode string) {
	t.Helper()
	got := map[string]uint64{}
	for _, d := range truth.DRAM {
		if d.CPU != c.CPU || d.Mode != mode {
			continue
		}
		if d.CPUNode == d.MemoryNode {
			got["node-loads"] += d.Loads
			got["node-stores"] += d.Stores
		} else {
			got["node-load-misses"] += d.Loads
			got["node-store-misses"] += d.Stores
		}
	}
	for _, m := range truth.Moved {
		if m.To == c.CPU && m.Mode == mode {
			got["hitm-local"] += m.HITMLocal
			got["hitm-remote"] += m.HITMRemote
			got["rfo-hitm-local"] += m.RFOLocal
			got["rfo-hitm-remote"] += m.RFORemote
		}
	}
	for _, event := range []string{"node-loads", "node-load-misses", "node-stores", "node-store-misses", "hitm-local", "hitm-remote", "rfo-hitm-local", "rfo-hitm-remote"} {
		if got[event] != n[event] {
			t.Errorf("CPU %d, %s: %s is %d, its matrix adds up to %d", c.CPU, mode, event, n[event], got[event])
		}
	}
}
