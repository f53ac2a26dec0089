package numactl

import (
	"fmt"
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

const mb = 1 << 20

// distance is one of the figures, -1 where it is not there once.
func distance(k *importstest.Kept, from, to string) float64 {
	var found []float64
	for _, f := range k.Find(imports.ScopeNode, from, "distance") {
		if f.Labels["to"] == to {
			found = append(found, f.Value)
		}
	}
	if len(found) != 1 {
		return -1
	}
	return found[0]
}

func TestFactsOfRealCaptures(t *testing.T) {
	type size struct {
		node, name string
		value      float64
	}
	type pair struct {
		from, to string
		value    float64
	}
	for _, c := range []struct {
		file      string
		nodes     int
		sizes     []size
		distances []pair
		also      func(t *testing.T, k *importstest.Kept)
	}{
		{"amd_cxl_two_fields_on_one_line.txt", 2, []size{{"0", "size", 63678}, {"0", "free", 59542}, {"1", "size", 16122}}, []pair{{"0", "1", 50}}, func(t *testing.T, k *importstest.Kept) {
			if n := k.Topologies[0].Nodes[1]; len(n.CPUs) != 0 || n.MemoryBytes != 16122*mb {
				t.Errorf("%+v", n)
			}
		}},
		{"available_3_but_2_listed.txt", 2, nil, []pair{{"0", "2", 40}}, func(t *testing.T, k *importstest.Kept) {
			if !k.Warned(1, "[3]") {
				t.Errorf("node 3 is not warned of: %v", k.Warnings)
			}
		}},
		{"epyc_8node_nps4_rocm.txt", 8, []size{{"5", "free", 54458}}, []pair{{"0", "4", 32}, {"4", "5", 12}}, func(t *testing.T, k *importstest.Kept) {
			want := []int{112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255}
			if got := k.Topologies[0].Nodes[7].CPUs; !slices.Equal(got, want) || len(k.Topologies[0].CPUs) != 256 {
				t.Errorf("node 7 has CPUs %v", got)
			}
		}},
		{"new_wide_columns_distance_only.txt", 2, nil, []pair{{"0", "1", 20}}, func(t *testing.T, k *importstest.Kept) {
			if len(k.Figures) != 4 {
				t.Errorf("%d figures", len(k.Figures))
			}
		}},
		{"pmem_node2_no_cpus.txt", 3, []size{{"2", "size", 256}, {"2", "free", 256}}, []pair{{"0", "1", 20}, {"2", "0", 20}, {"1", "2", 20}}, func(t *testing.T, k *importstest.Kept) {
			if len(k.Topologies[0].Nodes[2].CPUs) != 0 {
				t.Error("node 2 has CPUs")
			}
		}},
		{"vm_5node_ragged_distances.txt", 5, nil, []pair{{"0", "1", 39}, {"2", "4", 36}, {"3", "1", 37}}, func(t *testing.T, k *importstest.Kept) {
			if k.Fact1(imports.FactCommand) != "sudo numactl -H" {
				t.Errorf("command %q", k.Fact1(imports.FactCommand))
			}
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			text := importstest.Sample(t, "numactl/"+c.file)
			if Format().Detect([]byte(text)) < 50 {
				t.Error("it is not detected")
			}
			k := importstest.Read(Format(), text)
			if k.Err != nil || len(k.Topologies) != 1 || len(k.Topologies[0].Nodes) != c.nodes {
				t.Fatalf("%v, %+v", k.Err, k.Topologies)
			}
			for _, x := range c.sizes {
				if got, ok := k.Value(imports.ScopeNode, x.node, x.name); !ok || got != x.value*mb {
					t.Errorf("%s of node %s: %v, want %v MB", x.name, x.node, got/mb, x.value)
				}
			}
			for _, x := range c.distances {
				if got := distance(k, x.from, x.to); got != x.value {
					t.Errorf("distance from %s to %s: %v, want %v", x.from, x.to, got, x.value)
				}
			}
			c.also(t, k)
		})
	}
}

// A file that is cut anywhere gives what came before the cut, and no number
// that is not one of the whole file's.
func TestCutAnywhere(t *testing.T) {
	whole := "available: 2 nodes (0-1)\nnode 0 cpus: 0 1 2 3\nnode 0 size: 12345 MB\nnode 0 free: 6789 MB\nnode 1 cpus: 4 5 6 7\nnode 1 size: 23456 MB\nnode 1 free: 7891 MB\nnode distances:\nnode   0   1\n  0:  10  21\n  1:  21  10\n"
	said := func(f imports.Figure) string {
		return fmt.Sprint(f.Instance, f.Name, f.Labels["to"], f.Unit, f.Value)
	}
	known := map[string]bool{}
	for _, f := range importstest.Read(Format(), whole).Figures {
		known[said(f)] = true
	}
	for i := range whole {
		k := importstest.Read(Format(), whole[:i])
		for _, f := range k.Figures {
			if !known[said(f)] {
				t.Errorf("cut at %d: %+v", i, f)
			}
		}
		for _, topology := range k.Topologies {
			for _, n := range topology.Nodes {
				if n.MemoryBytes != 0 && n.MemoryBytes != 12345*mb && n.MemoryBytes != 23456*mb {
					t.Errorf("cut at %d: %+v", i, n)
				}
			}
		}
	}
}
