package faults

import (
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
)

// TestPause: what faults in a pause is not seen, what faults after it is.
func TestPause(t *testing.T) {
	c, _ := open(t, options(t))
	var before, within, after collecttest.Rows
	if err := c.Pause(&before, "for a test"); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.cpus {
		if len(p.events) > 0 {
			t.Errorf("CPU %d is still sampled", p.id)
		}
	}
	touchPages(t)
	c.Drain(&within)
	if len(within.Samples) > 0 {
		t.Errorf("%d samples came in the pause", len(within.Samples))
	}
	if err := c.Resume(&after, "for a test"); err != nil {
		t.Fatal(err)
	}
	pid := touchPages(t)
	time.Sleep(20 * time.Millisecond)
	c.Finish(&after)
	mine := 0
	for _, s := range after.Samples {
		if s.PID == pid {
			mine++
		}
	}
	if mine < 200 {
		t.Errorf("%d faults of 200 pages after the pause", mine)
	}
	if n := append(before.Notes, after.Notes...); len(n) < 2 || n[0].Kind != export.NoteStop || n[0].Table != export.TableSamples || n[1].Kind != export.NoteStart {
		t.Errorf("notes %+v", n)
	}
}

// touchPages has a process touch 200 pages.
func touchPages(t *testing.T) int32 {
	t.Helper()
	w := collecttest.Workload{Pages: 200, Threads: 1}.Start(t)
	if err := w.Release(); err != nil {
		t.Fatal(err)
	}
	w.Result(t)
	w.End(t)
	return int32(w.PID)
}
