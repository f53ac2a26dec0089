package hostinfo

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/numa"
)

var update = flag.Bool("update", false, "rewrite the goldens")

const hostsDir = "../../../testdata/hosts"

func fixture(name string) collect.Roots {
	return collect.Roots{Sys: filepath.Join(hostsDir, name, "sys"), Proc: filepath.Join(hostsDir, name, "proc")}
}

func readFixture(t *testing.T, name string) *Info {
	t.Helper()
	info, err := Read(fixture(name))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// TestGoldens describes every tree of testdata/hosts.
func TestGoldens(t *testing.T) {
	entries, err := os.ReadDir(hostsDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			info := readFixture(t, e.Name())
			// These two are the running machine's, not the tree's.
			info.Arch, info.Topology.PageBytes = "", 0
			got, err := json.MarshalIndent(info, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			got = append(bytes.ReplaceAll(got, []byte(hostsDir), []byte("HOSTS")), '\n')
			golden := filepath.Join("testdata", e.Name()+".json")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v: run go test with -update and read what it wrote", err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs:\n%s", golden, got)
			}
		})
	}
}

func TestPlacesWithSubNUMAClusters(t *testing.T) {
	topo := readFixture(t, "snc-2s4n").Topology
	for _, c := range []struct {
		cpu, node int
		want      numa.Place
	}{{0, 0, numa.OwnNode}, {4, 1, numa.SameSocket}, {4, 2, numa.OtherSocket}, {7, 3, numa.OwnNode}} {
		cpu, ok := topo.CPUByID(c.cpu)
		if !ok {
			t.Fatalf("no CPU %d", c.cpu)
		}
		if got := topo.PlaceOf(cpu.Node, c.node); got != c.want {
			t.Errorf("node %d from CPU %d: %v, want %v", c.node, c.cpu, got, c.want)
		}
	}
}

func TestNodeOfAddress(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		host string
		addr uint64
		node int
		ok   bool
	}{
		{"snc-2s4n", 0, 0, true},
		{"snc-2s4n", 3 * gib, 0, false}, // the hole
		{"snc-2s4n", 4 * gib, 0, true},
		{"snc-2s4n", 11*gib - 1, 3, true},
		{"memory-only-node", 20 * gib, 2, true},
		{"shared-block", 2*gib - 1, 0, true},
		{"shared-block", 2 * gib, 0, false}, // two nodes claim it
		{"shared-block", 3 * gib, 1, true},
		{"epyc-vm", 0x123456789, 0, true},
		{"no-numa", 0x123456789, 0, true},
	} {
		topo := readFixture(t, c.host).Topology
		if node, ok := topo.NodeOfAddress(c.addr); node != c.node || ok != c.ok {
			t.Errorf("%s: address %#x is of node %d (%v), want %d (%v)", c.host, c.addr, node, ok, c.node, c.ok)
		}
	}
}

// TestRunningHost reads the machine that runs the test.
func TestRunningHost(t *testing.T) {
	info, err := Read(collect.HostRoots())
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Topology.CPUs) == 0 || len(info.Topology.Nodes) == 0 {
		t.Fatalf("found %d CPUs and %d nodes", len(info.Topology.CPUs), len(info.Topology.Nodes))
	}
	for _, s := range []string{info.Host, info.Kernel, info.Arch, info.BootID, info.Pinning.CPUs} {
		if s == "" {
			t.Errorf("something is not known of this host: %+v", info)
		}
	}
	for _, cpu := range info.Topology.CPUs {
		node, ok := info.Topology.NodeByID(cpu.Node)
		if !ok || !slices.Contains(node.CPUs, cpu.ID) {
			t.Errorf("CPU %d says node %d, which does not list it", cpu.ID, cpu.Node)
		}
	}
}

func TestReadOfEmptyTreeNamesWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	_, err := Read(collect.Roots{Sys: dir, Proc: dir})
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "devices/system/cpu/online")) {
		t.Errorf("error %v, want one that names the file", err)
	}
}

