package export

import (
	"context"
	"slices"
	"testing"
)

// placementRun writes looks at two processes: one every 5 s on two nodes, the
// other ending after its second.
func placementRun(t *testing.T, seal bool) Files {
	t.Helper()
	root := t.TempDir()
	m := Manifest{Host: "h", Run: "r", StartNS: 1e9, Tables: []TableInfo{{Name: TablePlacement, PeriodNS: 5e9, Scopes: []string{"anonymous", "file"}}}}
	w, err := Create(WriterOptions{Root: root, KeepFreeBytes: -1}, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	row := func(second int64, pid int32, node int32, kind PlacementKind, pages, samples int64) {
		w.Placement(PlacementRow{TS: second * 1e9, PID: pid, Comm: "join", Node: node, Kind: kind, PageBytes: 4096, Pages: pages, Anon: -1, Dirty: -1, Samples: samples})
	}
	for second := int64(10); second <= 30; second += 5 {
		row(second, 7, 0, PlacedAnonymous, second, 0)
		row(second, 7, 1, PlacedFile, 3, 0)
		if second <= 15 {
			row(second, 8, 1, PlacedAnonymous, 100, 40)
			row(second, 8, -1, PlacedAnonymous, 1, 1)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if seal {
		if err := w.Seal(func(m *Manifest) { m.EndNS = 31e9 }); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestPlacement(t *testing.T) {
	for name, seal := range map[string]bool{"tail": false, "sealed": true} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(placementRun(t, seal))
			// Columns: before the first look, the first, between two, the third,
			// the last, and long after.
			edges := []int64{0, 10e9, 11e9, 12e9, 20e9 + 1, 31e9, 100e9, 200e9}
			p, err := r.Placement(context.Background(), "h", "r", PlacementRequest{EdgesNS: edges})
			if err != nil {
				t.Fatal(err)
			}
			if want := []PlacedProcess{{7, "join"}, {8, "join"}}; !slices.Equal(p.Processes, want) || !slices.Equal(p.Nodes, []int32{-1, 0, 1}) {
				t.Fatalf("processes %v on nodes %v", p.Processes, p.Nodes)
			}
			if want := []bool{false, true, true, true, true, true, false}; !slices.Equal(p.Valid[0], want) {
				t.Errorf("process 7 is known in %v, want %v", p.Valid[0], want)
			}
			if want := []int64{0, 10 << 12, 10 << 12, 20 << 12, 30 << 12, 30 << 12, 0}; !slices.Equal(p.Bytes[0][1], want) {
				t.Errorf("process 7 on node 0: %v, want %v", p.Bytes[0][1], want)
			}
			// It ended after 15 s; the column up to 20 s still holds that look.
			if want := []bool{false, true, true, true, true, false, false}; !slices.Equal(p.Valid[1], want) || !p.Estimated[1][1] || p.Estimated[0][1] {
				t.Errorf("process 8 is known in %v, want %v; estimated %v", p.Valid[1], want, p.Estimated)
			}
			if p.Bytes[1][0][1] != 4096 || p.Bytes[1][2][1] != 100<<12 {
				t.Errorf("process 8: %v", p.Bytes[1])
			}
		})
	}
}

func TestPlacementGauges(t *testing.T) {
	r := NewReader(placementRun(t, true))
	g, err := r.Gauges(context.Background(), "h", "r", GaugesRequest{Table: TablePlacement, Columns: []string{PlacementAll, "file"}, EdgesNS: []int64{5e9, 10e9, 15e9, 20e9}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(g.Instances, []int32{0, 1}) || !slices.Equal(g.Series[0].Values, []int64{0, 10 << 12, 15 << 12, 0, 103 << 12, 103 << 12}) ||
		!slices.Equal(g.Series[1].Values, []int64{0, 0, 0, 0, 3 << 12, 3 << 12}) || !slices.Equal(g.Series[1].Valid, []bool{false, true, true, false, true, true}) {
		t.Errorf("%+v", g)
	}
}

func TestPlacementNulls(t *testing.T) {
	root := t.TempDir()
	w, err := Create(WriterOptions{Root: root, KeepFreeBytes: -1}, Manifest{Host: "h", Run: "r", StartNS: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Placement(PlacementRow{TS: 5, PID: 1, Node: -1, Kind: PlacedHeap, PageBytes: 4096, Pages: 2, Anon: -1, Dirty: 0})
	if err := w.Seal(nil); err != nil {
		t.Fatal(err)
	}
	files, err := Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewReader(files).Manifest(context.Background(), "h", "r")
	if err != nil {
		t.Fatal(err)
	}
	f, err := files.Open(context.Background(), "h/r/"+m.Segments[0].File)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = eachChunk(f, m.Segments[0], []string{"comm", "node", "policy", "anon", "dirty", "samples"}, func(rows int, cols []vector) error {
		for i, null := range []bool{true, true, true, true, false, true} {
			if rows != 1 || cols[i].isNull(0) != null {
				t.Errorf("column %d of %d rows is null: %v, want %v", i, rows, cols[i].isNull(0), null)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
