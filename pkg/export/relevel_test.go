package export

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// levelText draws every row of every level, in the order of its series.
func levelText(t *testing.T, root string) string {
	t.Helper()
	m := loadManifest(t, root)
	var lines []string
	for _, s := range m.Segments {
		if !isLevel(s.Table) {
			continue
		}
		f, err := os.Open(filepath.Join(runDir(root), s.File))
		ok(t, err)
		st, err := f.Stat()
		ok(t, err)
		columns := slices.Concat(levelKeys, []string{"a", "b", "x"})
		ok(t, eachChunk(&dirFile{File: f, size: st.Size()}, s, columns, func(rows int, cols []vector) error {
			for r := range rows {
				line := s.Table
				for i := range cols {
					switch {
					case cols[i].words != nil:
						line += " " + cols[i].text(r)
					case cols[i].isNull(r):
						line += " null"
					default:
						line += fmt.Sprintf(" %020d", cols[i].values[r])
					}
				}
				lines = append(lines, line)
			}
			return nil
		}))
		ok(t, f.Close())
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestLevelsMadeAnew takes a run's levels away: what is made of its rows is
// what the writer made as they came.
func TestLevelsMadeAnew(t *testing.T) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 31))
		root := t.TempDir()
		w := create(t, testOptions(root), wildManifest)
		levelRun(t, w, rng, 8000, func(map[int32][]reading) {
			if rng.IntN(50) == 0 {
				ok(t, w.Rotate())
			}
		})
		ok(t, w.Seal(nil))
		before := levelText(t, root)
		if done := MakeLevels(root); len(done) != 0 {
			t.Fatalf("made levels where there were some: %v", done)
		}
		m := loadManifest(t, root)
		m.Segments = slices.DeleteFunc(m.Segments, func(s Segment) bool { return isLevel(s.Table) })
		ok(t, writeJSON(filepath.Join(runDir(root), manifestFile), false, m))
		levels, err := filepath.Glob(filepath.Join(runDir(root), "counters_*"))
		ok(t, err)
		for _, l := range levels {
			ok(t, os.Remove(l))
		}
		if done := MakeLevels(root); len(done) != 1 || done[0].Err != nil {
			t.Fatalf("%v", done)
		}
		after := levelText(t, root)
		if strings.Count(after, "\n") < 1000 || after != before {
			a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					t.Fatalf("%d rows, now %d; row %d was\n%s\nand is\n%s", len(a), len(b), i, a[i], b[i])
				}
			}
			t.Fatalf("%d rows, now %d", len(a), len(b))
		}
		sound(t, root)
	}
}
