package softpmu

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// TestRows records three readings and two samples of a fake plugin.
func TestRows(t *testing.T) {
	c := &clocks{plugin: newPlugin(100)}
	o := options()
	o.Roots.Proc = procOf(t, 42, 40)
	collector, _ := c.open(t, o)
	var rows collecttest.Rows
	for step := range uint64(3) {
		c.ns = int64(step+1) * 1e8
		for cpu := range 2 {
			n := (step + 1) * uint64(cpu+1)
			c.publish(cpu, 1000*n, 500*n, 20*n, 3*n, n)
		}
		collector.Drain(&rows)
	}
	c.put(1, fakeSample{host: hostAhead + 350e6, ip: 0x401000, addr: 0x7f0000001040, phys: 1<<30 + 64, source: 0x1234, latency: 230, tid: 42, weight: 100})
	c.put(3, fakeSample{host: hostAhead + 360e6, ip: 0x401004, addr: 0x7f0000002040})
	c.ns = 4e8
	collector.Finish(&rows)
	golden(t, "rows", render(rows))
}

func render(rows collecttest.Rows) string {
	var b strings.Builder
	for _, r := range rows.Counters {
		fmt.Fprintf(&b, "counter %d %s %d group %d %v enabled %d running %d epoch %d\n", r.TS, r.Scope, r.Instance, r.Group, r.Values, r.Enabled, r.Running, r.Epoch)
	}
	for _, s := range rows.Samples {
		fmt.Fprintf(&b, "sample %+v\n", s)
	}
	for _, n := range rows.Notes {
		fmt.Fprintf(&b, "note %+v\n", n)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// procOf is a tree in which a thread belongs to a process.
func procOf(t *testing.T, tid, pid int) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, fmt.Sprint(tid)), 0o755); err != nil {
		t.Fatal(err)
	}
	status := fmt.Sprintf("Name:\twork\nTgid:\t%d\nPid:\t%d\n", pid, tid)
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(tid), "status"), []byte(status), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReport(t *testing.T) {
	for every, want := range map[uint64]numa.Rung{0: numa.Counters, 100: numa.LoadSamples} {
		c := &clocks{plugin: newPlugin(every)}
		collector, report := c.open(t, options())
		if report.Rung != want || len(report.Tables) != 1+min(int(every), 1) {
			t.Errorf("1 in %d sampled: rung %v, tables %+v", every, report.Rung, report.Tables)
		}
		if report.Emulated != "QEMU TCG; 4 nodes, LLC 1 MiB a socket, MESI; numalens-softpmu 1 (abc1234)" {
			t.Errorf("emulated: %q", report.Emulated)
		}
		if collector.Period() != 100*time.Millisecond || len(report.Groups) != 3 || len(report.Unavailable) != 0 {
			t.Errorf("period %v, %+v", collector.Period(), report)
		}
	}
}

func TestCPUsThatThePluginDoesNotCount(t *testing.T) {
	c := &clocks{plugin: newPlugin(0)}
	c.u32(12, 2)
	collector, report := c.open(t, options())
	if rows := c.drain(t, collector); len(rows.Counters) != 2*2*3 || len(report.Unavailable) != 2 {
		t.Errorf("%d rows, missing %+v", len(rows.Counters), report.Unavailable)
	}
}

// TestNoDevice: a normal host lacks nothing.
func TestNoDevice(t *testing.T) {
	shared := newPlugin(0)
	shared.u64(0, 0)
	for name, roots := range map[string]collect.Roots{
		"no PCI":             {Sys: t.TempDir(), Proc: t.TempDir()},
		"another device":     newPlugin(0).tree(t, "0x8086", "0x1110"),
		"another's ivshmem":  shared.tree(t, vendor, device),
		"ivshmem of nothing": (plugin{}).tree(t, vendor, device),
	} {
		o := options()
		o.Roots = roots
		c, report, err := Open(o)
		if c != nil || err != nil || len(report.Unavailable) != 0 || report.Emulated != "" {
			t.Errorf("%s: %v, %+v, %v", name, c, report, err)
		}
	}
}

