package hostinfo

import (
	"archive/tar"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/collect/numastat"
	"github.com/numalens/numalens/pkg/numa"
)

// samplesVariable names the folder of other people's captures, which are not
// ours to copy into the repository.
const samplesVariable = "NUMALENS_SAMPLES"

// unpackSample unpacks one captured /sys and gives the roots within.
func unpackSample(t *testing.T, name string) collect.Roots {
	t.Helper()
	dir := os.Getenv(samplesVariable)
	if dir == "" {
		t.Skipf("[samples] %s does not name the folder of captured hosts", samplesVariable)
	}
	f, err := os.Open(filepath.Join(dir, "sysfs_tree", name+".tar.bz2"))
	if err != nil {
		t.Skipf("[samples] %v", err)
	}
	defer f.Close()
	root := t.TempDir()
	sys := ""
	for r := tar.NewReader(bzip2.NewReader(f)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, filepath.Clean("/"+h.Name))
		if i := strings.Index(path, "/sys/devices/"); sys == "" && i > 0 {
			sys = path[:i+4]
		}
		if h.Typeflag == tar.TypeReg && needed(path) {
			unpackEntry(t, r, path)
		}
	}
	return collect.Roots{Sys: sys, Proc: filepath.Join(filepath.Dir(sys), "proc")}
}

// needed are the files of a /sys that are read; the others are some thousand.
func needed(path string) bool {
	return slices.Contains([]string{
		"online", "possible", "cpulist", "cpumap", "distance", "meminfo", "numastat",
		"core_id", "physical_package_id", "thread_siblings", "thread_siblings_list",
		"level", "type", "size", "ways_of_associativity", "coherency_line_size", "shared_cpu_list", "shared_cpu_map",
	}, filepath.Base(path))
}

