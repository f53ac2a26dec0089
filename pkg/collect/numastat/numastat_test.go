package numastat

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
)

var update = flag.Bool("update", false, "rewrite the goldens")

const hostsDir = "../../../testdata/hosts"

func openRoots(t testing.TB, roots collect.Roots) (collect.Collector, collect.Report) {
	t.Helper()
	info, err := hostinfo.Read(roots)
	if err != nil {
		t.Fatal(err)
	}
	c, report, err := Open(Options{Roots: roots, Nodes: info.Topology.Nodes})
	if err != nil {
		t.Fatal(err)
	}
	if c != nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, report
}

func hostRoots(name string) collect.Roots {
	return collect.Roots{Sys: filepath.Join(hostsDir, name, "sys"), Proc: filepath.Join(hostsDir, name, "proc")}
}

func TestGoldens(t *testing.T) {
	for _, name := range []string{"epyc-vm", "snc-2s4n", "memory-only-node"} {
		t.Run(name, func(t *testing.T) {
			c, report := openRoots(t, hostRoots(name))
			var got collecttest.Rows
			if err := c.Drain(&got); err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			for _, row := range got.Nodes {
				fmt.Fprintf(&b, "node %d\n", row.Node)
				for i, column := range report.NodeColumns {
					fmt.Fprintf(&b, "%s %d %v\n", column, row.Values[i], row.Valid[i])
				}
			}
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v: run go test with -update and read what it wrote", err)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("%s differs:\n%s", golden, b.Bytes())
			}
		})
	}
}

func TestRunningHost(t *testing.T) {
	if _, err := os.Stat("/sys/devices/system/node/node0/numastat"); err != nil {
		t.Skipf("[numa] this kernel lists no nodes: %v", err)
	}
	c, report := openRoots(t, collect.HostRoots())
	var got collecttest.Rows
	for range 2 {
		if err := c.Drain(&got); err != nil {
			t.Fatal(err)
		}
	}
	if len(got.Notes) > 0 {
		t.Errorf("notes %+v", got.Notes)
	}
	hit := slices.Index(report.NodeColumns, "numa_hit")
	total := slices.Index(report.NodeColumns, "meminfo.MemTotal")
	if hit < 0 || total < 0 {
		t.Fatalf("columns %v", report.NodeColumns)
	}
	for _, row := range got.Nodes {
		if i := slices.Index(row.Valid, false); i >= 0 {
			t.Errorf("node %d: %s is null", row.Node, report.NodeColumns[i])
		}
		if row.Values[total]%1024 != 0 || row.Values[total] < 1<<20 {
			t.Errorf("node %d has %d bytes", row.Node, row.Values[total])
		}
	}
	nodes := len(got.Nodes) / 2
	if got.Nodes[0].Values[hit] > got.Nodes[nodes].Values[hit] {
		t.Errorf("numa_hit fell from %d to %d", got.Nodes[0].Values[hit], got.Nodes[nodes].Values[hit])
	}
}

func TestNoNodesSaysWhy(t *testing.T) {
	c, report := openRoots(t, hostRoots("no-numa"))
	if c != nil {
		t.Error("a collector without nodes")
	}
	if len(report.Unavailable) != 3 || !strings.Contains(report.Unavailable[0].Why, "node0/numastat") {
		t.Errorf("unavailable %+v", report.Unavailable)
	}
}

// TestOldKernelWithoutVmstat: what is there is read.
func TestOldKernelWithoutVmstat(t *testing.T) {
	roots := copyHost(t, "snc-2s4n")
	for node := range 4 {
		if err := os.Remove(filepath.Join(roots.Sys, fmt.Sprintf("devices/system/node/node%d/vmstat", node))); err != nil {
			t.Fatal(err)
		}
	}
	c, report := openRoots(t, roots)
	var got collecttest.Rows
	if err := c.Drain(&got); err != nil || len(got.Nodes) != 4 || len(got.Notes) > 0 {
		t.Fatalf("%v, rows %+v, notes %+v", err, got.Nodes, got.Notes)
	}
	if !slices.Contains(report.NodeColumns, "numa_hit") || slices.Contains(report.NodeColumns, "vmstat.nr_free_pages") {
		t.Errorf("columns %v", report.NodeColumns)
	}
	if len(report.Unavailable) != 1 || report.Unavailable[0].Feature != "nodes: vmstat" {
		t.Errorf("unavailable %+v", report.Unavailable)
	}
}

