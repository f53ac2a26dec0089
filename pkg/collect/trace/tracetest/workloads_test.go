package tracetest

import (
	"bytes"
	"os"
	"reflect"
	"testing"
)

// The workload of the heap wants it said first.
func init() { SampleAll() }

func begin(t *testing.T) *Account {
	t.Helper()
	a, err := Begin()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAccountsHoldTogether runs what needs no privilege. That the kernel did
// the same is for the tests of who watches.
func TestAccountsHoldTogether(t *testing.T) {
	a := begin(t)
	for name, do := range map[string]func() error{
		"messages": func() error { return a.Messages(3) },
		"remote":   func() error { return a.RemoteMessages(9) },
		"storm":    func() error { return a.Storm(15, 12) },
		"pages":    a.Touch,
		"moves":    a.MovePages,
		"growths":  func() error { a.Grow(2, 100); return nil },
		"heap":     func() error { return a.Allocate(20) }, // and the runtime's profile agrees
	} {
		if err := do(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, b := range a.Kmalloc {
		if b.TID == 0 || b.EndedNS < b.BeganNS || b.Count == 0 || b.CPU >= 0 && b.Node != a.Machine.NodeOfCPU(b.CPU) {
			t.Errorf("batch %+v", b)
		}
	}
	for _, p := range a.Pages {
		for i, on := range p.On {
			if on < 0 || len(p.Frames) != len(p.On) || os.Geteuid() == 0 && p.Frames[i] == 0 {
				t.Fatalf("%s: page %d of %d is on node %d, frame %#x", p.Name, i, len(p.On), on, p.Frames[i])
			}
		}
	}
	var text bytes.Buffer
	if err := a.Write(&text); err != nil {
		t.Fatal(err)
	}
	if again, err := Read(&text); err != nil || !reflect.DeepEqual(again, a) {
		t.Errorf("an account is not the same when it is read: %v", err)
	}
}

// TestGrowthsFollowEachOther: what one growth leaves is what the next begins
// with, or a new slice.
func TestGrowthsFollowEachOther(t *testing.T) {
	a := begin(t)
	a.Grow(3, 200)
	last := map[int64]Growth{}
	for i, g := range a.Growths {
		before, later := last[g.Goroutine]
		switch {
		case g.NewLength <= g.OldLength || g.NewCapacity < g.NewLength || g.NewPointer == 0 || g.NewPointer == g.OldPointer:
			t.Fatalf("growth %d: %+v", i, g)
		case g.OldCapacity == 0 && g.OldPointer == 0 && g.OldLength == 0:
		case !later || before.NewPointer != g.OldPointer || before.NewCapacity != g.OldCapacity || before.ElementSize != g.ElementSize:
			t.Fatalf("growth %d: %+v, after %+v", i, g, before)
		}
		last[g.Goroutine] = g
	}
	if len(last) != 3 || len(a.Growths) < 600 {
		t.Errorf("%d growths of %d goroutines", len(a.Growths), len(last))
	}
}

func TestTheMachineIsRead(t *testing.T) {
	m := begin(t).Machine
	if len(m.Nodes) == 0 || len(m.Nodes[0].CPUs) == 0 || m.Kernel == "" || m.PageBytes != os.Getpagesize() {
		t.Errorf("%+v", m)
	}
	two := Machine{Nodes: []Node{{ID: 0, CPUs: []int{0}}, {ID: 1, CPUs: []int{1}}}, Memory: []Range{{0, 0, 100}, {1, 100, 200}}}
	for address, want := range map[uint64]int{0: 0, 99: 0, 100: 1, 199: 1} {
		if node, ok := two.NodeOfPhysical(address); !ok || node != want {
			t.Errorf("%d is on node %d, %v; want %d", address, node, ok, want)
		}
	}
	if _, ok := two.NodeOfPhysical(200); ok {
		t.Error("memory that is not there has a node")
	}
	if two.NodeOfCPU(1) != 1 || two.NodeOfCPU(2) != -1 || two.next(1) != 0 {
		t.Errorf("CPU 1 is on %d, CPU 2 on %d; after node 1 comes %d", two.NodeOfCPU(1), two.NodeOfCPU(2), two.next(1))
	}
}

func TestTracefsIsParsed(t *testing.T) {
	for line, want := range map[string]told{
		"           alloc-243     [006] .....    12.345678: clflush_cache_range: (clflush_cache_range+0x0/0x50) from=0xffff88806128bfa0 size=16": {
			comm: "alloc", tid: 243, cpu: 6, atNS: 12345678000, event: "clflush_cache_range", fields: map[string]string{"from": "0xffff88806128bfa0", "size": "16"}},
		" web server-1-77    [010] d..2.     0.000001: sched_move_numa: pid=77 tgid=70 ngid=0 src_cpu=1 src_nid=0 dst_cpu=3 dst_nid=1": {
			comm: "web server-1", tid: 77, cpu: 10, atNS: 1000, event: "sched_move_numa",
			fields: map[string]string{"pid": "77", "tgid": "70", "ngid": "0", "src_cpu": "1", "src_nid": "0", "dst_cpu": "3", "dst_nid": "1"}},
	} {
		got, ok := parseTold(line)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nis %+v, %v; want %+v", line, got, ok, want)
		}
	}
	for _, line := range []string{"", "# tracer: nop", "CPU:1 [LOST 12 EVENTS]", "x-1 [0]"} {
		if e, ok := parseTold(line); ok {
			t.Errorf("%q is taken for %+v", line, e)
		}
	}
	e, _ := parseTold("x-1 [000] ..... 1.000000: e: a=0xffffffffffffffff b=-3 c=nothing")
	if e.address("a") != 1<<64-1 || e.number("b") != -3 || e.number("c") != 0 || e.address("d") != 0 {
		t.Errorf("%+v", e)
	}
}
