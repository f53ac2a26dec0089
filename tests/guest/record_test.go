// Package guest_test boots the guest as users do and holds what is brought out
// against what the program inside did.
package guest_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/tests/guest/machine"
)

// needMachine skips where no machine can be booted.
func needMachine(t *testing.T, arch string) {
	t.Helper()
	if testing.Short() {
		t.Skip("[qemu] booting a machine takes its time; run without -short")
	}
	m := machine.Spec{Arch: arch}
	if _, err := exec.LookPath(m.QEMU()); err != nil {
		t.Skipf("[qemu] %v", err)
	}
	if _, err := machine.Kernel(t.Context(), arch, t.Logf); err != nil {
		t.Skipf("[qemu] %v", err)
	}
}

// recorded is what one execution of record left.
type recorded struct {
	out            string
	stdout, stderr string
	status         int
}

// record runs the command, with an export's root of its own.
func record(t *testing.T, out string, args ...string) *recorded {
	t.Helper()
	r := &recorded{out: out}
	cmd := exec.Command("./record", append([]string{"--out", out}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r.stdout, r.stderr = stdout.String(), stderr.String()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	r.status = cmd.ProcessState.ExitCode()
	return r
}

// run is the one run that was recorded, every byte of which is sound.
func (r *recorded) run(t *testing.T) (*export.Manifest, string) {
	t.Helper()
	files, err := export.Dir(r.out)
	if err != nil {
		t.Fatal(err)
	}
	report, err := export.Inspect(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.AllProblems() {
		t.Errorf("the export is not sound: %v", p)
	}
	if len(report.Hosts) != 1 || len(report.Hosts[0].Runs) != 1 {
		t.Fatalf("want one run in index.json, and there is %+v", report.Hosts)
	}
	m, err := export.NewReader(files).Manifest(t.Context(), report.Hosts[0].Host, report.Hosts[0].Runs[0].Run)
	if err != nil {
		t.Fatal(err)
	}
	return m, filepath.Join(r.out, m.Host, m.Run)
}

func TestWrongUseIsToldWithoutBooting(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no program":      {nil, 2, "no program to record"},
		"unknown flag":    {[]string{"--node", "4", "prog"}, 2, "-node"},
		"odd memory":      {[]string{"prog", "--memory-per-node", "100M"}, 2, "multiple of 128 MiB"},
		"too many nodes":  {[]string{"prog", "--nodes", "17"}, 2, "17 nodes: want 1 to 16"},
		"no such program": {[]string{"./no-such-program", "--kernel", text, "--no-pmu"}, 1, "no-such-program: no such file"},
		"not a program":   {[]string{text, "--kernel", text, "--no-pmu"}, 1, "is not a program"},
		"no such kernel":  {[]string{text, "--kernel", "/nowhere/vmlinuz"}, 1, "/nowhere/vmlinuz"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := record(t, t.TempDir(), c.args...)
			if r.status != c.status || !strings.Contains(r.stderr, c.says) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("status %d, want %d and one sentence with %q:\n%s", r.status, c.status, c.says, r.stderr)
			}
		})
	}
}

func TestAGuestThatTakesTooLongIsEnded(t *testing.T) {
	needMachine(t, "amd64")
	t.Parallel()
	r := record(t, t.TempDir(), "./programs/place", "--no-pmu", "--timeout", "1s")
	if r.status != 1 || !strings.Contains(r.stderr, "had not ended after 1s") {
		t.Errorf("status %d; stderr:\n%s", r.status, r.stderr)
	}
	logs, err := filepath.Glob(filepath.Join(r.out, "log", "*.log"))
	if err != nil || len(logs) != 1 || !strings.Contains(r.stderr, logs[0]) {
		t.Errorf("the sentence names no log of %v:\n%s", logs, r.stderr)
	}
}
