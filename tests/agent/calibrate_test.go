package agent_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/query"
)

// calibrateInto calibrates quickly and gives what was kept.
func calibrateInto(t *testing.T, out string, options ...option) (*run, *export.Calibration, string) {
	t.Helper()
	r := start(t, []string{"calibrate", "--out", out, "--host", "h", "--quick"}, options...)
	if status := r.wait(t); status != 0 {
		t.Fatalf("status %d; stdout:\n%s\nstderr:\n%s", status, r.stdout, r.stderr)
	}
	path := export.CalibrationPath(out, "h")
	c, err := export.ReadCalibration(path)
	if err != nil {
		t.Fatal(err)
	}
	return r, c, path
}

func TestACalibrationIsTakenIntoLaterRuns(t *testing.T) {
	out := outDir(t)
	r, c, path := calibrateInto(t, out)
	for _, want := range []string{"latency of a load, ns", "reading bandwidth", "trusted   minor-faults", path} {
		if !strings.Contains(r.stdout.String(), want) {
			t.Errorf("no %q in:\n%s", want, r.stdout)
		}
	}
	if len(c.Pairs) == 0 || c.Pairs[0].LatencyNS == nil || c.Host.Topology == "" {
		t.Fatalf("%+v", c)
	}
	// What a host could not show here.
	for i, v := range c.Events {
		if v.Name == "minor-faults" {
			c.Events[i].Trust, c.Events[i].Why = export.Untrusted, "told so by a test"
		}
	}
	if err := export.WriteCalibration(path, c); err != nil {
		t.Fatal(err)
	}
	if status := start(t, []string{"record", "--out", out, "--host", "h", "--", "true"}).wait(t); status != 0 {
		t.Fatalf("status %d", status)
	}
	m := onlyRun(t, out)
	if m.Calibration == nil || m.Calibration.TakenNS != c.TakenNS || *m.Calibration.Pairs[0].LatencyNS != *c.Pairs[0].LatencyNS {
		t.Fatalf("the run has calibration %+v", m.Calibration)
	}
	for _, g := range m.Groups {
		for _, e := range g.Events {
			if e.Name == "minor-faults" && (e.Proven || e.Untrusted != "told so by a test") {
				t.Errorf("%+v", e)
			}
		}
	}
	sound(t, out)
	files, err := export.Dir(out)
	if err != nil {
		t.Fatal(err)
	}
	g, err := query.Sources{{Name: "test", Source: export.NewReader(files)}}.Grid(t.Context(), query.Query{View: query.ViewSeries, Metric: "minor_faults", Host: m.Host, Run: m.Run})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(g.Notices, "\n"), "as calibration found: told so by a test") {
		t.Errorf("notices %q", g.Notices)
	}
}

// TestACalibrationOfAnotherHostIsNotUsed: nor is one that is none; and it is
// said.
func TestACalibrationOfAnotherHostIsNotUsed(t *testing.T) {
	t.Parallel()
	out := outDir(t)
	file := filepath.Join(out, "elsewhere.json")
	for want, write := range map[string]func() error{
		"the kernel was 2.4.0": func() error {
			return export.WriteCalibration(file, &export.Calibration{Host: export.Identity{Kernel: "2.4.0"}})
		},
		"is no calibration": func() error { return os.WriteFile(file, []byte("?"), 0o644) },
		"no such file":      func() error { return os.RemoveAll(file) }, // whichever comes first
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
		runs := filepath.Join(out, "runs")
		os.RemoveAll(runs)
		if status := start(t, []string{"record", "--out", runs, "--calibration", file, "--", "true"}).wait(t); status != 0 {
			t.Fatalf("status %d", status)
		}
		m := onlyRun(t, runs)
		why, remedy, ok := missing(m, "calibration")
		if !ok || !strings.Contains(why, want) || !strings.Contains(remedy, "numalens-agent calibrate") || m.Calibration != nil {
			t.Errorf("%q, %q; want %q", why, remedy, want)
		}
	}
}

func TestAPlainUserCalibrates(t *testing.T) {
	needRoot(t, "becoming a plain user needs root")
	_, c, _ := calibrateInto(t, outDir(t), asPlainUser)
	for _, v := range c.Events {
		if v.Name == "minor-faults" && v.Trust != export.Trusted || v.Trust == export.Untrusted {
			t.Errorf("%s is %s: %s", v.Name, v.Trust, v.Why)
		}
	}
}

func TestCalibratePrintsJSONAndKeepsNothing(t *testing.T) {
	b, err := exec.Command(bin, "calibrate", "--json", "--quick", "--quiet", "--cpus", "0").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := &export.Calibration{}
	if err := json.Unmarshal(b, c); err != nil {
		t.Fatal(err)
	}
	if len(c.Transfers) != 0 || len(c.Pairs) == 0 || c.Pairs[0].Threads != 1 {
		t.Errorf("with one CPU: %+v, %+v", c.Pairs, c.Transfers)
	}
}

func TestCalibrateWrongUse(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"CPU 4000 is not online": {"--cpus", "4000"},
		"--cpus":                 {"--cpus", "x"},
		"no argument is taken":   {"now"},
	} {
		r := start(t, append([]string{"calibrate"}, args...))
		if status := r.wait(t); status != 2 || !strings.Contains(r.stderr.String(), want) {
			t.Errorf("%v: status %d, %s", args, status, r.stderr)
		}
	}
}