// change copies a fixture and writes over files of it; "" removes one.
func change(t *testing.T, name string, files map[string]string) collect.Roots {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Dir(fixture(name).Sys))); err != nil {
		t.Skipf("[symlinks] this file system cannot hold the tree: %v", err)
	}
	for file, text := range files {
		path := filepath.Join(dir, file)
		if text == "" {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return collect.Roots{Sys: filepath.Join(dir, "sys"), Proc: filepath.Join(dir, "proc")}
}

// says finds text in what a host could not tell.
func says(info *Info, text string) bool {
	return slices.ContainsFunc(info.Unavailable, func(u numa.Unavailable) bool { return strings.Contains(u.Feature+": "+u.Why, text) })
}

// TestDamagedTrees: the rest of the host is described, and what is odd is
// said.
func TestDamagedTrees(t *testing.T) {
	const node, cpu = "sys/devices/system/node/", "sys/devices/system/cpu/"
	for _, c := range []struct {
		what  string
		files map[string]string
		want  string
		nodes []int
		cpus1 []int // of node 1
	}{
		{"list of nodes runs on", map[string]string{node + "online": "0-"}, "node/online: list", []int{0, 1, 2, 3}, []int{1, 5}},
		{"list of CPUs runs on", map[string]string{cpu + "online": "0-7-9"}, "cpu/online: list", []int{0, 1, 2, 3}, []int{1, 5}},
		{"a node's list runs backwards", map[string]string{node + "node1/cpulist": "3-1", node + "node1/cpumap": "00000022"}, "node1/cpulist: list", []int{0, 1, 2, 3}, []int{1, 5}},
		{"a node has links only", map[string]string{node + "node1/cpulist": "", node + "node1/cpu1/x": "x", node + "node1/cpu5/x": "x"}, "", []int{0, 1, 2, 3}, []int{1, 5}},
		{"a listed node is not there", map[string]string{node + "node1": ""}, "node 1: ", []int{0, 2, 3}, nil},
		{"a node lists absent CPUs", map[string]string{node + "node1/cpulist": "1,5,90-91"}, "CPUs 90-91, which are not online", []int{0, 1, 2, 3}, []int{1, 5}},
		{"no node has a CPU", map[string]string{node + "node1/cpulist": "1"}, "no node lists CPUs 5", []int{0, 1, 2, 3}, []int{1}},
		{"a row is short", map[string]string{node + "node1/distance": "12 10 21"}, "3 distances for 4 nodes", []int{0, 1, 2, 3}, []int{1, 5}},
		{"a row has words", map[string]string{node + "node1/distance": "12 ten 21 21"}, `"ten" is not a number`, []int{0, 1, 2, 3}, []int{1, 5}},
		{"no row", map[string]string{node + "node1/distance": ""}, "nodes 1 tell none", []int{0, 1, 2, 3}, []int{1, 5}},
		{"own is far", map[string]string{node + "node1/distance": "12 20 21 21"}, "to itself is 10, but 1→1 is 20", []int{0, 1, 2, 3}, []int{1, 5}},
		{"another is near", map[string]string{node + "node1/distance": "9 10 21 21"}, "1→0 is 9", []int{0, 1, 2, 3}, []int{1, 5}},
		{"not the same both ways", map[string]string{node + "node1/distance": "12 10 21 40"}, "1→3 is 40, back 21", []int{0, 1, 2, 3}, []int{1, 5}},
		{"no size", map[string]string{node + "node1/meminfo": "Node 1 MemTotal: lots kB"}, "memory of node 1", []int{0, 1, 2, 3}, []int{1, 5}},
		{"isolated is noise", map[string]string{cpu + "isolated": "\x01"}, "cpu/isolated: list", []int{0, 1, 2, 3}, []int{1, 5}},
	} {
		t.Run(c.what, func(t *testing.T) {
			info, err := Read(change(t, "snc-2s4n", c.files))
			if err != nil {
				t.Fatal(err)
			}
			if c.want != "" && !says(info, c.want) {
				t.Errorf("nothing says %q: %+v", c.want, info.Unavailable)
			}
			var nodes []int
			for _, n := range info.Topology.Nodes {
				nodes = append(nodes, n.ID)
			}
			if one, _ := info.Topology.NodeByID(1); !slices.Equal(nodes, c.nodes) || !slices.Equal(one.CPUs, c.cpus1) {
				t.Errorf("nodes %v, CPUs of node 1 %v; want %v and %v", nodes, one.CPUs, c.nodes, c.cpus1)
			}
		})
	}
}

func TestCPUOfNoNodeIsNotGivenOne(t *testing.T) {
	info, err := Read(change(t, "snc-2s4n", map[string]string{"sys/devices/system/node/node1/cpulist": "1"}))
	if err != nil {
		t.Fatal(err)
	}
	if cpu, _ := info.Topology.CPUByID(5); cpu.Node != -1 {
		t.Errorf("node %d, want -1", cpu.Node)
	}
}
