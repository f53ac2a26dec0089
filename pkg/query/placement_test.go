package query_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
)

// TestPlacedMemoryByNode: bytes of all processes together, by node; a node
// without any has 0, which is known.
func TestPlacedMemoryByNode(t *testing.T) { placedMemory(t, 0) }

// TestPlacedEstimateIsSaid: what rests on random pages says so.
func TestPlacedEstimateIsSaid(t *testing.T) { placedMemory(t, 40) }

func placedMemory(t *testing.T, samples int64) {
	t.Helper()
	root := t.TempDir()
	topology := numa.Topology{CPUs: []numa.CPU{{ID: 0}, {ID: 1, Socket: 1, Node: 1}}, Nodes: []numa.Node{{ID: 0, CPUs: []int{0}}, {ID: 1, CPUs: []int{1}}}}
	m := export.Manifest{Host: "h", Run: "r", StartNS: 1e9, Topology: topology,
		Tables: []export.TableInfo{{Name: export.TablePlacement, PeriodNS: 5e9, Scopes: []string{"anonymous", "file"}}}}
	w, err := export.Create(export.WriterOptions{Root: root, KeepFreeBytes: -1}, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	for second := int64(5); second <= 20; second += 5 {
		for pid, node := range map[int32]int32{7: 0, 8: 0, 9: 1} {
			w.Placement(export.PlacementRow{TS: second * 1e9, PID: pid, Comm: "join", Node: node, Kind: export.PlacedAnonymous, PageBytes: 4096, Pages: 10 * second, Anon: -1, Dirty: -1, Samples: samples})
		}
	}
	if err := w.Seal(func(m *export.Manifest) { m.EndNS = 21e9 }); err != nil {
		t.Fatal(err)
	}
	s := directory(t, root)
	for metric, want := range map[string][2]float64{
		"placement.all":       {2 * 10 * 15 * 4096, 10 * 15 * 4096},
		"placement.anonymous": {2 * 10 * 15 * 4096, 10 * 15 * 4096},
		"placement.file":      {0, 0},
	} {
		g, err := s.Grid(context.Background(), query.Query{Metric: metric, By: query.ByNode, From: 15000, To: 20000})
		if err != nil {
			t.Fatalf("%s: %v", metric, err)
		}
		if len(g.Rows) != 2 || g.Columns != 1 || g.Values[0] != want[0] || g.Values[1] != want[1] {
			t.Errorf("%s: %v, want %v", metric, g.Values, want)
		}
		said := slices.ContainsFunc(g.Notices, func(s string) bool { return strings.Contains(s, "estimates") })
		if said != (samples > 0 && want[0] > 0) {
			t.Errorf("%s: notices %q", metric, g.Notices)
		}
	}
}
