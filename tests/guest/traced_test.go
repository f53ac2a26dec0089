package guest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/collect/trace/tracetest/audit"
	"github.com/numalens/numalens/pkg/export"
)

// tracedInside is one execution of the program alloc under the agent, all of
// whose events were to be kept.
type tracedInside struct {
	account *tracetest.Account
	run     *audit.Run
}

// keepAll are the agent's words for tracing everything, and for keeping each
// event of the program; what the probes cost a translator means nothing. The
// first rule that asks for an event is the one that it is told with.
var keepAll = []string{"--agent", "--trace=all", "--agent", "--trace-limit=100",
	"--agent", "--keep=name=refused,kind=kmalloc|page,failed", "--agent", "--keep=name=far,kind=kmalloc|page,remote",
	"--agent", "--keep=name=mine,comm~^nl-", "--agent", "--keep=name=others,kind=growslice|heap|flush"}

// TestWhatIsTracedInside holds the agent's export against what the program
// did, event by event, on Linux 6.1 of both architectures with four nodes.
func TestWhatIsTracedInside(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			needMachine(t, arch)
			t.Parallel()
			flags := []string{"--thp", "madvise"}
			boot := func() *tracedInside {
				return traceInside(t, arch, flags, "messages", "remote", "failed", "pages", "huge", "moves", "compact", "growths")
			}
			in := boot()
			for boots := 1; boots < 3 && in.starved() && in.disagrees(); boots++ {
				t.Log("the machine did not keep up with its timers, so that its kernel may have moved pages before they were looked at: it is booted again, and has to agree then")
				in = boot()
			}
			t.Run("kmalloc", func(t *testing.T) { agree(t, in.run.Kmalloc(in.account)) })
			t.Run("failed", func(t *testing.T) { agree(t, in.run.Failed(in.account)) })
			t.Run("pages", func(t *testing.T) { agree(t, in.run.Pages(in.account)) })
			t.Run("moves", func(t *testing.T) { agree(t, in.run.Moves(in.account, true)) })
			t.Run("growths", func(t *testing.T) { agree(t, in.run.Growths(in.account)) })
			t.Run("remote", in.memoryOfOtherNodes)
			t.Run("rules", in.rulesAsWritten)
			t.Run("counts", func(t *testing.T) {
				for _, kind := range []export.Traced{export.TracedKmalloc, export.TracedPage} {
					agree(t, in.run.Accounted(kind))
				}
			})
			t.Run("available", in.everythingIsThere)
		})
	}
}

// TestFlushesInside is apart, since on amd64 the kernel has nothing to flush for
// but an IOMMU, and with that one of the emulated machine boots hang more often
// when the agent attaches its probes (two of eight).
func TestFlushesInside(t *testing.T) {
	for arch, flags := range map[string][]string{"amd64": {"--iommu", "--timeout", "90s"}, "arm64": nil} {
		t.Run(arch, func(t *testing.T) {
			needMachine(t, arch)
			t.Parallel()
			in := traceInside(t, arch, flags, "flushes")
			agree(t, in.run.Flushes(in.account, 64))
			t.Run("available", in.everythingIsThere)
		})
	}
}

// TestWhatBalancingMovesInside is apart: it has the kernel change what runs
// where.
func TestWhatBalancingMovesInside(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			needMachine(t, arch)
			t.Parallel()
			in := traceInside(t, arch, nil, "balance", "heap")
			t.Run("balance", func(t *testing.T) { agree(t, in.run.Balance(in.account)) })
			// record strips what it builds.
			t.Run("heap", func(t *testing.T) { agree(t, in.run.Heap(in.account, false)) })
		})
	}
}

func traceInside(t *testing.T, arch string, flags []string, workloads ...string) *tracedInside {
	t.Helper()
	if arch == "amd64" && os.Getenv("NUMALENS_GUEST_TRACE") == "" {
		t.Skip("[tracing-amd64] one boot in four of the emulated amd64 machine hangs when probes are attached: its CPUs stop answering each other; NUMALENS_GUEST_TRACE=1 runs it, and boots anew")
	}
	compile(t, arch)
	recording.Lock()
	defer recording.Unlock()
	args := slices.Concat([]string{"./programs/alloc", "--arch", arch, "--no-pmu"}, flags, keepAll, []string{"--", "-count", "300", "-after", "2s"}, workloads)
	r := recordUnlessItHangs(t, args...)
	if r.status != 0 {
		t.Fatalf("status %d; stderr:\n%s", r.status, r.stderr)
	}
	r.run(t) // sound
	in := &tracedInside{}
	var err error
	if in.account, err = tracetest.Read(strings.NewReader(r.stdout)); err != nil {
		t.Fatalf("%v; stdout:\n%s", err, r.stdout)
	}
	if in.run, err = audit.Open(t.Context(), r.out); err != nil {
		t.Fatal(err)
	}
	for _, n := range in.run.Notes {
		if n.Kind == export.NoteDrop || strings.Contains(n.Text, "detached") {
			t.Logf("%s %s: %d %s", n.Kind, n.Table, n.Count, n.Text)
		}
	}
	return in
}

