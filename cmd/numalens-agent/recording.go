package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/series"
)

const (
	flushPeriod   = time.Second
	publishPeriod = time.Minute
	maxSameSecond = 100
)

// recording is one run from its first row to its seal. It is used from one
// goroutine, which sleeps until the next tick.
type recording struct {
	writer   *export.Writer
	set      *collectorSet
	schedule *collect.Schedule
	sink     *countingSink
	clock    export.Clock
	cost     cost
	missing  []numa.Unavailable
	took     time.Duration // from the first tick to the end, without the seal
	settling *settling     // nil once that is done
	pausing  pausing
	feed     *feed // nil is none

	nextFlush, nextPublish time.Time
}

// begin opens the collectors and makes the run.
func begin(s *settings, info *hostinfo.Info, command []string, pid int) (*recording, error) {
	clock, err := collect.ReadClock()
	if err != nil {
		return nil, err
	}
	set, err := openCollectors(s, info, clock, command, pid)
	if err != nil {
		return nil, err
	}
	m, err := manifest(s, info, clock, command)
	if err != nil {
		set.close()
		return nil, err
	}
	columns := set.describe(&m)
	enterFindings(&m, info, pid != 0)
	enterCalibration(s, info, &m)
	w, err := create(s, m, columns)
	if err != nil {
		set.close()
		return nil, err
	}
	now := time.Now()
	r := &recording{
		writer:      w,
		set:         set,
		schedule:    collect.NewSchedule(clock, now, set.collectors...),
		sink:        &countingSink{Writer: w},
		clock:       clock,
		cost:        startCost(),
		missing:     m.Unavailable,
		pausing:     pausing{path: export.PausePath(s.out, m.Host)},
		settling:    &settling{info: info, pid: pid, fired: watchInterrupts(s.roots), due: now.Add(settleTime)},
		nextFlush:   now.Add(flushPeriod),
		nextPublish: now.Add(publishPeriod),
	}
	if s.feed != nil {
		s.feed.begin(&m, columns)
		r.feed, r.sink.series = s.feed, s.feed.run
	}
	r.note(export.NoteStart, "recording began")
	r.schedule.Begin(r.sink)
	// The first batch costs most, as what encodes it is made for it. The
	// command is still held back.
	if err := w.Flush(); err != nil {
		set.close()
		return nil, err
	}
	return r, nil
}

// create makes the run's directory. Names tell seconds apart; a run of the
// same name that began in the same second gets a number.
func create(s *settings, m export.Manifest, columns []string) (*export.Writer, error) {
	name := m.Run
	for n := 2; ; n++ {
		w, err := export.Create(s.writerOptions(), m, columns)
		if !errors.Is(err, fs.ErrExist) || n > maxSameSecond {
			return w, err
		}
		m.Run = fmt.Sprintf("%s-%d", name, n)
	}
}

func manifest(s *settings, info *hostinfo.Info, clock export.Clock, command []string) (export.Manifest, error) {
	host, err := s.hostName(info)
	if err != nil {
		return export.Manifest{}, err
	}
	agent := export.Agent{Version: version, Commit: commit()}
	agent.SetAgentProcess()
	return export.Manifest{
		Host:        host,
		Run:         export.RunName(time.Unix(0, clock.WallNS), s.name),
		Name:        s.name,
		Labels:      s.labels,
		StartNS:     clock.WallNS,
		Command:     command,
		BootID:      info.BootID,
		Kernel:      info.Kernel,
		Arch:        info.Arch,
		CPUModel:    info.CPUModel,
		Emulated:    info.Emulated,
		Clock:       clock,
		Topology:    info.Topology,
		Pinning:     info.Pinning,
		Unavailable: info.Unavailable,
		Agent:       agent,
	}, nil
}

// until records until stop is closed or the deadline, if there is one, has
// passed. An error means that nothing more can be written, and what was
// written stays.
func (r *recording) until(stop <-chan struct{}, deadline time.Time) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next, last := r.next(), false
		if !deadline.IsZero() && !deadline.After(next) {
			next, last = deadline, true
		}
		timer.Reset(time.Until(next))
		select {
		case <-stop:
			return nil
		case <-r.schedule.Wake():
			r.schedule.DrainWoken(r.sink)
			continue
		case <-timer.C:
		}
		if last {
			return nil
		}
		if err := r.tick(time.Now()); err != nil {
			return err
		}
	}
}

