package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func calibrated() *Calibration {
	passed := []EventCheck{{Workload: "chase", Count: 10, Units: 10, Per: "load", Low: 0.7, High: 1.5, Passed: true}}
	return &Calibration{
		Host: Identity{CPUModel: "X", Kernel: "6.1", Topology: "a", Events: "b"},
		Events: []EventVerdict{
			{Name: "good", Spec: "good", Trust: Trusted, Checks: passed},
			{Name: "bad", Spec: "bad", Trust: Untrusted, Why: "it counts something else"},
			{Name: "open", Spec: "open", Trust: Untested, Why: "one node"},
		},
	}
}

func TestCalibrationIsKeptAndEntered(t *testing.T) {
	path := CalibrationPath(t.TempDir(), "h")
	if _, err := ReadCalibration(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%v, want that there is none", err)
	}
	if err := WriteCalibration(path, calibrated()); err != nil {
		t.Fatal(err)
	}
	c, err := ReadCalibration(path)
	if err != nil {
		t.Fatal(err)
	}
	events := func() *Manifest {
		return &Manifest{Groups: []Group{{Events: []GroupEvent{
			{Name: "good", Spec: "good"}, {Name: "bad", Spec: "bad", Proven: true}, {Name: "open", Spec: "open"}, {Name: "good", Spec: "another encoding"},
		}}}}
	}
	m := events()
	c.Enter(m)
	got := m.Groups[0].Events
	if !got[0].Proven || got[1].Proven || got[1].Untrusted != "it counts something else" || got[2].Proven || got[2].Untrusted != "" || got[3].Proven || m.Calibration != c {
		t.Errorf("%+v", got)
	}
	c.Emulated = "an emulator"
	m = events()
	if c.Enter(m); m.Groups[0].Events[0].Proven {
		t.Error("an emulated machine proved a hardware event")
	}
}

func TestCalibrationOfAnotherHostDiffers(t *testing.T) {
	was := calibrated().Host
	if d := was.Differences(was); len(d) != 0 {
		t.Errorf("from itself: %v", d)
	}
	now := was
	now.Kernel, now.Microcode = "6.2", "0x1"
	if d := strings.Join(was.Differences(now), "; "); d != "the microcode was not told and is 0x1; the kernel was 6.1 and is 6.2" {
		t.Error(d)
	}
}

// TestFalseCalibrationsAreRefused: the file lies where others may write.
func TestFalseCalibrationsAreRefused(t *testing.T) {
	for want, text := range map[string]string{
		"is no calibration":    "{",
		"its format is":        `{"format":"numalens-run","version":1}`,
		"is of version 9":      `{"format":"numalens-calibration","version":9}`,
		"0 of its 0 checks":    `{"format":"numalens-calibration","version":1,"events":[{"name":"x","spec":"x","trust":"trusted"}]}`,
		"0 of its 1 checks":    `{"format":"numalens-calibration","version":1,"events":[{"name":"x","trust":"trusted","checks":[{"passed":false}]}]}`,
		"calibrate again":      `[1]`,
		`event "" is untested`: `{"format":"numalens-calibration","version":1,"events":[{"trust":"untested"}]}`,
	} {
		path := filepath.Join(t.TempDir(), "c.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadCalibration(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// FuzzHostFiles: calibration.json and pause.json lie where others may write.
func FuzzHostFiles(f *testing.F) {
	f.Add([]byte(`{"format":"numalens-calibration","version":1,"events":[{"name":"x","trust":"trusted","checks":[{"passed":true}]}]}`))
	f.Add([]byte(`{"since_ns":1,"until_ns":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if c, err := ReadCalibration(path); err == nil {
			c.Enter(&Manifest{Groups: []Group{{Events: []GroupEvent{{Name: "x"}}}}})
			c.Host.Differences(Identity{})
		}
		if p, err := ReadPause(path); err == nil && p.Left(time.Now()) > LongestPause {
			t.Errorf("%+v lasts for %v", p, p.Left(time.Now()))
		}
	})
}