// starved tells that the host gave the emulated machine so little time that
// readings by its timers were lost.
func (in *tracedInside) starved() bool {
	return slices.ContainsFunc(in.run.Notes, func(n export.Note) bool { return n.Kind == export.NoteDrop && n.Table == export.TableCounters })
}

// disagrees tells that some event is not as the program's account has it.
func (in *tracedInside) disagrees() bool {
	for _, l := range []*audit.Ledger{in.run.Kmalloc(in.account), in.run.Failed(in.account), in.run.Pages(in.account), in.run.Moves(in.account, true), in.run.Growths(in.account)} {
		if len(l.Wrong) > 0 {
			return true
		}
	}
	return false
}

// recordUnlessItHangs boots anew, thrice at most, a machine that did not come
// to its end, and tells what its console said.
func recordUnlessItHangs(t *testing.T, args ...string) *recorded {
	t.Helper()
	for boots := 1; ; boots++ {
		dir := t.TempDir()
		r := record(t, dir, args...)
		if boots == 4 || r.status == 0 || !strings.Contains(r.stderr, "had not ended after") {
			return r
		}
		t.Logf("the machine hung, and is booted again: %s", r.stderr)
		logs, _ := filepath.Glob(filepath.Join(dir, "log", "*.log"))
		for _, name := range logs {
			if b, err := os.ReadFile(name); err == nil {
				t.Logf("%s ends with\n%s", filepath.Base(name), b[max(len(b)-20_000, 0):])
			}
		}
	}
}

func agree(t *testing.T, l *audit.Ledger) {
	t.Helper()
	for _, s := range l.Told {
		t.Log(s)
	}
	for _, s := range l.Wrong {
		t.Error(s[:min(len(s), 2000)])
	}
}

// memoryOfOtherNodes: a rule of equality would hold as well if nothing were
// ever remote.
func (in *tracedInside) memoryOfOtherNodes(t *testing.T) {
	remote := map[export.Traced]map[int32]bool{export.TracedKmalloc: {}, export.TracedPage: {}}
	for _, e := range in.run.Events {
		if nodes, ok := remote[e.Kind]; ok && int(e.PID) == in.account.PID && e.GivenNode >= 0 && e.GivenNode != e.CPUNode {
			nodes[e.GivenNode] = true
		}
	}
	for kind, nodes := range remote {
		if len(nodes) != len(in.account.Machine.Nodes) {
			t.Errorf("%s: memory of nodes %v was given to other nodes' CPUs; the program had it of all %d", kind, nodes, len(in.account.Machine.Nodes))
		}
	}
}

// rulesAsWritten: which rule kept an event is known from the event.
func (in *tracedInside) rulesAsWritten(t *testing.T) {
	wrong, told := 0, map[string]int{}
	for _, e := range in.run.Events {
		want := ""
		switch allocated := e.Kind == export.TracedKmalloc || e.Kind == export.TracedPage; {
		case allocated && e.Failed:
			want = "refused"
		case allocated && e.GivenNode >= 0 && e.GivenNode != e.CPUNode:
			want = "far"
		case strings.HasPrefix(e.Comm, "nl-"):
			want = "mine"
		case !allocated:
			want = "others"
		}
		// Of a name that was new, all is kept by the rule that might ask for it.
		unjudged := e.Rule == "mine" && want != "refused" && want != "far"
		if told[e.Rule]++; e.Rule != want && !unjudged {
			if wrong++; wrong <= 5 {
				t.Errorf("rule %q kept what %q asks for: %+v", e.Rule, want, e)
			}
		}
	}
	t.Logf("events by rule: %v", told)
}

// everythingIsThere: this kernel has all that is traced, and nothing is said
// to be missing.
func (in *tracedInside) everythingIsThere(t *testing.T) {
	for _, u := range in.run.Manifest.Unavailable {
		if strings.HasPrefix(u.Feature, "trace") {
			t.Errorf("%s: %s", u.Feature, u.Why)
		}
	}
	for _, table := range in.run.Manifest.Tables {
		if table.Name == export.TableAllocations {
			for _, kind := range []export.Traced{export.TracedKmalloc, export.TracedPage, export.TracedFlush, export.TracedGrowslice} {
				if !slices.Contains(table.Scopes, string(kind)) {
					t.Errorf("allocations are of %v; want %s", table.Scopes, kind)
				}
			}
			return
		}
	}
	t.Error("no table allocations")
}
