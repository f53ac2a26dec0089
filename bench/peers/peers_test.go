package main

import (
	"testing"
)

// TestAnswersAgree asks every peer that is here about one minute of a small
// host: their answers are compared with the truth, and all questions are timed
// once. That the times mean something is not for a test.
func TestAnswersAgree(t *testing.T) {
	b := bench{cpus: 8, columns: 50, runs: 1, dir: t.TempDir()}
	if err := b.choose(""); err != nil {
		t.Fatal(err)
	}
	if len(b.peers) == 1 {
		t.Log("[prometheus, victoria-metrics, python] no other store is installed: numalens is compared with the truth alone")
	}
	if err := b.compare("10m"); err != nil {
		t.Fatal(err)
	}
}

func TestCheckRefusesWrongCells(t *testing.T) {
	want := [][]float64{{1, 2, 3, 4}}
	for name, got := range map[string][][]float64{
		"another number": {{1, 2, 3, 5}}, "a row less": {}, "a column less": {{1, 2, 3}},
	} {
		if text, err := check(got, want, tolerance{1e-9, 1e-9}); err == nil {
			t.Errorf("%s passes: %s", name, text)
		}
	}
	if _, err := check(want, want, tolerance{1e-9, 1e-9}); err != nil {
		t.Error(err)
	}
}
