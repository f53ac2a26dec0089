package agent_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAgentKeepsToGivenCPUs: its threads do, and the command runs where it
// would without the agent.
func TestAgentKeepsToGivenCPUs(t *testing.T) {
	t.Parallel()
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	if !allowed.IsSet(0) || allowed.Count() < 2 {
		t.Skip("[cpus] CPU 0 and another are needed")
	}
	own := field(t, "/proc/self/status", "Cpus_allowed_list")
	r := start(t, []string{"record", "--out", outDir(t), "--agent-cpus", "0", "--", "sh", "-c", "grep Cpus_allowed_list /proc/self/status; echo ready; exec sleep 60"}, inOwnGroup)
	r.awaitText(t, r.stdout, "ready")
	if out := r.stdout.String(); !strings.Contains(out, "Cpus_allowed_list:\t"+own+"\n") {
		t.Errorf("the command may run on %q, want %q", out, own)
	}
	threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(r.cmd.Process.Pid), "task/*/status"))
	if err != nil || len(threads) == 0 {
		t.Fatalf("%v, %v", threads, err)
	}
	for _, status := range threads {
		if got := field(t, status, "Cpus_allowed_list"); got != "0" {
			t.Errorf("%s may run on %s", status, got)
		}
	}
	r.signal(t, unix.SIGTERM)
	r.wait(t)
	if status := start(t, []string{"record", "--out", outDir(t), "--agent-cpus", "4000", "--", "true"}).wait(t); status != 2 {
		t.Errorf("status %d for a CPU that is not there, want 2", status)
	}
}

func field(t *testing.T, file, name string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), name+":")
	value, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(value)
}
