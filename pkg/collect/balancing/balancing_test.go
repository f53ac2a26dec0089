package balancing

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

func proc(t *testing.T, vmstat, mode string) collect.Roots {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"vmstat": vmstat, "sys/kernel/numa_balancing": mode} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return collect.Roots{Proc: dir}
}

const vmstat = "nr_free_pages 5\nnuma_hint_faults 40\nnuma_hint_faults_local 30\nnuma_pages_migrated 8\npgmigrate_success 9\npgmigrate_fail 1\n"

func TestCounts(t *testing.T) {
	c, report, err := Open(Options{Roots: proc(t, vmstat, "1\n"), FirstGroup: 3})
	if err != nil || c == nil {
		t.Fatalf("%v: %+v", err, report.Unavailable)
	}
	defer c.Close()
	if report.Rung != numa.HintFaults || len(report.Groups) != 1 || len(report.Groups[0].Events) != 5 || len(report.Unavailable) != 0 {
		t.Errorf("%+v", report)
	}
	rows := &collecttest.Rows{}
	if err := c.Drain(rows); err != nil {
		t.Fatal(err)
	}
	if r := rows.Counters[0]; r.Scope != export.ScopeHost || r.Group != 3 || !slices.Equal(r.Values, []int64{40, 30, 8, 9, 1}) {
		t.Errorf("%+v", r)
	}
}

// TestOffProvesNothing: the counts are there, the evidence is not.
func TestOffProvesNothing(t *testing.T) {
	c, report, err := Open(Options{Roots: proc(t, vmstat, "0\n")})
	if err != nil || c == nil || report.Rung != numa.NoRung {
		t.Fatalf("%v, %v, rung %v", c, err, report.Rung)
	}
	c.Close()
}

func TestKernelWithoutBalancing(t *testing.T) {
	c, report, err := Open(Options{Roots: proc(t, "pgmigrate_success 9\n", "")})
	if err != nil || c == nil || len(report.Unavailable) != 1 || len(report.Groups[0].Events) != 1 {
		t.Fatalf("%v, %v, %+v", c, err, report)
	}
	c.Close()
	for _, roots := range []collect.Roots{proc(t, "nr_free_pages 5\n", ""), {Proc: t.TempDir()}} {
		if c, report, err := Open(Options{Roots: roots}); c != nil || err != nil || len(report.Unavailable) != 1 {
			t.Errorf("%v, %v, %+v", c, err, report)
		}
	}
}

func TestFind(t *testing.T) {
	for text, want := range map[string]int64{
		"numa_hint_faults_local 7\nnuma_hint_faults 3\n": 3,
		"numa_hint_faults x\n":                           -1,
		"numa_hint_faults -4\n":                          -1,
		"":                                               -1,
	} {
		got, ok := find([]byte(text), "numa_hint_faults")
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestRunningKernel(t *testing.T) {
	c, report, err := Open(Options{Roots: collect.HostRoots()})
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		t.Skipf("[numa] %+v", report.Unavailable)
	}
	defer c.Close()
	rows := &collecttest.Rows{}
	if err := c.Finish(rows); err != nil || len(rows.Counters) != 1 {
		t.Errorf("%d rows, %v", len(rows.Counters), err)
	}
}

func BenchmarkDrain(b *testing.B) {
	c, _, err := Open(Options{Roots: collect.HostRoots()})
	if err != nil || c == nil {
		b.Skip("[numa] this kernel has no such counts")
	}
	defer c.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Drain(collecttest.Discard{}); err != nil {
			b.Fatal(err)
		}
	}
}
