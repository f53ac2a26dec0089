package main

import (
	"testing"
	"time"
)

func TestEveryWorkCanBeDone(t *testing.T) {
	for kind, begin := range works {
		do, err := begin()
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		for path := range paths {
			// More pages than are mapped at once.
			if err := byPath(path, 5, func() error { return do(200) }); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}

func TestPacedProgramsCount(t *testing.T) {
	p, err := startPaced("kmalloc", 2000, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	for range 1000 {
		if p.operations() >= 100 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d operations", p.operations())
}

func TestWorkerTellsItsTime(t *testing.T) {
	w, err := startWorker("growslice", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.stop()
	for range 2 {
		if ns, err := w.do(10_000); err != nil || ns <= 0 {
			t.Errorf("%g ns, %v", ns, err)
		}
	}
}

func TestHeldByNobody(t *testing.T) {
	if ids, err := heldBy(1<<30, "prog_id"); err != nil || len(ids) > 0 {
		t.Errorf("%v, %v", ids, err)
	}
}