func TestDeviceThatCannotBeUsed(t *testing.T) {
	p := newPlugin(0)
	p.u32(8, 7)
	o := options()
	o.Roots = p.tree(t, vendor, device)
	c, report, err := Open(o)
	if c != nil || err != nil || len(report.Unavailable) != 1 || !strings.Contains(report.Unavailable[0].Why, "version is 7") {
		t.Errorf("%v, %+v, %v", c, report, err)
	}
}

// TestFileTree finds and maps a device as the kernel shows it. Nobody answers
// the clock marker here: counters come all the same.
func TestFileTree(t *testing.T) {
	p := newPlugin(100)
	p.publish(3, 7, 6, 5, 4, 3)
	o := options()
	o.Roots = p.tree(t, vendor, device)
	c, report, err := Open(o)
	if err != nil || c == nil {
		t.Fatalf("%+v, %v", report, err)
	}
	defer c.Close()
	var rows collecttest.Rows
	if err := c.Finish(&rows); err != nil {
		t.Fatal(err)
	}
	last := rows.Counters[len(rows.Counters)-1]
	if last.Instance != 3 || last.Group != 4 || last.Values[0] != 3 {
		t.Errorf("last row %+v", last)
	}
	if report.Rung != numa.Counters || len(report.Unavailable) != 1 || !strings.Contains(report.Unavailable[0].Why, "clock") {
		t.Errorf("report %+v", report)
	}
}

func TestWrongUse(t *testing.T) {
	o := options()
	o.Hz = 0
	if _, _, err := Open(o); err == nil {
		t.Error("0 Hz was taken")
	}
	o = options()
	o.Topology = nil
	if _, _, err := Open(o); err == nil {
		t.Error("no topology was taken")
	}
}

// TestTornReadingsAreNoted: a plugin that died while it wrote fails them all,
// and is told of once in a while.
func TestTornReadingsAreNoted(t *testing.T) {
	c := &clocks{plugin: newPlugin(0)}
	collector, _ := c.open(t, options())
	c.drain(t, collector)
	c.u64(fakeCounters+fakeEach, 7) // CPU 1's sequence
	var rows collecttest.Rows
	for range 50 {
		c.ns += 1e8
		collector.Drain(&rows)
	}
	for _, r := range rows.Counters {
		if r.Instance == 1 {
			t.Fatalf("a torn reading: %+v", r)
		}
	}
	c.ns += 1e10
	collector.Drain(&rows)
	collector.Finish(&rows)
	lost := int64(0)
	for _, n := range rows.Notes {
		lost += n.Count
		if n.Kind != export.NoteDrop || n.Table != export.TableCounters {
			t.Errorf("note %+v", n)
		}
	}
	if len(rows.Notes) != 3 || lost != 52*3 {
		t.Errorf("%d rows lost in %+v", lost, rows.Notes)
	}
}

func TestCountsThatBeganAnew(t *testing.T) {
	c := &clocks{plugin: newPlugin(0)}
	collector, _ := c.open(t, options())
	c.publish(0, 100, 50, 9, 9, 9)
	c.drain(t, collector)
	c.publish(0, 10, 5, 1, 1, 1) // armed again
	rows := c.drain(t, collector)
	if r := rows.Counters[0]; r.Epoch != 1 || r.Values[0] != 10 {
		t.Errorf("after a new beginning: %+v", r)
	}
	c.publish(0, 1<<63, 5, 1, 1, 1)
	rows = c.drain(t, collector)
	if r := rows.Counters[0]; r.Instance != 1 || len(rows.Notes) != 1 {
		t.Errorf("no column holds 1<<63: %+v, notes %+v", r, rows.Notes)
	}
}
