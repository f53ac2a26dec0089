package hostinfo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
)

// drawn is a host drawn by what `numactl --hardware` prints of one: the
// kernel's files that it was made from are written back.
type drawn struct {
	online, possible string
	cpus             []string // by node, list format
	mib              []int
	distances        []string
	ids              []int
}

func (d drawn) roots(t *testing.T) collect.Roots {
	t.Helper()
	sys := filepath.Join(t.TempDir(), "sys")
	write := func(file, text string) {
		path := filepath.Join(sys, "devices/system", file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("node/online", d.online)
	write("node/possible", d.possible)
	var all []int
	for i, id := range d.ids {
		dir := fmt.Sprintf("node/node%d/", id)
		write(dir+"cpulist", d.cpus[i])
		write(dir+"meminfo", fmt.Sprintf("Node %d MemTotal: %d kB", id, d.mib[i]<<10))
		write(dir+"distance", d.distances[i])
		cpus, err := ParseList(d.cpus[i])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, cpus...)
	}
	slices.Sort(all)
	write("cpu/online", FormatList(all))
	return collect.Roots{Sys: sys, Proc: filepath.Join(sys, "proc")}
}

func TestDrawnHosts(t *testing.T) {
	for _, c := range []struct {
		name   string
		host   drawn
		from   int // distances of this node
		want   []int
		memory map[int]int64
		noCPUs []int
		says   string
	}{
		{
			name: "CXL memory beside a socket",
			host: drawn{"0-1", "0-1", []string{"0-16", ""}, []int{63678, 16122}, []string{"10 50", "50 10"}, []int{0, 1}},
			want: []int{10, 50}, memory: map[int]int64{0: 63678 << 20, 1: 16122 << 20}, noCPUs: []int{1},
		},
		{
			name: "three nodes said, two there",
			host: drawn{"0,2-3", "0-31", []string{"0-31", ""}, []int{31565, 0}, []string{"10 40", "40 10"}, []int{0, 2}},
			want: []int{10, 40}, memory: map[int]int64{0: 31565 << 20}, noCPUs: []int{2}, says: "node 3: ",
		},
		{
			name: "a node without anything",
			host: drawn{"0,2", "0-31", []string{"0-31", ""}, []int{31565, 0}, []string{"10 40", "40 10"}, []int{0, 2}},
			want: []int{10, 40}, noCPUs: []int{2}, says: "node 2: it has neither memory nor CPUs",
		},
		{
			name: "NPS4, SMT siblings far off",
			host: drawn{"0-7", "0-7", []string{"0-15,128-143", "16-31,144-159", "32-47,160-175", "48-63,176-191", "64-79,192-207", "80-95,208-223", "96-111,224-239", "112-127,240-255"},
				[]int{64306, 64502, 64502, 64447, 64502, 64502, 64502, 64492},
				[]string{"10 12 12 12 32 32 32 32", "12 10 12 12 32 32 32 32", "12 12 10 12 32 32 32 32", "12 12 12 10 32 32 32 32", "32 32 32 32 10 12 12 12", "32 32 32 32 12 10 12 12", "32 32 32 32 12 12 10 12", "32 32 32 32 12 12 12 10"},
				[]int{0, 1, 2, 3, 4, 5, 6, 7}},
			from: 4, want: []int{32, 32, 32, 32, 10, 12, 12, 12}, memory: map[int]int64{7: 64492 << 20},
		},
		{
			name: "persistent memory",
			host: drawn{"0-2", "0-2", []string{"0-1", "2-3", ""}, []int{968, 683, 256}, []string{"10 20 20", "20 10 20", "20 20 10"}, []int{0, 1, 2}},
			from: 2, want: []int{20, 20, 10}, memory: map[int]int64{2: 256 << 20}, noCPUs: []int{2},
		},
		{
			name: "every pair another value",
			host: drawn{"0-4", "0-4", []string{"0-1", "2-3", "4-5", "6-7", "8-9"}, []int{2927, 3023, 3023, 3023, 3022},
				[]string{"10 39 38 37 36", "39 10 38 37 36", "38 38 10 37 36", "37 37 37 10 36", "36 36 36 36 10"}, []int{0, 1, 2, 3, 4}},
			from: 2, want: []int{38, 38, 10, 37, 36},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			info, err := Read(c.host.roots(t))
			if err != nil {
				t.Fatal(err)
			}
			from, _ := info.Topology.NodeByID(c.from)
			if !slices.Equal(from.Distances, c.want) {
				t.Errorf("distances of node %d: %v, want %v", c.from, from.Distances, c.want)
			}
			for i, id := range c.host.ids {
				n, ok := info.Topology.NodeByID(id)
				if !ok || FormatList(n.CPUs) != c.host.cpus[i] || len(n.CPUs) == 0 != slices.Contains(c.noCPUs, id) {
					t.Errorf("node %d: %+v, want CPUs %q", id, n, c.host.cpus[i])
				}
				if want, is := c.memory[id]; is && n.MemoryBytes != want {
					t.Errorf("node %d has %d bytes, want %d", id, n.MemoryBytes, want)
				}
			}
			if c.says != "" && !says(info, c.says) {
				t.Errorf("nothing says %q: %+v", c.says, info.Unavailable)
			}
			if odd := "distances"; c.says == "" && says(info, odd) {
				t.Errorf("distances that are fine are called odd: %+v", info.Unavailable)
			}
		})
	}
}

// TestManyNodes has 64 nodes with holes between their numbers, more than one
// word of any mask.
func TestManyNodes(t *testing.T) {
	d := drawn{possible: "0-255"}
	for i := range 64 {
		d.ids = append(d.ids, 2*i)
		d.cpus = append(d.cpus, FormatList([]int{i, i + 64}))
		d.mib = append(d.mib, 1024)
		row := slices.Repeat([]string{"40"}, 64)
		row[i] = "10"
		d.distances = append(d.distances, strings.Join(row, " "))
	}
	d.online = FormatList(d.ids)
	info, err := Read(d.roots(t))
	if err != nil {
		t.Fatal(err)
	}
	topo := info.Topology
	if len(topo.Nodes) != 64 || len(topo.CPUs) != 128 || len(topo.Nodes[63].Distances) != 64 {
		t.Fatalf("%d nodes, %d CPUs", len(topo.Nodes), len(topo.CPUs))
	}
	if cpu, _ := topo.CPUByID(127); cpu.Node != 126 {
		t.Errorf("CPU 127 is of node %d, want 126", cpu.Node)
	}
	if says(info, "distances") {
		t.Errorf("%+v", info.Unavailable)
	}
}
