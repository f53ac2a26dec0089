package export

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// failingTail fails once a number of bytes were written, in the midst of a
// write, as a full disk does.
type failingTail struct {
	*os.File
	left *int64
}

func (f failingTail) WriteAt(p []byte, at int64) (int, error) {
	if int64(len(p)) <= *f.left {
		*f.left -= int64(len(p))
		return f.File.WriteAt(p, at)
	}
	n, err := f.File.WriteAt(p[:*f.left], at)
	*f.left = 0
	if err == nil {
		err = syscall.ENOSPC
	}
	return n, err
}

// TestFullDisk writes until nothing more can be: the writer stops with a
// typed error, and what was written is sound, sealed or not.
func TestFullDisk(t *testing.T) {
	for _, room := range []int64{100, 2000, 9000, 20000} {
		root := t.TempDir()
		o := testOptions(root)
		left := room
		o.openTail = func(path string) (tailFile, error) {
			f, err := os.Create(path)
			return failingTail{f, &left}, err
		}
		s := newSynth(2, 1, 1)
		w := create(t, o, s.manifest("h", "r"))
		var err error
		flushed := int64(0)
		for err == nil && s.ticks < 1000 {
			for range 10 {
				s.tick(w)
			}
			if err = w.Flush(); err == nil {
				flushed = s.ticks
			}
		}
		var full *FullError
		if !errors.As(err, &full) || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("room for %d: %v is no FullError", room, err)
		}
		if again := w.Flush(); !errors.Is(again, syscall.ENOSPC) {
			t.Errorf("a stopped writer went on: %v", again)
		}
		for _, p := range inspectProblems(t, root) {
			if !strings.Contains(p.Text, "no process records it") {
				t.Errorf("room for %d, stopped: %v", room, p)
			}
		}
		if err := w.Seal(nil); !errors.As(err, &full) {
			t.Errorf("Seal does not say why: %v", err)
		}
		if rows := rowsOf(sound(t, root), TableCounters); rows < flushed*2 {
			t.Errorf("room for %d: %d rows of counters are left of %d that were flushed", room, rows, flushed*2)
		}
	}
}

func inspectProblems(t testing.TB, root string) []Problem {
	t.Helper()
	files, err := Dir(root)
	ok(t, err)
	rep, err := Inspect(context.Background(), files)
	ok(t, err)
	return rep.AllProblems()
}

func TestFreeSpaceIsKept(t *testing.T) {
	root := t.TempDir()
	o := testOptions(root)
	o.KeepFreeBytes = 1 << 60
	_, err := Create(o, newSynth(1, 1, 1).manifest("h", "r"), testNodeColumns)
	var full *FullError
	if !errors.As(err, &full) || full.KeepBytes != 1<<60 || full.FreeBytes <= 0 {
		t.Fatalf("%v", err)
	}
	if _, err := os.Stat(runDir(root)); err == nil {
		t.Error("a run was left behind that never began")
	}
}

// TestCap records runs until the oldest have to go.
func TestCap(t *testing.T) {
	root := t.TempDir()
	const max = 300e3
	o := testOptions(root)
	o.MaxBytes, o.SegmentBytes = max, 20e3
	record := func(run string, start int64, ticks int) {
		s := newSynth(8, 2, 4)
		m := s.manifest("h", run)
		m.StartNS = start
		w := create(t, o, m)
		for range ticks {
			s.tick(w)
			if s.ticks%10 == 0 {
				ok(t, w.Flush())
			}
		}
		ok(t, w.Seal(nil))
	}
	record("a", 1, 300)
	record("b", 2, 300)
	record("c", 3, 3000)
	files, err := Dir(root)
	ok(t, err)
	rep, err := Inspect(context.Background(), files)
	ok(t, err)
	if !rep.Sound() {
		t.Error(rep.AllProblems())
	}
	// Sealing takes its own room for a moment, but at the end the cap holds.
	if rep.Bytes > max {
		t.Errorf("%d bytes are there, the cap is %d", rep.Bytes, int64(max))
	}
	runs := rep.Hosts[0].Runs
	if last := runs[len(runs)-1]; len(runs) != 1 || last.Run != "c" {
		t.Fatalf("%d runs are left: %+v", len(runs), runs)
	}
	m, err := NewReader(files).Manifest(context.Background(), "h", "c")
	ok(t, err)
	first := m.segmentsOf(TableCounters, 0, 1<<62, 0)[0]
	if first.number() == 1 {
		t.Error("the run alone exceeded the cap, but its first segment is there")
	}
	if _, err := os.Stat(filepath.Join(root, "h", "a")); err == nil {
		t.Error("a run without segments was left behind")
	}
}

func TestCapTooSmall(t *testing.T) {
	o := testOptions(t.TempDir())
	o.MaxBytes = 5000
	s := newSynth(8, 2, 4)
	w := create(t, o, s.manifest("h", "r"))
	for range 100 {
		s.tick(w)
	}
	err := w.Flush()
	var full *FullError
	if !errors.As(err, &full) || full.CapBytes != 5000 {
		t.Errorf("%v", err)
	}
}
