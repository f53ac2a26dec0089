package sysfstree

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
	"github.com/numalens/numalens/pkg/numa"
)

// drawn is a tar of files that are written as "name: content", one a line.
func drawn(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for line := range strings.Lines(text) {
		name, content, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		content = strings.ReplaceAll(content, "|", "\n") + "\n"
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o444}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const twoNodes = `
h/proc/version: Linux version 6.1.0-9 (someone)
h/proc/cpuinfo: processor	: 0|model name	: A CPU
h/sys/devices/system/node/online: 0,2
h/sys/devices/system/node/possible: 0-3
h/sys/devices/system/node/node0/cpulist: 0-1
h/sys/devices/system/node/node0/distance: 10 21
h/sys/devices/system/node/node0/meminfo: Node 0 MemTotal:   1000 kB|Node 0 MemFree:   600 kB|Node 0 HugePages_Total: 3
h/sys/devices/system/node/node0/numastat: numa_hit 77|numa_miss 5
h/sys/devices/system/node/node2/cpumap: 00000000,0000000c
h/sys/devices/system/node/node2/distance: 21 10
h/sys/devices/system/node/node2/vmstat: nr_free_pages 9|nr_dirtied 8
h/sys/devices/system/cpu/cpu0/topology/core_id: 4
h/sys/devices/system/cpu/cpu0/topology/physical_package_id: 1
h/sys/devices/system/cpu/cpu0/topology/thread_siblings: 00000003
h/sys/devices/system/cpu/cpu0/cache/index0/level: 1
h/sys/devices/system/cpu/cpu0/cache/index0/size: 32K
h/sys/devices/system/cpu/cpu0/cache/index0/shared_cpu_list: 0-1
h/sys/devices/system/cpu/cpu0/cache/index0/coherency_line_size: 64
h/sys/devices/system/cpu/cpu0/node0/meminfo: Node 0 MemTotal: 999 kB
`

func TestATreeIsRead(t *testing.T) {
	text := drawn(t, twoNodes)
	if Format().Detect([]byte(text)) < 50 {
		t.Error("it is not detected")
	}
	k := importstest.Read(Format(), text)
	if k.Err != nil || len(k.Warnings) != 0 || len(k.Topologies) != 1 {
		t.Fatal(k.Err, k.Warnings)
	}
	for _, c := range []struct {
		node, name, column string
		value              float64
	}{{"0", "MemTotal", "meminfo.MemTotal", 1024000}, {"0", "numa_hit", "numa_hit", 77}, {"0", "HugePages_Total", "meminfo.HugePages_Total", 3}, {"2", "nr_free_pages", "vmstat.nr_free_pages", 9}} {
		f := k.Find(imports.ScopeNode, c.node, c.name)
		if len(f) != 1 || f[0].Value != c.value || f[0].Column != c.column {
			t.Errorf("%s of node %s: %+v", c.name, c.node, f)
		}
	}
	topology := k.Topologies[0]
	want := []numa.Node{{ID: 0, CPUs: []int{0, 1}, MemoryBytes: 1024000, Distances: []int{10, 21}}, {ID: 2, CPUs: []int{2, 3}, Distances: []int{21, 10}}}
	if fmt.Sprint(topology.Nodes) != fmt.Sprint(want) {
		t.Errorf("%+v", topology.Nodes)
	}
	first := topology.CPUs[0]
	if len(topology.CPUs) != 4 || first.Core != 4 || first.Socket != 1 || !slices.Equal(first.Siblings, []int{1}) || topology.CPUs[2].Node != 2 || topology.CPUs[2].Socket != numa.NotTold {
		t.Errorf("%+v", topology.CPUs)
	}
	if len(topology.Caches) != 1 || topology.Caches[0].SizeBytes != 32768 || topology.CacheLineBytes != 64 {
		t.Errorf("%+v", topology.Caches)
	}
	if k.Fact1(imports.FactKernel) != "6.1.0-9" || k.Fact1(imports.FactCPU) != "A CPU" {
		t.Errorf("%v", k.Facts)
	}
}

func TestOddTrees(t *testing.T) {
	for _, c := range []struct{ name, tree, warns, fails string }{
		{"an offline node's column", "node/possible: 0-1\nnode/online: 1\nnode/node1/distance: 21 10", "", ""},
		{"columns by number", "node/node0/distance: 10 20 30\nnode/node2/distance: 30 20 10", "", ""},
		{"columns of no one", "node/node0/distance: 10 20 10\nnode/node2/distance: 30 20 10", "left out", ""},
		{"all the same", "node/node0/distance: 10 10\nnode/node1/distance: 10 10", "can't be true", ""},
		{"CPUs everywhere", "node/node0/cpulist: 0-3\nnode/node1/cpulist: 0-3", "every node lists all of the 4 CPUs", ""},
		{"a node that is missing", "node/online: 0-1\nnode/node0/cpulist: 0", "[1] are online", ""},
		{"two trees", "a/node/node0/cpulist: 0\nb/node/node0/cpulist: 1", "several trees", ""},
		{"another node's memory", "node/node0/meminfo: Node 1 MemTotal: 4 kB", "", "of node 0"},
		{"text for numbers", "node/node0/numastat: numa_hit none", "", "node0/numastat"},
		{"no node", "node/readme: hello", "", "devices/system/node"},
		{"moved distances", "node/node0/distance: 1021", "", "distances between nodes"},
	} {
		k := importstest.Read(Format(), drawn(t, c.tree))
		if c.fails != "" && (k.Err == nil || !strings.Contains(k.Err.Error(), c.fails)) || c.fails == "" && k.Err != nil {
			t.Errorf("%s: %v", c.name, k.Err)
		}
		if got := fmt.Sprint(k.Warnings); c.warns == "" && len(k.Warnings) > 0 || !strings.Contains(got, c.warns) {
			t.Errorf("%s: warned %v", c.name, got)
		}
	}
}

// A directory gives what a tar of it gives.
func TestDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "copy")
	for line := range strings.Lines(twoNodes) {
		name, content, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "|", "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if In(filepath.Join(dir, "h/proc")) {
		t.Error("a directory without nodes is taken for a tree")
	}
	for _, place := range []string{"", "h", "h/sys", "h/sys/devices/system", "h/sys/devices/system/node"} {
		in, err := Input(filepath.Join(dir, place))
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		report, err := imports.Import(context.Background(), imports.Options{Formats: []imports.Format{Format()}, Root: out}, []imports.Input{in})
		if err != nil {
			t.Fatalf("%s: %v", place, err)
		}
		if n := report.Files[0].Figures; n != 11 {
			t.Errorf("%s: %d figures", place, n)
		}
	}
}

