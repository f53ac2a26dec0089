package agent_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/collect/trace/tracetest/audit"
	"github.com/numalens/numalens/pkg/export"
)

// allocating is the program of which this file's tests know what it does.
func allocating(t *testing.T, flags ...string) string {
	t.Helper()
	path := filepath.Join(outDir(t), "alloc")
	build := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), "../guest/programs/alloc")...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the workload: %v\n%s", err, out)
	}
	return path
}

// traceAlloc records the program, and gives its account and what was told. On
// a host that is so busy that the agent comes too late for what rules keep,
// and says so, it is done again.
func traceAlloc(t *testing.T, program string, agent []string, args ...string) (*tracetest.Account, *audit.Run) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("[bpf] tracing needs CAP_BPF and CAP_PERFMON, or root")
	}
	for try := 1; ; try++ {
		a, told := traceOnce(t, program, agent, args)
		missed := told.Missed()
		if missed == 0 || try == 3 {
			return a, told
		}
		t.Logf("%d events that rules keep found no room; once more", missed)
	}
}

func traceOnce(t *testing.T, program string, agent, args []string) (*tracetest.Account, *audit.Run) {
	t.Helper()
	out := outDir(t)
	line := slices.Concat([]string{"record", "--out", out, "--trace-limit", "100"}, agent, []string{"--", program, "-before", "300ms", "-after", "1500ms"}, args)
	r := start(t, line)
	if status := r.wait(t); status != 0 {
		t.Fatalf("status %d; stderr:\n%s", status, r.stderr)
	}
	sound(t, out)
	a, err := tracetest.Read(strings.NewReader(r.stdout.String()))
	if err != nil {
		t.Fatal(err)
	}
	told, err := audit.Open(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := tableOf(told.Manifest, export.TableAllocations); !ok {
		t.Skipf("[bpf] this kernel has no part of it: %v", told.Manifest.Unavailable)
	}
	for _, n := range told.Notes {
		if strings.HasPrefix(n.Table, export.TableAllocations) || n.Table == export.TableEvents {
			t.Logf("%s %s: %d %s", n.Kind, n.Table, n.Count, n.Text)
		}
	}
	return a, told
}

func agree(t *testing.T, ledgers ...*audit.Ledger) {
	t.Helper()
	for _, l := range ledgers {
		for _, s := range l.Told {
			t.Log(s)
		}
		for _, s := range l.Wrong {
			t.Error(s[:min(len(s), 2000)])
		}
	}
}

var keepAll = []string{"--trace", "all", "--keep", "comm~^nl-", "--keep", "kind=growslice|heap"}

// TestTracedEventByEvent: nothing is sampled of the program, and all that it
// did is told, as it was. The guest's tests do the same with several nodes.
func TestTracedEventByEvent(t *testing.T) {
	a, r := traceAlloc(t, allocating(t), keepAll, "-count", "500", "messages", "remote", "failed", "pages", "compact", "growths")
	t.Run("kmalloc", func(t *testing.T) { agree(t, r.Kmalloc(a)) })
	t.Run("failed", func(t *testing.T) { agree(t, r.Failed(a)) })
	t.Run("pages", func(t *testing.T) { agree(t, r.Pages(a)) })
	t.Run("moves", func(t *testing.T) { agree(t, r.Moves(a, false)) })
	t.Run("growths", func(t *testing.T) { agree(t, r.Growths(a)) })
	t.Run("counts", func(t *testing.T) { agree(t, r.Accounted(export.TracedKmalloc), r.Accounted(export.TracedPage)) })
}

// TestTracedHeap: the runtime samples every object, and the agent reads in the
// program's memory that it does, where the program still names the variable.
func TestTracedHeap(t *testing.T) {
	for name, flags := range map[string][]string{"as built": nil, "stripped": {"-ldflags=-s -w"}, "position-independent": {"-buildmode=pie"}} {
		t.Run(name, func(t *testing.T) {
			a, r := traceAlloc(t, allocating(t, flags...), keepAll, "-count", "500", "-growths", "500", "heap", "growths")
			agree(t, r.Heap(a, name != "stripped"), r.Growths(a))
		})
	}
}

// TestStorm: what a rule asks for is kept, every event of it, among very many
// that are thinned by the governor; and all that were seen are accounted for.
func TestStorm(t *testing.T) {
	const kept, noise = 10_000, 100_000
	if os.Geteuid() != 0 {
		t.Skip("[bpf] tracing needs CAP_BPF and CAP_PERFMON, or root")
	}
	a, r := traceOnce(t, allocating(t), []string{"--trace", "kmalloc", "--keep", "comm~^" + tracetest.StormKept},
		[]string{"-count", fmt.Sprint(kept), "-noise", fmt.Sprint(noise), "storm"})
	agree(t, r.Kept(a), r.Sums(a), r.Accounted(export.TracedKmalloc))
	var events int64
	var began, ended int64
	for _, b := range a.Kmalloc {
		events += b.Count
		if b.Comm == tracetest.StormNoise {
			began, ended = b.BeganNS, max(ended, b.EndedNS)
		}
	}
	t.Logf("%d events, %.0f a second", events, float64(events)/(float64(ended-began)/1e9))
	if c := r.Counts[export.TracedKmalloc]; c.Thinned < events/2 {
		t.Errorf("%d of %d events were thinned; the rest is more than the agent has time for", c.Thinned, events)
	}
	for _, e := range r.Estimates(a, tracetest.StormNoise) {
		t.Logf("%d bytes: %d events, and by %d samples %d: %.1f standard errors off", e.Size, e.True, e.Sampled, e.Weighted, e.Errors)
		if e.Errors > 6 || e.Errors < -6 { // of seven; by chance once in 10⁸ runs
			t.Errorf("%d bytes: the estimate is %.1f standard errors off", e.Size, e.Errors)
		}
	}
}
