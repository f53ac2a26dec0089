package counters

import (
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
)

// TestPause: nothing is open and nothing comes between the two, and what comes
// after is a new epoch that begins at 0.
func TestPause(t *testing.T) {
	for _, method := range []Method{Both, KernelTimer, SystemCall} {
		t.Run(method.String(), func(t *testing.T) {
			o := options(t)
			o.Method = method
			c, _ := openCPUs(t, o)
			var before, within, after collecttest.Rows
			time.Sleep(50 * time.Millisecond)
			for range 2 { // twice is once
				if err := c.Pause(&before, "for a test"); err != nil {
					t.Fatal(err)
				}
			}
			for _, p := range c.cpus {
				if len(p.groups) > 0 || p.ring != nil {
					t.Errorf("CPU %d is still counted", p.id)
				}
			}
			c.Drain(&within)
			time.Sleep(20 * time.Millisecond)
			c.Finish(&within)
			if len(within.Counters)+len(within.Notes) > 0 {
				t.Errorf("in the pause came %+v", within)
			}
			for range 2 {
				if err := c.Resume(&after, "for a test"); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(50 * time.Millisecond)
			c.Finish(&after)
			checkSeries(t, before.Counters, len(o.CPUs))
			checkSeries(t, after.Counters, len(o.CPUs))
			for _, r := range after.Counters {
				if r.Epoch != 1 {
					t.Fatalf("epoch %d after the pause", r.Epoch)
				}
			}
			if n := append(before.Notes, after.Notes...); len(n) != 2 || n[0].Kind != export.NoteStop || n[1].Kind != export.NoteStart || n[0].Table != export.TableCounters {
				t.Errorf("notes %+v", n)
			}
		})
	}
}

// TestACPUThatIsRefusedAfterAPauseIsTriedAgain.
func TestACPUThatIsRefusedAfterAPauseIsTriedAgain(t *testing.T) {
	c, _ := openCPUs(t, options(t))
	var rows collecttest.Rows
	if err := c.Pause(&rows, "for a test"); err != nil {
		t.Fatal(err)
	}
	granted := c.groups
	c.groups = []events.Group{{Name: "no such", Events: []events.Event{{Name: "none", Spec: "none", Type: 1 << 30}}}}
	c.Resume(&rows, "for a test")
	c.groups = granted
	if p := c.cpus[0]; len(p.groups) > 0 || !p.refused {
		t.Fatalf("%+v", p)
	}
	c.tryRefused(int64(time.Hour), &rows)
	if p := c.cpus[0]; len(p.groups) == 0 || p.refused {
		t.Fatalf("%+v", p)
	}
	time.Sleep(20 * time.Millisecond)
	rows = collecttest.Rows{}
	c.Finish(&rows)
	checkSeries(t, rows.Counters, len(c.cpus))
}

// TestPauseOfACommand: its counts go on from where they were, in another
// epoch, and what it did in the pause is in none.
func TestPauseOfACommand(t *testing.T) {
	o := options(t)
	o.CommandOnly = true
	w := collecttest.Workload{Pages: 300, Threads: 1, Hold: true}.Start(t)
	o.Command = w.PID
	opened, report, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if opened == nil {
		w.Cancel()
		t.Skipf("[root] a command may not be counted here: %v", report.Unavailable)
	}
	defer opened.Close()
	c := opened.(*Collector)
	var rows collecttest.Rows
	if err := w.Release(); err != nil {
		t.Fatal(err)
	}
	w.Result(t)
	if err := c.Pause(&rows, "for a test"); err != nil {
		t.Fatal(err)
	}
	faults := total(rows.Counters, report.Groups, "minor-faults")
	if faults < 300 {
		t.Errorf("%d faults before the pause, want 300 and more", faults)
	}
	if err := c.Resume(&rows, "for a test"); err != nil {
		t.Fatal(err)
	}
	w.End(t)
	c.Finish(&rows)
	if n := total(rows.Counters, report.Groups, "minor-faults"); n < faults {
		t.Errorf("%d faults after the pause, and %d before", n, faults)
	}
	last := rows.Counters[len(rows.Counters)-1]
	if last.Epoch != 1 {
		t.Errorf("epoch %d after the pause", last.Epoch)
	}
}
