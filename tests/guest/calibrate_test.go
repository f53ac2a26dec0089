package guest_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/tests/guest/plugin"
)

// TestCalibrationProvesTheSoftwarePMU runs calibrate inside, where the truth
// is known: what the plugin counts is what its names say, and so every event
// with a workload must come out as trusted, from every node and of every
// node's memory. Two nodes are enough, and take half the time of four.
func TestCalibrationProvesTheSoftwarePMU(t *testing.T) {
	needMachine(t, "amd64")
	if _, err := exec.LookPath(plugin.Compiler()); err != nil {
		t.Skipf("[qemu] the plugin needs a C compiler: %v", err)
	}
	t.Parallel()
	recording.Lock()
	defer recording.Unlock()
	r := record(t, t.TempDir(), "../../cmd/numalens-agent", "--nodes", "2", "--hz", "1", "--", "calibrate", "--json", "--quiet", "--quick", "--bytes", "32MB")
	c := &export.Calibration{}
	if err := json.Unmarshal([]byte(r.stdout), c); err != nil {
		t.Fatalf("status %d, %v; stderr:\n%s\nstdout:\n%s", r.status, err, r.stderr, r.stdout)
	}
	if r.status != 0 || !strings.Contains(c.Emulated, "softpmu") {
		t.Errorf("status %d, emulated %q", r.status, c.Emulated)
	}
	places := map[string]int{}
	for _, p := range c.Pairs {
		places[p.Place]++
		if p.LatencyNS != nil || p.BandwidthGB != nil || !strings.Contains(p.Why, "no time means anything") {
			t.Errorf("a time was given: %+v", p)
		}
	}
	if places["own node"] != 2 || places["other socket"] != 2 {
		t.Errorf("pairs %+v", c.Pairs)
	}
	for _, p := range c.Transfers {
		if p.TransferNS != nil || p.PaddedNS != nil {
			t.Errorf("a time was given: %+v", p)
		}
	}
	trust := map[string]export.EventVerdict{}
	for _, v := range c.Events {
		trust[v.Name] = v
		if v.Trust == export.Untrusted {
			t.Errorf("%s: %s", v.Name, v.Why)
		}
	}
	for name, checks := range map[string]int{
		// Chases of two nodes from two nodes; turns within and across sockets.
		"node-loads": 6, "node-load-misses": 4, "LLC-loads": 4, "LLC-load-misses": 6, "L1-dcache-loads": 4, "instructions": 4,
		"hitm-local": 8, "hitm-remote": 8, "rfo-hitm-local": 4, "rfo-hitm-remote": 4,
		"minor-faults": 1, "context-switches": 1, "cpu-migrations": 1,
	} {
		v := trust[name]
		if v.Trust != export.Trusted || len(v.Checks) != checks {
			t.Errorf("%s is %q after %d checks, want trusted after %d: %s", name, v.Trust, len(v.Checks), checks, v.Why)
		}
		for _, one := range v.Checks {
			t.Logf("%-17s %-17s %-26s %8.4f a %-8s (%.2f to %.2f)", name, one.Workload, one.Where, one.Ratio(), one.Per, one.Low, one.High)
		}
	}
}
