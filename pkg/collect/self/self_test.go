package self

import (
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

type rows struct {
	collect.TraceSink
	counters []export.CounterRow
}

func (r *rows) Counter(c export.CounterRow) {
	c.Values = append([]int64(nil), c.Values...)
	r.counters = append(r.counters, c)
}
func (*rows) Node(export.NodeRow)  {}
func (*rows) Sample(export.Sample) {}

func (*rows) Placement(export.PlacementRow) {}
func (*rows) Note(export.Note)              {}

func TestCountsItsOwnTime(t *testing.T) {
	clock, err := collect.ReadClock()
	if err != nil {
		t.Fatal(err)
	}
	c, report, err := Open(Options{Clock: clock, FirstGroup: 3})
	if err != nil {
		t.Fatal(err)
	}
	var got rows
	if err := c.Drain(&got); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); time.Since(begin) < 50*time.Millisecond; {
	}
	time.Sleep(time.Millisecond)
	if err := c.Finish(&got); err != nil {
		t.Fatal(err)
	}
	a, b := got.counters[0], got.counters[1]
	if a.Group != 3 || a.Scope != export.ScopeAgent || len(a.Values) != len(report.Groups[0].Events) {
		t.Errorf("row %+v", a)
	}
	if used := b.Values[0] - a.Values[0]; used <= 0 || used > 4*(b.TS-a.TS) {
		t.Errorf("%d ns of CPU within %d ns", used, b.TS-a.TS)
	}
	if b.TS <= a.TS || b.Running != b.Enabled || b.Enabled <= a.Enabled {
		t.Errorf("times %+v, then %+v", a, b)
	}
	// A sleep may be woken by another thread's tick, but never makes it less.
	if b.Values[1] < a.Values[1] {
		t.Errorf("wake-ups went from %d to %d", a.Values[1], b.Values[1])
	}
}
