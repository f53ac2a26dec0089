package tracetest_test

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/sampling"
	"github.com/numalens/numalens/pkg/collect/trace"
	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/collect/trace/tracetest/audit"
	"github.com/numalens/numalens/pkg/export"
)

const stormVariable = "NUMALENS_TEST_STORM"

// TestMain: this binary is also the workload.
func TestMain(m *testing.M) {
	if os.Getenv(stormVariable) == "" {
		os.Exit(m.Run())
	}
	a, err := tracetest.Begin()
	if err == nil {
		err = a.Storm(100, 15_000)
	}
	if err == nil {
		err = a.Write(os.Stdout)
	}
	if err != nil {
		panic(err)
	}
}

// runs of the same workload are the seeds: the kernel's coins cannot be set.
const (
	runs  = 20
	every = 50
)

// TestSampledSumsAreUnbiased holds the weighted sums of 20 runs, by size,
// against what the workload did. By chance alone, one set of runs in twenty has
// more estimates beyond three standard errors than one in a hundred: then
// another set decides.
func TestSampledSumsAreUnbiased(t *testing.T) {
	if testing.Short() {
		t.Skip("[bpf] twenty storms take their time; run without -short")
	}
	for set := range 2 {
		within, all, squares := sampleRuns(t)
		t.Logf("%d of %d estimates are within 3 standard errors, whose squares are %.2f on the average", within, all, squares)
		if within*100 >= all*99 && squares > 0.6 && squares < 1.5 {
			return
		}
		if set > 0 {
			t.Error("want 99 of 100, and squares of 1")
		}
	}
}

func sampleRuns(t *testing.T) (within, all int, squares float64) {
	t.Helper()
	rows, accounts := &collecttest.Rows{}, []*tracetest.Account{}
	c, clock := openSampled(t)
	defer c.Close()
	for range runs {
		accounts = append(accounts, runStorm(t, c, rows))
	}
	if err := c.Finish(rows); err != nil {
		t.Fatal(err)
	}
	r := audit.Of(rows, clock)
	for _, a := range accounts {
		for _, e := range r.Estimates(a, tracetest.StormNoise) {
			all++
			squares += e.Errors * e.Errors
			if math.Abs(e.Errors) <= 3 {
				within++
			} else {
				t.Logf("%.1f standard errors off: %+v", e.Errors, e)
			}
		}
	}
	if want := runs * len(tracetest.StormNoiseSizes); all != want {
		t.Fatalf("%d estimates, want %d", all, want)
	}
	return within, all, squares / float64(all)
}

func openSampled(t *testing.T) (collect.Collector, export.Clock) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("[bpf] loading BPF programs needs CAP_BPF and CAP_PERFMON, or root")
	}
	info, err := hostinfo.Read(collect.HostRoots())
	if err != nil {
		t.Fatal(err)
	}
	clock, err := collect.ReadClock()
	if err != nil {
		t.Fatal(err)
	}
	c, report, err := trace.Open(trace.Options{Roots: collect.HostRoots(), Clock: clock, Topology: &info.Topology, What: []string{trace.Kmalloc},
		Every: [sampling.KindCount]uint32{every, every, every, every, every}, Limits: sampling.Limits{Workload: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		t.Skipf("[bpf] this kernel or this user has none: %v", report.Unavailable)
	}
	return c, clock
}

// runStorm runs the workload once, and drains meanwhile.
func runStorm(t *testing.T, c collect.Collector, rows *collecttest.Rows) *tracetest.Account {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), stormVariable+"=1")
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- child.Wait() }()
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-tick.C:
			if err := c.Drain(rows); err != nil {
				t.Fatal(err)
			}
			continue
		case err := <-done:
			tick.Stop()
			if err != nil {
				t.Fatal(err)
			}
		}
		a, err := tracetest.Read(&out)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
}
