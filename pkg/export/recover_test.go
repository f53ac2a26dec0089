package export

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func dead(Manifest) bool { return false }

// liveRun records a few batches and leaves the tails as a killed agent does.
func liveRun(t testing.TB, root string, seconds int) *synth {
	s := newSynth(2, 1, 1)
	w := create(t, testOptions(root), s.manifest("h", "r"))
	for range seconds * 10 {
		s.tick(w)
		if s.ticks%10 == 0 {
			ok(t, w.Flush())
		}
	}
	w.lock.f.Close() // as the kernel does for the dead
	return s
}

func runDir(root string) string { return filepath.Join(root, "h", "r") }

func loadManifest(t testing.TB, root string) *Manifest {
	t.Helper()
	m, err := ParseManifest(mustRead(t, filepath.Join(runDir(root), manifestFile)), "h", "r")
	ok(t, err)
	return m
}

// sound inspects a root and wants no problems.
func sound(t testing.TB, root string) *Report {
	t.Helper()
	files, err := Dir(root)
	ok(t, err)
	rep, err := Inspect(context.Background(), files)
	ok(t, err)
	if !rep.Sound() {
		t.Errorf("not sound: %v", rep.AllProblems())
	}
	return rep
}

func rowsOf(rep *Report, table string) int64 {
	for _, tab := range rep.Hosts[0].Runs[0].Tables {
		if tab.Table == table {
			return tab.Rows
		}
	}
	return 0
}

const cutTail = "nodes.000001.arrows"

// batchesBefore counts the batches that are whole in the first n bytes.
func batchesBefore(ends []int64, n int) int {
	batches := 0
	for _, e := range ends {
		if int64(n) >= e {
			batches++
		}
	}
	return batches
}

// TestReadAtEveryCut cuts a tail at every byte, as a kill may: every whole
// batch is read.
func TestReadAtEveryCut(t *testing.T) {
	src := t.TempDir()
	liveRun(t, src, 4)
	whole := mustRead(t, filepath.Join(runDir(src), cutTail))
	ends := batchEnds(t, whole)
	for n := range len(whole) + 1 {
		batches := 0
		r := newTailReader()
		err := r.advance(bytes.NewReader(whole[:n]), int64(n), nil, func(int, []vector) error { batches++; return nil })
		ok(t, untorn(err))
		if want := batchesBefore(ends, n); batches != want {
			t.Fatalf("cut at %d: %d batches, want %d", n, batches, want)
		}
		// What was torn is read once it is there.
		ok(t, r.advance(bytes.NewReader(whole), int64(len(whole)), nil, func(int, []vector) error { batches++; return nil }))
		if batches != len(ends) {
			t.Fatalf("cut at %d, then whole: %d batches, want %d", n, batches, len(ends))
		}
	}
}

// TestRecoverAtCuts recovers a run whose tail was cut at many places, all
// those around the ends of batches included.
func TestRecoverAtCuts(t *testing.T) {
	src := t.TempDir()
	liveRun(t, src, 4)
	whole := mustRead(t, filepath.Join(runDir(src), cutTail))
	ends := batchEnds(t, whole)
	for n := 0; n <= len(whole); n++ {
		if n%211 != 0 && !slices.ContainsFunc(ends, func(e int64) bool { return int64(n) >= e-1 && int64(n) <= e+1 }) {
			continue
		}
		root := t.TempDir()
		ok(t, os.CopyFS(root, os.DirFS(src)))
		ok(t, os.Truncate(filepath.Join(runDir(root), cutTail), int64(n)))
		done, err := Recover(root, dead)
		ok(t, err)
		if len(done) != 1 || done[0].Err != nil {
			t.Fatalf("cut at %d: %+v", n, done)
		}
		if got, want := rowsOf(sound(t, root), TableNodes), int64(batchesBefore(ends, n)*20); got != want {
			t.Fatalf("cut at %d: %d rows of nodes, want %d", n, got, want)
		}
		if m := loadManifest(t, root); m.State != Recovered || m.EndNS == 0 {
			t.Fatalf("cut at %d: state %s, end %d", n, m.State, m.EndNS)
		}
	}
}

func batchEnds(t testing.TB, data []byte) []int64 {
	t.Helper()
	r := newTailReader()
	var ends []int64
	f := bytes.NewReader(data)
	ok(t, r.advance(f, int64(len(data)), nil, func(int, []vector) error { return nil }))
	for _, b := range r.batches {
		m, err := readMessage(f, b.at, int64(len(data)))
		ok(t, err)
		ends = append(ends, m.next)
	}
	return ends
}

func TestRecoverLeavesTheLiving(t *testing.T) {
	root := t.TempDir()
	s := newSynth(2, 1, 1)
	w := create(t, testOptions(root), s.manifest("h", "r"))
	s.tick(w)
	ok(t, w.Flush())
	// The lock tells, even to those who see no such process.
	done, err := Recover(root, dead)
	ok(t, err)
	if len(done) != 0 || loadManifest(t, root).State != Recording {
		t.Errorf("a locked run was touched: %+v", done)
	}
	sound(t, root)
	ok(t, w.Seal(nil))
	root = t.TempDir()
	liveRun(t, root, 1)
	done, err = Recover(root, func(Manifest) bool { return true })
	ok(t, err)
	if len(done) != 0 || loadManifest(t, root).State != Recording {
		t.Errorf("a living run was touched: %+v", done)
	}
}