func unpackEntry(t *testing.T, r io.Reader, path string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		var f *os.File
		if f, err = os.Create(path); err == nil {
			_, err = io.Copy(f, r)
			err = errors.Join(err, f.Close())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// captured is what is known of one tree. The counts prove that the tree's
// numastat is read as well.
type captured struct {
	name         string
	cpus         int
	nodes        []int
	distances    map[int][]int
	cpusOf       map[int]string
	memory       map[int]int64
	caches       map[string]int // how many of a level, of how many CPUs each
	siblings     map[int][]int
	socketOfNode map[int]int
	counts       map[int]map[string]int64 // by node
	says         []string
}

var capturedHosts = []captured{
	{
		name: "crirm_cpuallocator_sysfs", cpus: 80, nodes: []int{0, 1, 2, 3},
		distances:    map[int][]int{0: {10, 11, 21, 21}},
		cpusOf:       map[int]string{0: "0-2,5-6,10-12,15-16,40-42,45-46,50-52,55-56"},
		caches:       map[string]int{"L2 of 2": 40, "L3 of 40": 2},
		siblings:     map[int][]int{0: {40}, 59: {19}},
		socketOfNode: map[int]int{1: 0, 2: 1},
		counts:       map[int]map[string]int64{0: {"numa_hit": 6163696979}, 1: {"numa_miss": 4387790}},
	},
	{
		name: "hwloc_128arm-2pa2n8cluster4co", cpus: 128, nodes: []int{0, 1, 2, 3},
		distances: map[int][]int{0: {10, 16, 32, 33}, 1: {16, 10, 25, 32}},
		caches:    map[string]int{"L1 of 1": 256, "L2 of 1": 128, "L3 of 32": 4},
		counts:    map[int]map[string]int64{2: {"other_node": 1481336}},
	},
	{
		name: "hwloc_64amd64-4s2n4ca2co", cpus: 64, nodes: []int{0, 1, 2, 3, 4, 5, 6, 7},
		distances: map[int][]int{0: {10, 16, 16, 22, 16, 22, 16, 22}},
		memory:    map[int]int64{5: 8388608 << 10, 7: 16760832 << 10},
		caches:    map[string]int{"L3 of 8": 8},
		siblings:  map[int][]int{0: {1}},
	},
	{
		name: "hwloc_8em64t-2s2ca2c-buggynuma", cpus: 8, nodes: []int{0, 1, 2, 3, 4, 5, 6, 7},
		counts: map[int]map[string]int64{1: {"numa_foreign": 582205}, 2: {"numa_miss": 368955}},
		says:   []string{"8 CPUs are listed by several nodes", "a distance to another node is more than 10"},
	},
	{
		name: "hwloc_96em64t-4no4pa3ca2co", cpus: 96, nodes: []int{0, 1, 2, 3}, // masks, no lists
		distances: map[int][]int{0: {10, 26, 26, 26}},
		cpusOf:    map[int]string{3: "72-95"},
		caches:    map[string]int{"L2 of 2": 48, "L3 of 6": 16},
		counts:    map[int]map[string]int64{1: {"other_node": 263002}},
	},
	{
		name: "hwloc_offline-cpu0-node0", cpus: 17, nodes: []int{1},
		distances: map[int][]int{1: {10}}, // of "21 10"
		counts:    map[int]map[string]int64{1: {"numa_hit": 1333493827}},
		says:      []string{"lists CPUs 1,3,21,23, which are not online", "no node lists CPUs 4,6,8,10,12,14,16,18,20"},
	},
}

// TestCapturedHosts reads trees of real machines, each with something of its
// own: files filled up with NUL, no lists of CPUs, nodes that are offline,
// impossible distances.
func TestCapturedHosts(t *testing.T) {
	for _, c := range capturedHosts {
		t.Run(c.name, func(t *testing.T) {
			roots := unpackSample(t, c.name)
			info, err := Read(roots)
			if err != nil {
				t.Fatal(err)
			}
			c.checkTopology(t, &info.Topology)
			c.checkCounts(t, roots, info.Topology.Nodes)
			for _, want := range c.says {
				if !says(info, want) {
					t.Errorf("nothing says %q: %+v", want, info.Unavailable)
				}
			}
			if c.says == nil && (says(info, "plausible") || says(info, "CPUs")) {
				t.Errorf("a sound topology is called odd: %+v", info.Unavailable)
			}
		})
	}
}

func (c captured) checkTopology(t *testing.T, topo *numa.Topology) {
	t.Helper()
	var ids []int
	for _, n := range topo.Nodes {
		ids = append(ids, n.ID)
		if want, is := c.memory[n.ID]; is && n.MemoryBytes != want {
			t.Errorf("node %d has %d bytes, want %d", n.ID, n.MemoryBytes, want)
		}
		if want, is := c.distances[n.ID]; is && !slices.Equal(n.Distances, want) {
			t.Errorf("distances of node %d: %v, want %v", n.ID, n.Distances, want)
		}
		if want, is := c.cpusOf[n.ID]; is && FormatList(n.CPUs) != want {
			t.Errorf("node %d has CPUs %s, want %s", n.ID, FormatList(n.CPUs), want)
		}
	}
	if !slices.Equal(ids, c.nodes) || len(topo.CPUs) != c.cpus {
		t.Errorf("nodes %v and %d CPUs, want %v and %d", ids, len(topo.CPUs), c.nodes, c.cpus)
	}
	caches := map[string]int{}
	for _, cache := range topo.Caches {
		caches[fmt.Sprintf("L%d of %d", cache.Level, len(cache.CPUs))]++
	}
	for what, want := range c.caches {
		if caches[what] != want {
			t.Errorf("%d caches %s, want %d: %v", caches[what], what, want, caches)
		}
	}
	for id, want := range c.siblings {
		if cpu, ok := topo.CPUByID(id); !ok || !slices.Equal(cpu.Siblings, want) {
			t.Errorf("CPU %d has siblings %v, want %v", id, cpu.Siblings, want)
		}
	}
	for node, socket := range c.socketOfNode {
		if got, ok := topo.SocketOfNode(node); !ok || got != socket {
			t.Errorf("node %d is of socket %d, want %d", node, got, socket)
		}
	}
}

func (c captured) checkCounts(t *testing.T, roots collect.Roots, nodes []numa.Node) {
	t.Helper()
	if c.counts == nil {
		return
	}
	collector, report, err := numastat.Open(numastat.Options{Roots: roots, Nodes: nodes})
	if err != nil || collector == nil {
		t.Fatalf("%v, %v: %+v", collector, err, report.Unavailable)
	}
	defer collector.Close()
	rows := &collecttest.Rows{}
	if err := collector.Drain(rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows.Nodes {
		for name, want := range c.counts[int(row.Node)] {
			i := slices.Index(report.NodeColumns, name)
			if i < 0 || !row.Valid[i] || row.Values[i] != want {
				t.Errorf("node %d: %s of %v is not %d", row.Node, name, report.NodeColumns, want)
			}
		}
	}
}
