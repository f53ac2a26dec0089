package collect

import (
	"fmt"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// Schedule says when which collector is to be drained. Every collector is due
// at the multiples of its period, counted from the same moment, so that their
// ticks coincide and the process wakes as seldom as it can.
//
// It keeps no timer and no goroutine: the caller waits, then calls Drain.
type Schedule struct {
	clock   export.Clock
	start   time.Time
	entries []entry
	wake    chan struct{} // nil without a Waker
}

type entry struct {
	collector Collector
	next      time.Time
	broken    bool
}

// NewSchedule lays out the collectors' ticks from start on. The clock dates
// its notes. Nil collectors are left out, so that the results of Open can be
// passed as they are.
func NewSchedule(clock export.Clock, start time.Time, collectors ...Collector) *Schedule {
	s := &Schedule{clock: clock, start: start}
	for _, c := range collectors {
		if c == nil {
			continue
		}
		e := entry{collector: c}
		e.advance(start, start)
		s.entries = append(s.entries, e)
		if w, ok := c.(Waker); ok {
			if s.wake == nil {
				s.wake = make(chan struct{}, 1)
			}
			w.Notify(s.wake)
		}
	}
	return s
}

// Wake tells that a collector should be drained early, by DrainWoken.
func (s *Schedule) Wake() <-chan struct{} { return s.wake }

// DrainWoken drains the collectors that can ask for it. Their ticks stay
// where they are.
func (s *Schedule) DrainWoken(sink Sink) {
	for i := range s.entries {
		e := &s.entries[i]
		if _, ok := e.collector.(Waker); ok && !e.broken {
			s.note(e, e.collector.Drain(sink), sink)
		}
	}
}

// Begin drains every collector before its first tick, so that what is read
// once a period also has a reading from before the recorded command.
func (s *Schedule) Begin(sink Sink) {
	for i := range s.entries {
		e := &s.entries[i]
		s.note(e, e.collector.Drain(sink), sink)
	}
}

// Next is the earliest tick; ok is false when nothing is left to drain.
func (s *Schedule) Next() (t time.Time, ok bool) {
	for i := range s.entries {
		e := &s.entries[i]
		if !e.broken && (!ok || e.next.Before(t)) {
			t, ok = e.next, true
		}
	}
	return t, ok
}

// Drain drains the collectors that are due. One that fails is noted and not
// called again.
func (s *Schedule) Drain(now time.Time, sink Sink) {
	for i := range s.entries {
		e := &s.entries[i]
		if e.broken || e.next.After(now) {
			continue
		}
		s.note(e, e.collector.Drain(sink), sink)
		e.advance(s.start, now)
	}
}

// Finish drains every collector for the last time.
func (s *Schedule) Finish(sink Sink) {
	for i := range s.entries {
		if e := &s.entries[i]; !e.broken {
			s.note(e, e.collector.Finish(sink), sink)
		}
	}
}

// advance sets the next tick after now. Ticks that were missed are skipped,
// not made up for: a burst of late readings would tell nothing.
func (e *entry) advance(start, now time.Time) {
	period := max(e.collector.Period(), time.Millisecond)
	passed := now.Sub(start) / period
	e.next = start.Add((passed + 1) * period)
}

func (s *Schedule) note(e *entry, err error, sink Sink) {
	if err == nil {
		return
	}
	e.broken = true
	sink.Note(export.Note{
		TS:   s.clock.Wall(MonotonicNS()),
		Kind: export.NoteDrop,
		Text: fmt.Sprintf("%s stopped: %v", e.collector.Name(), err),
	})
}
