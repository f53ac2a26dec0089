package collect

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

type fakeCollector struct {
	name     string
	period   time.Duration
	drains   int
	finishes int
	err      error
}

func (f *fakeCollector) Name() string          { return f.name }
func (f *fakeCollector) Period() time.Duration { return f.period }
func (f *fakeCollector) Drain(Sink) error      { f.drains++; return f.err }
func (f *fakeCollector) Finish(Sink) error     { f.finishes++; return f.err }
func (f *fakeCollector) Close() error          { return nil }

type notesSink struct {
	TraceSink
	notes []export.Note
}

func (s *notesSink) Counter(export.CounterRow) {}
func (s *notesSink) Node(export.NodeRow)       {}
func (s *notesSink) Sample(export.Sample)      {}

func (s *notesSink) Placement(export.PlacementRow) {}
func (s *notesSink) Note(n export.Note)            { s.notes = append(s.notes, n) }

func TestScheduleTicksCoincide(t *testing.T) {
	start := time.Unix(1000, 0)
	slow := &fakeCollector{name: "slow", period: time.Second}
	quick := &fakeCollector{name: "quick", period: 250 * time.Millisecond}
	s := NewSchedule(export.Clock{}, start, slow, nil, quick)
	sink := &notesSink{}
	var ticks []time.Duration
	for range 8 {
		next, ok := s.Next()
		if !ok {
			t.Fatal("nothing left to drain")
		}
		ticks = append(ticks, next.Sub(start))
		s.Drain(next, sink)
	}
	want := []time.Duration{250e6, 500e6, 750e6, 1000e6, 1250e6, 1500e6, 1750e6, 2000e6}
	if !reflect.DeepEqual(ticks, want) {
		t.Errorf("ticks %v, want %v", ticks, want)
	}
	if slow.drains != 2 || quick.drains != 8 {
		t.Errorf("drained %d and %d times, want 2 and 8", slow.drains, quick.drains)
	}
}

func TestScheduleBeginsBeforeTheFirstTick(t *testing.T) {
	start := time.Unix(1000, 0)
	c := &fakeCollector{period: time.Second}
	broken := &fakeCollector{name: "broken", period: time.Second, err: errors.New("gone")}
	s := NewSchedule(export.Clock{}, start, c, broken)
	sink := &notesSink{}
	s.Begin(sink)
	if c.drains != 1 || len(sink.notes) != 1 {
		t.Errorf("drained %d times with %d notes, want once, and a note of the one that failed", c.drains, len(sink.notes))
	}
	if next, _ := s.Next(); next != start.Add(time.Second) {
		t.Errorf("the first tick is at %v, want a period after the start", next)
	}
	s.Drain(start.Add(time.Second), sink)
	if c.drains != 2 || broken.drains != 1 {
		t.Errorf("drained %d and %d times, want 2, and not again after a failure", c.drains, broken.drains)
	}
}

func TestScheduleSkipsMissedTicks(t *testing.T) {
	start := time.Unix(1000, 0)
	c := &fakeCollector{period: time.Second}
	s := NewSchedule(export.Clock{}, start, c)
	s.Drain(start.Add(7300*time.Millisecond), &notesSink{})
	if next, _ := s.Next(); next.Sub(start) != 8*time.Second {
		t.Errorf("next tick after %v, want 8s", next.Sub(start))
	}
	if c.drains != 1 {
		t.Errorf("drained %d times, want once", c.drains)
	}
}

// TestPeriodMayChange: what a collector wants after a drain holds at once.
func TestPeriodMayChange(t *testing.T) {
	start := time.Unix(1000, 0)
	c := &fakeCollector{period: time.Second}
	s := NewSchedule(export.Clock{}, start, c)
	s.Drain(start.Add(time.Second), &notesSink{})
	if next, _ := s.Next(); next.Sub(start) != 2*time.Second {
		t.Errorf("next tick after %v, want 2s", next.Sub(start))
	}
	c.period = 100 * time.Millisecond
	s.Drain(start.Add(2*time.Second), &notesSink{})
	if next, _ := s.Next(); next.Sub(start) != 2100*time.Millisecond {
		t.Errorf("next tick after %v, want 2.1s", next.Sub(start))
	}
}

func TestScheduleLeavesOutBrokenCollector(t *testing.T) {
	start := time.Unix(1000, 0)
	bad := &fakeCollector{name: "bad", period: time.Second, err: errors.New("cpu 3: no such device")}
	good := &fakeCollector{name: "good", period: time.Second}
	s := NewSchedule(export.Clock{}, start, bad, good)
	sink := &notesSink{}
	for i := 1; i <= 3; i++ {
		s.Drain(start.Add(time.Duration(i)*time.Second), sink)
	}
	s.Finish(sink)
	if bad.drains != 1 || bad.finishes != 0 || good.drains != 3 || good.finishes != 1 {
		t.Errorf("bad %d/%d, good %d/%d drains/finishes", bad.drains, bad.finishes, good.drains, good.finishes)
	}
	if len(sink.notes) != 1 || !strings.Contains(sink.notes[0].Text, "bad stopped: cpu 3") {
		t.Errorf("notes %+v, want one that names the collector and the reason", sink.notes)
	}
}

type fakeWaker struct {
	fakeCollector
	wake chan<- struct{}
}

func (f *fakeWaker) Notify(c chan<- struct{}) { f.wake = c }

func TestWokenCollectorIsDrainedEarly(t *testing.T) {
	start := time.Unix(1000, 0)
	plain := &fakeCollector{period: time.Second}
	waker := &fakeWaker{fakeCollector: fakeCollector{period: time.Second}}
	s := NewSchedule(export.Clock{}, start, plain, waker)
	waker.wake <- struct{}{}
	<-s.Wake()
	s.DrainWoken(&notesSink{})
	if plain.drains != 0 || waker.drains != 1 {
		t.Errorf("drained %d and %d times, want 0 and 1", plain.drains, waker.drains)
	}
	if next, _ := s.Next(); next.Sub(start) != time.Second {
		t.Errorf("the tick moved to %v", next.Sub(start))
	}
	if NewSchedule(export.Clock{}, start, plain).Wake() != nil {
		t.Error("a channel that nobody sends to")
	}
}
