package agent_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

// TestFindingsAreThoseOfTheCommandsPlace: a launcher pins its program after
// the recording has begun, and that is what counts.
func TestFindingsAreThoseOfTheCommandsPlace(t *testing.T) {
	t.Parallel()
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		t.Skip("[util-linux] taskset is not there")
	}
	out := outDir(t)
	if status := start(t, []string{"record", "--out", out, "--", taskset, "-c", "0", "sleep", "3"}).wait(t); status != 0 {
		t.Fatalf("status %d", status)
	}
	m := onlyRun(t, out)
	if m.Pinning.CPUs != "0" {
		t.Errorf("pinned to %q, want the launcher's 0", m.Pinning.CPUs)
	}
	if m.AsFound == nil || m.AsFound.PerfEventParanoid == "" || m.AsFound.InterruptsNS == 0 {
		t.Errorf("as found: %+v", m.AsFound)
	}
	report := sound(t, out)
	if got := report.Hosts[0].Runs[0].Findings; !slices.Equal(got, m.Findings) {
		t.Errorf("inspect reports %+v, the manifest has %+v", got, m.Findings)
	}
}

func TestCheckLooksOverTheHost(t *testing.T) {
	t.Parallel()
	var whole, fixture struct {
		CPUs     string           `json:"benchmark_cpus"`
		Findings []export.Finding `json:"findings"`
	}
	b, err := exec.Command(bin, "check", "--json", "--cpus", "0", "--watch", "0s").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &whole); err != nil {
		t.Fatal(err)
	}
	if whole.CPUs != "0" || whole.Findings == nil {
		t.Errorf("%+v", whole)
	}
	const host = "../../testdata/hosts/untuned-2s2n"
	b, err = exec.Command(bin, "check", "--json", "--watch", "0s", "--cpus", "2-3", "--sys-root", host+"/sys", "--proc-root", host+"/proc").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &fixture); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(fixture.Findings, func(f export.Finding) bool { return f.Rule == "numa-balancing" })
	if i < 0 || fixture.Findings[i].Severity != export.SeverityProblem || fixture.Findings[i].Remedy != "sysctl -w kernel.numa_balancing=0" {
		t.Errorf("%+v", fixture.Findings)
	}
}

func TestCheckRefusesAWrongList(t *testing.T) {
	t.Parallel()
	if status := start(t, []string{"check", "--cpus", "3-1"}).wait(t); status != 2 {
		t.Errorf("status %d, want 2", status)
	}
}
