package export

import (
	"reflect"
	"testing"
)

// What is summed by column, CPU and class is what a loop over the rows gives,
// from a tail and from sealed segments.
func TestAccessesAreSummed(t *testing.T) {
	root := t.TempDir()
	m := Manifest{Host: "h", Run: "r", StartNS: 1, EndNS: 10_000, Tables: []TableInfo{{Name: TableSamples, Scopes: []string{"load", "store"}}}}
	w, err := Create(WriterOptions{Root: root, KeepFreeBytes: -1}, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	edges := []int64{1000, 2000, 3500, 4000}
	class := func(src uint64) int { return int(src % 3) }
	want := map[int32]map[int]map[int]AccessSum{}
	for i := range 5000 {
		s := Sample{TS: int64(500 + i), Kind: []SampleKind{MemoryLoad, MemoryStore}[i%2], CPU: int32(i%5) - 1, CPUNode: -1, MemNode: -1, DataSrc: uint64(i % 7), Latency: int32(i % 4 * 100), Weight: int64(i%3 + 1)}
		w.Sample(s)
		if s.Kind != MemoryLoad || s.TS < 1000 || s.TS >= 4000 {
			continue
		}
		col := 0
		for s.TS >= edges[col+1] {
			col++
		}
		if want[s.CPU] == nil {
			want[s.CPU] = map[int]map[int]AccessSum{0: {}, 1: {}, 2: {}}
		}
		x := want[s.CPU][class(s.DataSrc)][col]
		x.Samples++
		x.Weight += s.Weight
		if s.Latency > 0 {
			x.Latency += int64(s.Latency) * s.Weight
			x.Timed += s.Weight
		}
		want[s.CPU][class(s.DataSrc)][col] = x
	}
	check := func(state string) {
		t.Helper()
		d, err := Dir(root)
		if err != nil {
			t.Fatal(err)
		}
		got, err := NewReader(d).Accesses(t.Context(), "h", "r", AccessesRequest{Kind: MemoryLoad, EdgesNS: edges, Class: class, Classes: 3})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.CPUs, []int32{-1, 0, 1, 2, 3}) {
			t.Fatalf("%s: %v", state, got.CPUs)
		}
		for i, cpu := range got.CPUs {
			for k, columns := range got.Sums[i] {
				for col, x := range columns {
					if x != want[cpu][k][col] {
						t.Errorf("%s: CPU %d, class %d, column %d: %+v, want %+v", state, cpu, k, col, x, want[cpu][k][col])
					}
				}
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	check("tail")
	if err := w.Seal(nil); err != nil {
		t.Fatal(err)
	}
	check("sealed")
}
