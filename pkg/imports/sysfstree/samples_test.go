package sysfstree

import (
	"compress/bzip2"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestFactsOfRealCaptures(t *testing.T) {
	type fact struct {
		node, name string
		value      float64
	}
	for _, c := range []struct {
		file      string
		cpus      int
		facts     []fact
		distances map[int][]int
		warns     []string
		also      func(t *testing.T, k *importstest.Kept)
	}{
		{"crirm_cpuallocator_sysfs", 80, []fact{{"1", "numa_miss", 4387790}, {"0", "numa_hit", 6163696979}}, map[int][]int{0: {10, 11, 21, 21}}, nil, func(t *testing.T, k *importstest.Kept) {
			want := []int{0, 1, 2, 5, 6, 10, 11, 12}
			if got := k.Topologies[0].Nodes[0].CPUs; !slices.Equal(got[:8], want) {
				t.Errorf("CPUs of node 0: %v", got)
			}
		}},
		{"hwloc_128arm-2pa2n8cluster4co", 128, []fact{{"2", "other_node", 1481336}}, map[int][]int{0: {10, 16, 32, 33}, 1: {16, 10, 25, 32}}, nil, nil},
		{"hwloc_64amd64-4s2n4ca2co", 64, []fact{{"5", "MemTotal", 8388608 << 10}, {"7", "MemTotal", 16760832 << 10}}, nil, nil, func(t *testing.T, k *importstest.Kept) {
			if d := k.Topologies[0].Nodes[0].Distances; len(d) != 8 || d[1] != 16 || d[3] != 22 {
				t.Errorf("distances of node 0: %v", d)
			}
		}},
		{"hwloc_8em64t-2s2ca2c-buggynuma", 8, []fact{{"2", "numa_miss", 368955}, {"1", "numa_foreign", 582205}}, nil, []string{"can't be true", "every node lists all of the 8 CPUs"}, nil},
		{"hwloc_96em64t-4no4pa3ca2co", 96, []fact{{"1", "other_node", 263002}}, nil, nil, func(t *testing.T, k *importstest.Kept) {
			if d := k.Topologies[0].Nodes[0].Distances; len(d) != 4 || d[1] != 26 {
				t.Errorf("distances of node 0: %v", d)
			}
			if n := k.Topologies[0].Nodes[0]; len(n.CPUs) != 24 {
				t.Errorf("CPUs of node 0: %v", n.CPUs)
			}
		}},
		{"hwloc_offline-cpu0-node0", 0, []fact{{"1", "numa_hit", 1333493827}}, map[int][]int{1: {10}}, nil, func(t *testing.T, k *importstest.Kept) {
			for _, f := range k.Find(imports.ScopeNode, "1", "distance") {
				if want := map[string]float64{"0": 21, "1": 10}[f.Labels["to"]]; f.Value != want {
					t.Errorf("%+v", f)
				}
			}
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			text, err := io.ReadAll(bzip2.NewReader(strings.NewReader(importstest.Sample(t, "sysfs_tree/"+c.file+".tar.bz2"))))
			if err != nil {
				t.Fatal(err)
			}
			if Format().Detect(text[:min(len(text), 64<<10)]) < 50 {
				t.Error("it is not detected")
			}
			k := importstest.Read(Format(), string(text))
			if k.Err != nil || len(k.Topologies) != 1 {
				t.Fatal(k.Err)
			}
			topology := k.Topologies[0]
			if c.cpus > 0 && len(topology.CPUs) != c.cpus {
				t.Errorf("%d CPUs", len(topology.CPUs))
			}
			for _, f := range c.facts {
				if got, ok := k.Value(imports.ScopeNode, f.node, f.name); !ok || got != f.value {
					t.Errorf("%s of node %s: %v, want %v", f.name, f.node, got, f.value)
				}
			}
			for id, want := range c.distances {
				if n, _ := topology.NodeByID(id); !slices.Equal(n.Distances, want) {
					t.Errorf("distances of node %d: %v", id, n.Distances)
				}
			}
			if len(k.Warnings) != len(c.warns) {
				t.Errorf("warnings %v", k.Warnings)
			}
			for i, words := range c.warns {
				if i < len(k.Warnings) && !strings.Contains(k.Warnings[i].Text, words) {
					t.Errorf("warned %q, want %q", k.Warnings[i].Text, words)
				}
			}
			if c.also != nil {
				c.also(t, k)
			}
		})
	}
}