func copyHost(t *testing.T, name string) collect.Roots {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(hostsDir, name))); err != nil {
		t.Skipf("[symlinks] this file system cannot hold the tree: %v", err)
	}
	return collect.Roots{Sys: filepath.Join(dir, "sys"), Proc: filepath.Join(dir, "proc")}
}

// TestKernelThatDoesNotCount: with vm.numa_stat=0 the files still show
// numbers, which stand still: they must not be recorded as counts.
func TestKernelThatDoesNotCount(t *testing.T) {
	roots := copyHost(t, "snc-2s4n")
	if err := os.MkdirAll(filepath.Join(roots.Proc, "sys/vm"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(roots.Proc, "sys/vm/numa_stat"), []byte("0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, report := openRoots(t, roots)
	if slices.Contains(report.NodeColumns, "numa_hit") || !slices.Contains(report.NodeColumns, "vmstat.nr_free_pages") {
		t.Errorf("columns %v", report.NodeColumns)
	}
	if len(report.Unavailable) != 1 || report.Unavailable[0].Remedy != "sysctl vm.numa_stat=1" {
		t.Errorf("unavailable %+v", report.Unavailable)
	}
	var got collecttest.Rows
	if err := c.Drain(&got); err != nil || len(got.Nodes) != 4 || len(got.Nodes[0].Values) != len(report.NodeColumns) {
		t.Errorf("%v, rows %+v", err, got.Nodes)
	}
}

// TestNodeGoesAndComesBack damages a node's file between drains.
func TestNodeGoesAndComesBack(t *testing.T) {
	roots := copyHost(t, "snc-2s4n")
	c, _ := openRoots(t, roots)
	file := filepath.Join(roots.Sys, "devices/system/node/node1/vmstat")
	sound, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got collecttest.Rows
	for _, content := range []string{"nr_free_pages what", "nr_free_pages what", string(sound)} {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := c.Drain(&got); err != nil {
			t.Fatal(err)
		}
	}
	if len(got.Nodes) != 3+3+4 {
		t.Errorf("%d rows, want 10", len(got.Nodes))
	}
	if len(got.Notes) != 2 || got.Notes[0].Kind != export.NoteDrop || got.Notes[1].Kind != export.NoteMark {
		t.Fatalf("notes %+v, want one that it went and one that it came", got.Notes)
	}
	if !strings.Contains(got.Notes[0].Text, "node 1 is not read") || !strings.Contains(got.Notes[0].Text, "what") {
		t.Errorf("note %q", got.Notes[0].Text)
	}
}

func TestDrainDoesNotAllocate(t *testing.T) {
	c, _ := openRoots(t, hostRoots("epyc-vm"))
	sink := collecttest.Discard{}
	if n := testing.AllocsPerRun(20, func() { c.Drain(sink) }); n > 0 {
		t.Errorf("%v allocations a drain", n)
	}
}

func BenchmarkDrain(b *testing.B) {
	if _, err := os.Stat("/sys/devices/system/node/node0/numastat"); err != nil {
		b.Skipf("[numa] this kernel lists no nodes: %v", err)
	}
	for _, reopen := range []bool{false, true} {
		name := "kept"
		if reopen {
			name = "reopened"
		}
		b.Run(name, func(b *testing.B) {
			c, _ := openRoots(b, collect.HostRoots())
			b.ReportAllocs()
			for b.Loop() {
				for _, n := range c.(*Collector).nodes {
					n.failed = n.failed || reopen
				}
				c.Drain(collecttest.Discard{})
			}
		})
	}
}
