package guest_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/tests/guest/programs/place/account"
)

// faultRow is what of the samples table is looked at.
type faultRow struct {
	TS      int64  `parquet:"ts"`
	Kind    string `parquet:"kind"`
	CPU     int32  `parquet:"cpu"`
	PID     int32  `parquet:"pid"`
	Addr    uint64 `parquet:"addr"`
	CPUNode *int32 `parquet:"cpu_node,optional"`
	MemNode *int32 `parquet:"mem_node,optional"`
	Weight  int64  `parquet:"weight"`
}

func (f faultRow) String() string {
	return fmt.Sprintf("%s of pid %d on CPU %d (node %s) at %#x, memory on node %s, weight %d", f.Kind, f.PID, f.CPU, node(f.CPUNode), f.Addr, node(f.MemNode), f.Weight)
}

func node(n *int32) string {
	if n == nil {
		return "unknown"
	}
	return fmt.Sprint(*n)
}

// faultsOf are the samples of a step, by page.
func (in *inside) faultsOf(s *account.Step) map[int][]faultRow {
	found := map[int][]faultRow{}
	for _, f := range in.faults {
		at := in.monotonic(f.TS)
		page, ok := s.Contains(f.Addr)
		if ok && int(f.PID) == in.account.PID && f.Kind == string(export.MinorFault) && at >= s.BeganNS && at <= s.EndedNS {
			found[page] = append(found[page], f)
		}
	}
	return found
}

// placement holds the kernel's two ways of telling where pages are against
// each other, and against what was asked for.
func (in *inside) placement(t *testing.T) {
	for _, s := range in.account.Steps {
		byNode := map[int]int{}
		for _, n := range s.On {
			byNode[n]++
		}
		if !maps.Equal(byNode, s.Maps) {
			t.Errorf("%s: pages by node are %v by move_pages and %v by numa_maps", s.Name, byNode, s.Maps)
		}
		if want := wanted(&s); !maps.Equal(byNode, want) {
			t.Errorf("%s: pages by node are %v, want %v", s.Name, byNode, want)
		}
	}
}

// wanted is where a step's pages belong.
func wanted(s *account.Step) map[int]int {
	all, last := len(s.On), insideNodes-1
	var n int
	switch {
	case s.Name == "interleave":
		spread := map[int]int{}
		for n := range insideNodes {
			spread[n] = all / insideNodes
		}
		return spread
	case s.Name == "huge pages", s.Name == "move":
		return map[int]int{last: all}
	case s.Name == "balance":
		return map[int]int{1: all}
	case strings.HasPrefix(s.Name, "to be "):
		return map[int]int{0: all}
	}
	if _, err := fmt.Sscanf(s.Name, "first touch on %d", &n); err != nil {
		fmt.Sscanf(s.Name, "bind to %d", &n)
	}
	return map[int]int{n: all}
}

// everyPageFaultsOnce holds the fault samples against the pages, one by one:
// who touched, from which node, and where the page is.
func (in *inside) everyPageFaultsOnce(t *testing.T) {
	for _, s := range in.account.Steps {
		if s.Name == "move" || s.Name == "balance" {
			continue
		}
		faults := in.faultsOf(&s)
		for page, on := range s.On {
			f := faults[page]
			if len(f) != 1 {
				t.Errorf("%s: page %d faulted once, and has %d samples: %v", s.Name, page, len(f), f)
				break
			}
			if int(f[0].CPU) != s.CPU || node(f[0].CPUNode) != fmt.Sprint(s.CPU/insideCPUs) || node(f[0].MemNode) != fmt.Sprint(on) || f[0].Weight != 1 {
				t.Errorf("%s: page %d was touched on CPU %d and is on node %d; the sample is a %v", s.Name, page, s.CPU, on, f[0])
				break
			}
		}
	}
}

// movedPagesDoNotFault: move_pages moves without the program's touching.
func (in *inside) movedPagesDoNotFault(t *testing.T) {
	if faults := in.faultsOf(in.step(t, "move")); len(faults) > 0 {
		t.Errorf("%d pages faulted while they were moved", len(faults))
	}
}

// balancedPages: a page migrates in a fault that balancing provoked, so that
// the last sample of a page tells where it went.
func (in *inside) balancedPages(t *testing.T) {
	s := in.step(t, "balance")
	faults := in.faultsOf(s)
	for page, on := range s.On {
		f := faults[page]
		if len(f) == 0 {
			t.Fatalf("page %d went to node %d without a fault", page, on)
		}
		if last := f[len(f)-1]; node(last.CPUNode) != "1" || node(last.MemNode) != fmt.Sprint(on) {
			t.Fatalf("page %d is on node %d; its last sample is a %v", page, on, last)
		}
	}
}
