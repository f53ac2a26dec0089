package agent_test

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

// TestSignalsAreForwardedOnce: without a terminal nobody else tells the
// command, so the agent does, and then waits for it.
func TestSignalsAreForwardedOnce(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			out := outDir(t)
			r := start(t, []string{"record", "--out", out, "--", helper}, inOwnGroup, withEnv(helperVariable+"=count-signals"))
			r.awaitText(t, r.stdout, "ready")
			r.signal(t, s)
			r.awaitText(t, r.stdout, "got "+s.String())
			want := 42
			if s != syscall.SIGTERM {
				if strings.Contains(r.stderr.String(), "recorded ") {
					t.Error("sealed although the command goes on")
				}
				want = 137
				r.signal(t, s) // the second ends it
			}
			if code := r.wait(t); code != want {
				t.Errorf("status %d, want %d; stderr:\n%s", code, want, r.stderr)
			}
			if n := strings.Count(r.stdout.String(), "got"); n != 1 {
				t.Errorf("the command was told %d times:\n%s", n, r.stdout)
			}
			if m := onlyRun(t, out); m.State != export.Sealed {
				t.Errorf("state %q, want sealed", m.State)
			}
			sound(t, out)
		})
	}
}

// A closed stderr, as of `record … 2>&1 | head`, must not end the recording.
func TestClosedStderr(t *testing.T) {
	t.Parallel()
	out := outDir(t)
	r := startCommand(t, exec.Command("bash", "-c", `set -o pipefail; "$0" record --out "$1" --for 1200ms 2>&1 | true`, bin, out))
	if code := r.wait(t); code != 0 {
		t.Errorf("status %d", code)
	}
	if m := onlyRun(t, out); m.State != export.Sealed {
		t.Errorf("state %q, want sealed", m.State)
	}
}
