package export

import (
	"math"
	"path/filepath"
	"testing"
)

// Every bit of a number that another tool printed comes back, from a tail and
// from a sealed segment, by our own reader.
func TestFiguresComeBackAsTheyWere(t *testing.T) {
	values := []float64{0, math.Copysign(0, -1), 0.1 + 0.2, 1e300, -5e-324, 9007199254740993, math.MaxFloat64}
	root := t.TempDir()
	w, err := Create(WriterOptions{Root: root, KeepFreeBytes: -1}, Manifest{Host: "h", Run: "r"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range values {
		w.Figure(FigureRow{TS: int64(i) + 1, Time: TimePrinted, ElapsedNS: -1, Value: x, RunningNS: -1, Running: -1, Variance: -1})
	}
	w.Figure(FigureRow{TS: 100, Time: TimePrinted, Null: true, Why: "<not counted>", Running: 0.5})
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	check := func(v vector) {
		t.Helper()
		if len(v.values) != len(values)+1 || !v.isNull(len(values)) {
			t.Fatalf("got %d values, null %v", len(v.values), v.null)
		}
		for i, x := range values {
			if uint64(v.values[i]) != math.Float64bits(x) || v.isNull(i) {
				t.Errorf("value %d: got %v, want %v", i, math.Float64frombits(uint64(v.values[i])), x)
			}
		}
	}
	f := openFile(t, filepath.Join(root, "h", "r", "figures.000001.arrows"))
	err = newTailReader().advance(f, f.Size(), []string{"value"}, func(_ int, cols []vector) error {
		check(cols[0])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Seal(nil); err != nil {
		t.Fatal(err)
	}
	s, err := openSealed(openFile(t, filepath.Join(root, "h", "r", "figures.000001.parquet")))
	if err != nil {
		t.Fatal(err)
	}
	cols, err := s.columns(0, []string{"value"})
	if err != nil {
		t.Fatal(err)
	}
	check(cols[0])
}

func openFile(t *testing.T, path string) File {
	t.Helper()
	d, err := Dir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Open(t.Context(), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
