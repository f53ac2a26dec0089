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

func TestDamagedNodeDirectoryIsAnError(t *testing.T) {
	for name, damage := range map[string]string{
		"devices/system/node/online":        "0-",
		"devices/system/node/node1/cpulist": "3-1",
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			roots := fixture("snc-2s4n")
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Dir(roots.Sys))); err != nil {
				t.Skipf("[symlinks] this file system cannot hold the tree: %v", err)
			}
			file := filepath.Join(dir, "sys", name)
			if err := os.WriteFile(file, []byte(damage), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Read(collect.Roots{Sys: filepath.Join(dir, "sys"), Proc: filepath.Join(dir, "proc")})
			if err == nil || !strings.Contains(err.Error(), file) {
				t.Errorf("error %v, want one that names %s", err, file)
			}
		})
	}
}