// next is the next moment with something to do. Ticks of collectors fall on
// the flush's where they can, so that this is mostly one a second.
func (r *recording) next() time.Time {
	if t, ok := r.schedule.Next(); ok && t.Before(r.nextFlush) {
		return t
	}
	return r.nextFlush
}

func (r *recording) tick(now time.Time) error {
	r.schedule.Drain(now, r.sink)
	if now.Before(r.nextFlush) {
		return nil
	}
	// Seconds that were missed are skipped, as the schedule's are.
	r.nextFlush = r.nextFlush.Add(now.Sub(r.nextFlush).Truncate(flushPeriod) + flushPeriod)
	if err := r.followPause(now); err != nil {
		return err
	}
	r.feedTick()
	if err := r.writer.Flush(); err != nil {
		return err
	}
	if s := r.settling; s != nil && !now.Before(s.due) {
		r.settling = nil
		if err := r.writer.Update(s.look); err != nil {
			return err
		}
	}
	if now.Before(r.nextPublish) {
		return nil
	}
	r.nextPublish = now.Add(publishPeriod)
	return r.writer.Update(func(m *export.Manifest) { r.cost.publish(&m.Agent) })
}

// feedTick gives the series what is due.
func (r *recording) feedTick() {
	if r.feed == nil {
		return
	}
	r.feed.tick(r.now(), r.pausing.now != nil && r.pausing.now.Faults)
	if n, ok := r.feed.losses(r.now()); ok {
		r.sink.Note(n)
	}
}

// note records a moment of the run.
func (r *recording) note(kind export.NoteKind, text string) {
	r.sink.Note(export.Note{TS: r.now(), Kind: kind, Text: text})
}

func (r *recording) now() int64 { return r.clock.Wall(collect.MonotonicNS()) }

// end takes the totals and seals the run. cause is what stopped the recording
// early, if something did; exitStatus is the command's, if there was one.
func (r *recording) end(cause error, exitStatus *int) error {
	if cause == nil {
		r.schedule.Finish(r.sink)
		r.note(export.NoteStop, "recording ended")
	}
	ended := r.now()
	if r.feed != nil {
		r.feed.end(ended)
	}
	r.took = time.Since(r.cost.start)
	r.set.close()
	err := r.writer.Seal(func(m *export.Manifest) {
		m.EndNS = ended
		m.ExitStatus = exitStatus
		m.Paused = nil
		if r.settling != nil {
			r.settling.look(m)
		}
		r.cost.publish(&m.Agent)
	})
	if cause != nil {
		return cause
	}
	return err
}

// countingSink counts the rows on their way to the writer, and what collectors
// say that they lost.
type countingSink struct {
	*export.Writer
	series    *series.Run // nil is none
	rows      int64
	losses    int
	firstLoss string
}

func (s *countingSink) Note(n export.Note) {
	if n.Kind == export.NoteDrop {
		if s.losses++; s.losses == 1 {
			s.firstLoss = n.Text
		}
	}
	s.Writer.Note(n)
}

func (s *countingSink) Counter(r export.CounterRow) {
	s.rows++
	if s.series != nil {
		s.series.Counter(&r)
	}
	s.Writer.Counter(r)
}

func (s *countingSink) Node(r export.NodeRow) {
	s.rows++
	if s.series != nil {
		s.series.Node(&r)
	}
	s.Writer.Node(r)
}

func (s *countingSink) Sample(r export.Sample) {
	s.rows++
	if s.series != nil {
		s.series.Sample(&r)
	}
	s.Writer.Sample(r)
}

func (s *countingSink) Placement(r export.PlacementRow) {
	s.rows++
	s.Writer.Placement(r)
}

func (s *countingSink) Allocation(r export.Allocation) { s.rows++; s.Writer.Allocation(r) }
func (s *countingSink) Event(r export.Event)           { s.rows++; s.Writer.Event(r) }
func (s *countingSink) Migration(r export.Migration)   { s.rows++; s.Writer.Migration(r) }

// full tells whether an error means that the disk is.
func full(err error) bool {
	var f *export.FullError
	return errors.As(err, &f)
}
