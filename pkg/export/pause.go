package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Pause is a rest of a run's perf events, so that someone else has the PMU. It
// is asked for by a file in the host's directory, which whoever may write
// there can make and remove, also from another container or another user's
// session; what rests shows in run.json. It ends by itself.
type Pause struct {
	SinceNS int64  `json:"since_ns"` // wall clock, ns since the epoch
	UntilNS int64  `json:"until_ns"`
	By      string `json:"by,omitempty"`
	// Faults says that fault samples rest as well.
	Faults bool `json:"faults,omitempty"`
}

const (
	pauseFile = "pause.json"
	// LongestPause bounds what a file can ask for: a forgotten one heals.
	LongestPause  = 24 * time.Hour
	maxPauseBytes = 4 << 10
)

// PausePath is where a pause of a host's recordings is asked for.
func PausePath(root, host string) string { return filepath.Join(root, host, pauseFile) }

// Ask writes the file, readable for the agent whoever writes it.
func (p Pause) Ask(path string) error {
	if err := writeJSON(path, false, p); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o644); err != nil {
		return fmt.Errorf("let the agent read it: %w", err)
	}
	return nil
}

// ReadPause reads the file; one that is not there is fs.ErrNotExist.
func ReadPause(path string) (Pause, error) {
	var p Pause
	f, err := os.Open(path)
	if err != nil {
		return p, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPauseBytes))
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("%s asks for no pause: %w", path, err)
	}
	return p, nil
}

// Left is for how long the pause still lasts. A file that is dated ahead, or a
// wall clock that was set back, does not make it longer than it was to be.
func (p Pause) Left(now time.Time) time.Duration {
	left := time.Duration(p.UntilNS - now.UnixNano())
	return min(left, time.Duration(p.UntilNS-p.SinceNS), LongestPause)
}

// LiveRuns are the manifests of a host's runs that are being recorded.
func LiveRuns(root, host string) ([]*Manifest, error) {
	if _, err := os.Stat(root); err != nil {
		return nil, err
	}
	var live []*Manifest
	for _, run := range directories(filepath.Join(root, host)) {
		dir := filepath.Join(root, host, run)
		data, err := os.ReadFile(filepath.Join(dir, manifestFile))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		m, err := ParseManifest(data, host, run)
		if err != nil {
			continue // not one of ours, or of a newer agent: inspect tells
		}
		if m.State == Recording && living(dir, m) {
			live = append(live, m)
		}
	}
	return live, nil
}
