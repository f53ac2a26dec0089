package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// pausing is the recording's side of `pause`: a file is looked for once a
// second. That costs a microsecond, and needs no signal, whose sender would
// have to be the same user in the same container, and no port.
type pausing struct {
	path string
	seen unix.Stat_t // of the file as it was read; its zero is none
	// now is what is paused, until when by the monotonic clock; nil is nothing.
	now   *export.Pause
	until time.Time
}

// wanted is the pause that is asked for at a moment; nil is none. A pause that
// is over takes its file away.
func (p *pausing) wanted(now time.Time) (*export.Pause, time.Time) {
	var st unix.Stat_t
	if err := unix.Lstat(p.path, &st); err != nil {
		p.seen = unix.Stat_t{}
		return nil, time.Time{}
	}
	if p.now != nil && st.Ino == p.seen.Ino && st.Mtim == p.seen.Mtim && st.Size == p.seen.Size {
		if now.Before(p.until) {
			return p.now, p.until
		}
		// Where it cannot be removed, it is past all the same.
		_ = os.Remove(p.path)
		return nil, time.Time{}
	}
	asked, err := export.ReadPause(p.path)
	left := asked.Left(now)
	if err != nil || left <= 0 {
		return nil, time.Time{}
	}
	p.seen = st
	return &asked, now.Add(left)
}

// followPause pauses and resumes. A failure to close events is noted and is
// no reason to end the recording.
func (r *recording) followPause(now time.Time) error {
	p := &r.pausing
	want, until := p.wanted(now)
	if want == p.now {
		return nil
	}
	for _, c := range r.set.collectors {
		one, ok := c.(collect.Pauser)
		if !ok {
			continue
		}
		var err error
		switch was, is := rests(p.now, c), rests(want, c); {
		case is && !was:
			err = one.Pause(r.sink, pauseReason(want))
		case was && !is:
			err = one.Resume(r.sink, resumeReason(p, now))
		}
		if err != nil {
			r.note(export.NoteMark, fmt.Sprintf("%s: %v", c.Name(), err))
		}
	}
	if p.now != nil && want != nil {
		r.note(export.NoteMark, pauseReason(want)+", in place of the one before")
	}
	p.now, p.until = want, until
	return r.writer.Update(func(m *export.Manifest) { m.Paused = want })
}

// rests tells whether a collector does in a pause. Fault samples need no PMU,
// and rest by choice only.
func rests(p *export.Pause, c collect.Collector) bool {
	return p != nil && (c.Name() != "faults" || p.Faults)
}

func pauseReason(p *export.Pause) string {
	text := "paused until " + utc(p.UntilNS)
	if p.By != "" {
		text += " by " + p.By
	}
	return text
}

func resumeReason(p *pausing, now time.Time) string {
	if now.Before(p.until) {
		return "the pause was ended"
	}
	return "the pause is over"
}

func utc(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339) }

// forget takes away what a pause that is over has left; one that still
// lasts is kept.
func (p *pausing) forget() {
	asked, err := export.ReadPause(p.path)
	if !errors.Is(err, fs.ErrNotExist) && asked.Left(time.Now()) <= 0 {
		_ = os.Remove(p.path)
	}
}
