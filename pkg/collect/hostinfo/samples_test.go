package hostinfo

import (
	"archive/tar"
	"compress/bzip2"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
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
		unpackEntry(t, r, h, path)
	}
	return collect.Roots{Sys: sys, Proc: filepath.Join(filepath.Dir(sys), "proc")}
}

func unpackEntry(t *testing.T, r io.Reader, h *tar.Header, path string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if h.Typeflag == tar.TypeReg && err == nil {
		var f *os.File
		if f, err = os.Create(path); err == nil {
			_, err = io.Copy(f, r)
			err = errors.Join(err, f.Close())
		}
	}
	if h.Typeflag == tar.TypeDir && err == nil {
		err = os.MkdirAll(path, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestCapturedHosts reads trees of real machines, each with something of its
// own: files filled up with NUL, no lists of CPUs, nodes that are offline.
func TestCapturedHosts(t *testing.T) {
	for _, c := range []struct {
		name         string
		cpus         int
		nodes        []int
		first        []int // distances of the first node
		memory       map[int]int64
		missing      string
		socketOfNode map[int]int
	}{
		{name: "crirm_cpuallocator_sysfs", cpus: 80, nodes: []int{0, 1, 2, 3}, first: []int{10, 11, 21, 21}, socketOfNode: map[int]int{1: 0, 2: 1}},
		{name: "hwloc_128arm-2pa2n8cluster4co", cpus: 128, nodes: []int{0, 1, 2, 3}, first: []int{10, 16, 32, 33}},
		{name: "hwloc_64amd64-4s2n4ca2co", cpus: 64, nodes: []int{0, 1, 2, 3, 4, 5, 6, 7}, memory: map[int]int64{5: 8388608 << 10, 7: 16760832 << 10}},
		{name: "hwloc_8em64t-2s2ca2c-buggynuma", cpus: 8, nodes: []int{0, 1, 2, 3, 4, 5, 6, 7}, missing: "8 CPUs are listed by several nodes"},
		{name: "hwloc_96em64t-4no4pa3ca2co", cpus: 96, nodes: []int{0, 1, 2, 3}, first: []int{10, 26, 26, 26}},
		{name: "hwloc_offline-cpu0-node0", nodes: []int{1}, first: []int{10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			info, err := Read(unpackSample(t, c.name))
			if err != nil {
				t.Fatal(err)
			}
			topo := info.Topology
			var ids []int
			for _, n := range topo.Nodes {
				ids = append(ids, n.ID)
				if want, ok := c.memory[n.ID]; ok && n.MemoryBytes != want {
					t.Errorf("node %d has %d bytes, want %d", n.ID, n.MemoryBytes, want)
				}
			}
			if !slices.Equal(ids, c.nodes) || c.cpus != 0 && len(topo.CPUs) != c.cpus {
				t.Errorf("nodes %v and %d CPUs, want %v and %d", ids, len(topo.CPUs), c.nodes, c.cpus)
			}
			if c.first != nil && !slices.Equal(topo.Nodes[0].Distances, c.first) {
				t.Errorf("distances %v, want %v", topo.Nodes[0].Distances, c.first)
			}
			for node, socket := range c.socketOfNode {
				if got, ok := topo.SocketOfNode(node); !ok || got != socket {
					t.Errorf("node %d is of socket %d, want %d", node, got, socket)
				}
			}
			says := slices.ContainsFunc(info.Unavailable, func(u numa.Unavailable) bool { return strings.Contains(u.Why, c.missing) })
			if c.missing != "" && !says {
				t.Errorf("nothing says %q: %+v", c.missing, info.Unavailable)
			}
		})
	}
}
