package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// TestWantedPauses: files of every kind, at every time.
func TestWantedPauses(t *testing.T) {
	p := &pausing{path: filepath.Join(t.TempDir(), "pause.json")}
	now := time.Now()
	take := func(at time.Time) *export.Pause {
		var want *export.Pause
		want, p.until = p.wanted(at)
		p.now = want
		return want
	}
	ask := func(length time.Duration) {
		t.Helper()
		if err := (export.Pause{SinceNS: now.UnixNano(), UntilNS: now.Add(length).UnixNano()}).Ask(p.path); err != nil {
			t.Fatal(err)
		}
	}
	if take(now) != nil {
		t.Error("a pause without a file")
	}
	ask(time.Minute)
	first := take(now)
	if first == nil || take(now.Add(30*time.Second)) != first {
		t.Error("a pause that is not taken, or taken anew at each look")
	}
	ask(time.Hour)
	if second := take(now.Add(31 * time.Second)); second == nil || second == first {
		t.Error("a second pause does not take the place of the first")
	}
	if take(now.Add(2*time.Hour)) != nil {
		t.Error("a pause does not end")
	}
	if _, err := os.Stat(p.path); !os.IsNotExist(err) {
		t.Errorf("its file stays: %v", err)
	}
	ask(-time.Minute)
	if take(now) != nil {
		t.Error("a pause of the past")
	}
	if p.forget(); fileThere(p.path) {
		t.Error("the file of a pause of the past stays")
	}
	ask(time.Minute)
	if p.forget(); !fileThere(p.path) {
		t.Error("the file of a pause under way is forgotten")
	}
	if err := os.WriteFile(p.path, []byte("pause!"), 0o644); err != nil {
		t.Fatal(err)
	}
	if take(now) != nil {
		t.Error("a file of anything pauses")
	}
	if err := os.Remove(p.path); err != nil {
		t.Fatal(err)
	}
	if take(now) != nil {
		t.Error("a file that is gone pauses")
	}
}

func fileThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