// TestRecoverIsRepeatable stops recovery and sealing at each of their steps,
// in the state that a crash there leaves.
func TestRecoverIsRepeatable(t *testing.T) {
	tests := map[string]func(t *testing.T, dir string){
		"half-written files": func(t *testing.T, dir string) {
			ok(t, os.WriteFile(filepath.Join(dir, "run.json.tmp"), []byte("{"), 0o644))
			ok(t, os.WriteFile(filepath.Join(dir, "nodes.000001.parquet.tmp"), []byte("PAR1"), 0o644))
		},
		"sealed, not yet listed": func(t *testing.T, dir string) {
			_, err := sealTail(dir, "nodes.000001.arrows", false)
			ok(t, err)
		},
		"listed, tail not yet removed": func(t *testing.T, dir string) {
			s, err := sealTail(dir, "nodes.000001.arrows", false)
			ok(t, err)
			m, err := ParseManifest(mustRead(t, filepath.Join(dir, manifestFile)), "h", "r")
			ok(t, err)
			for i := range m.Segments {
				if m.Segments[i].Table == TableNodes {
					m.Segments[i] = s.segment
				}
			}
			ok(t, writeJSON(filepath.Join(dir, manifestFile), false, m))
		},
		"tail not yet listed": func(t *testing.T, dir string) {
			m, err := ParseManifest(mustRead(t, filepath.Join(dir, manifestFile)), "h", "r")
			ok(t, err)
			m.Segments = nil
			ok(t, writeJSON(filepath.Join(dir, manifestFile), false, m))
		},
		"index lost": func(t *testing.T, dir string) {
			ok(t, os.Remove(filepath.Join(dir, "../../index.json")))
		},
		"index torn": func(t *testing.T, dir string) {
			ok(t, os.Truncate(filepath.Join(dir, "../../index.json"), 10))
		},
	}
	for name, crash := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			liveRun(t, root, 3)
			crash(t, runDir(root))
			for range 2 {
				done, err := Recover(root, dead)
				ok(t, err)
				for _, d := range done {
					ok(t, d.Err)
				}
				rep := sound(t, root)
				if n := rowsOf(rep, TableNodes); n != 60 {
					t.Errorf("%d rows of nodes, want 60", n)
				}
				if n := rowsOf(rep, TableCounters); n != 60 {
					t.Errorf("%d rows of counters, want 60", n)
				}
				if n := rowsOf(rep, TableNotes); n != 1 {
					t.Errorf("%d notes, want the one of the recovery", n)
				}
			}
		})
	}
}

func TestRecoverKeepsWhatDecodes(t *testing.T) {
	root := t.TempDir()
	liveRun(t, root, 4)
	path := filepath.Join(runDir(root), "counters.000001.arrows")
	data := mustRead(t, path)
	ends := batchEnds(t, data)
	data[ends[1]-100] ^= 0xff // within the second batch
	ok(t, os.WriteFile(path, data, 0o644))
	done, err := Recover(root, dead)
	ok(t, err)
	if len(done) != 1 || done[0].Err != nil || done[0].LostBytes == 0 {
		t.Fatalf("%+v", done)
	}
	if n := rowsOf(sound(t, root), TableCounters); n != 60 {
		t.Errorf("%d rows, want those of the three batches that are whole", n)
	}
	if _, err := os.Stat(path + damagedSuffix); err != nil {
		t.Errorf("the damaged tail was not kept: %v", err)
	}
}

func TestRepairListsRunsAnew(t *testing.T) {
	root := t.TempDir()
	liveRun(t, root, 1)
	ok(t, os.WriteFile(filepath.Join(root, indexFile), []byte(`{"format":"numalens-index","version":1,"generation":7,"hosts":[{"host":"h","runs":[{"run":"gone"}]}]}`), 0o644))
	_, err := Repair(root)
	ok(t, err)
	rep := sound(t, root)
	if len(rep.Hosts) != 1 || len(rep.Hosts[0].Runs) != 1 || rep.Hosts[0].Runs[0].Run != "r" || rep.Generation <= 7 {
		t.Errorf("index is %+v", rep)
	}
}

// TestDirStaysInside opens what leads out of the root.
func TestDirStaysInside(t *testing.T) {
	root := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret")
	ok(t, os.WriteFile(secret, []byte("x"), 0o600))
	ok(t, os.Symlink(secret, filepath.Join(root, "out")))
	ok(t, os.Symlink(filepath.Dir(secret), filepath.Join(root, "dir")))
	ok(t, os.Mkdir(filepath.Join(root, "folder"), 0o755))
	files, err := Dir(root)
	ok(t, err)
	for _, name := range []string{"../secret", "/etc/passwd", "out", "dir/secret", "folder", "", "a//b", "folder/../out"} {
		f, err := files.Open(context.Background(), name)
		if err == nil {
			f.Close()
			t.Errorf("%q was opened", name)
		} else if errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v, which reads as if there were none", name, err)
		}
	}
	if _, err := files.Open(context.Background(), "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not say that there is no such file", err)
	}
}