// Broken archives may be refused; they must not panic, or hang.
func TestBrokenInput(t *testing.T) {
	whole := []byte(drawn(t, twoNodes))
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		p := slices.Clone(whole)
		for range 1 + rnd.IntN(5) {
			switch at := rnd.IntN(len(p)); rnd.IntN(3) {
			case 0:
				p = p[:at+1]
			case 1:
				p[at] = "0123456789,- \x00\xffN"[rnd.IntN(16)]
			case 2:
				p = slices.Delete(p, at, min(len(p), at+rnd.IntN(600)))
				p = append(p, 0)
			}
		}
		Format().Detect(p)
		importstest.Read(Format(), string(p))
	}
}

// An archive that is cut gives what came before the cut.
func TestCut(t *testing.T) {
	whole := drawn(t, twoNodes)
	for _, c := range []struct {
		at    int
		warns string
	}{{len(whole) / 2 / 512 * 512, "no end mark"}, {len(whole)/2/512*512 + 100, "ends here before its end"}} {
		k := importstest.Read(Format(), whole[:c.at])
		if k.Err != nil || len(k.Figures) == 0 || !strings.Contains(fmt.Sprint(k.Warnings), c.warns) {
			t.Errorf("%v, %d figures, %v", k.Err, len(k.Figures), k.Warnings)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(drawn(f, twoNodes)))
	f.Fuzz(func(t *testing.T, p []byte) {
		Format().Detect(p)
		k := importstest.Read(Format(), string(p))
		for _, x := range k.Figures {
			if x.Line < 1 || x.Name == "" {
				t.Fatalf("%+v", x)
			}
		}
	})
}
