package agent_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

// TestParanoidKernel: with perf_event_paranoid = 3 a plain user gets no perf
// event at all (on kernels that know that level; on others nothing of the
// kernel's), and still a recording that says why.
func TestParanoidKernel(t *testing.T) {
	needRoot(t, "setting kernel.perf_event_paranoid needs root")
	const file = "/proc/sys/kernel/perf_event_paranoid"
	was, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("[root] %v", err)
	}
	if err := os.WriteFile(file, []byte("3"), 0); err != nil {
		t.Skipf("[root] %v", err)
	}
	defer func() {
		if err := os.WriteFile(file, was, 0); err != nil {
			t.Errorf("perf_event_paranoid was %s and could not be restored: %v", was, err)
		}
	}()
	for _, c := range []struct {
		name string
		args []string
	}{{"a command", []string{"--", "true"}}, {"the host", []string{"--for", "300ms"}}} {
		t.Run(c.name, func(t *testing.T) {
			out := outDir(t)
			r := start(t, append([]string{"record", "--out", out}, c.args...), asPlainUser)
			if code := r.wait(t); code != 0 {
				t.Fatalf("status %d; stderr:\n%s", code, r.stderr)
			}
			m := onlyRun(t, out)
			if len(m.Unavailable) == 0 {
				t.Fatal("nothing is said to be unavailable")
			}
			found := false
			for _, u := range m.Unavailable {
				found = found || strings.Contains(u.Why, "perf_event_paranoid is 3") && u.Remedy != ""
			}
			if !found {
				t.Errorf("the reason and the remedy are not told: %+v", m.Unavailable)
			}
			if !strings.Contains(r.stderr.String(), "not available") {
				t.Errorf("stderr does not say what is missing:\n%s", r.stderr)
			}
			if rowsOf(sound(t, out), export.TableNodes) == 0 {
				t.Error("numastat by node needs no privilege, and there are no rows")
			}
		})
	}
}

// TestContainerWithoutPerf: a seccomp filter refuses perf_event_open, even to
// root.
func TestContainerWithoutPerf(t *testing.T) {
	t.Parallel()
	out := outDir(t)
	r := startCommand(t, exec.Command(helper, bin, "record", "--out", out, "--", "true"), withEnv(helperVariable+"=without-perf"))
	if code := r.wait(t); code != 0 {
		t.Fatalf("status %d; stderr:\n%s", code, r.stderr)
	}
	m := onlyRun(t, out)
	if info, _ := tableOf(m, export.TableCounters); slices.Contains(info.Scopes, string(export.ScopeCPU)) || slices.Contains(info.Scopes, string(export.ScopeProcessCPU)) {
		t.Errorf("counters of %v, where no perf event can be had", info.Scopes)
	}
	why, remedy, ok := missing(m, "counters")
	if !ok || !strings.Contains(why, "seccomp") || !strings.Contains(remedy, "seccomp") {
		t.Errorf("counters: why %q, remedy %q", why, remedy)
	}
	if rowsOf(sound(t, out), export.TableNodes) == 0 {
		t.Error("no rows in nodes")
	}
}

// TestCheckSaysWhatIsGranted: every refusal has a reason and a remedy.
func TestCheckSaysWhatIsGranted(t *testing.T) {
	for name, options := range users() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, []string{"check"}, options...)
			if code := r.wait(t); code != 0 || r.stderr.String() != "" {
				t.Fatalf("status %d; stderr:\n%s", code, r.stderr)
			}
			for _, want := range []string{"evidence of locality: rung", "the whole host\n", "a recorded command", "  yes  nodes: "} {
				if !strings.Contains(r.stdout.String(), want) {
					t.Errorf("%q is not in\n%s", want, r.stdout)
				}
			}
			t.Log("\n" + r.stdout.String())
		})
	}
}
