package main

import (
	"strconv"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/lint"
	"github.com/numalens/numalens/pkg/export"
)

// settleTime after the start, a command has pinned itself if it means to, or
// been pinned by its launcher, and interrupts have shown where they fire.
const settleTime = time.Second

// interruptWatch counts devices' interrupts from its beginning on.
type interruptWatch struct {
	roots collect.Roots
	first *hostinfo.Interrupts // nil where they cannot be read
	begun time.Time
}

func watchInterrupts(roots collect.Roots) *interruptWatch {
	first, err := hostinfo.ReadInterrupts(roots)
	if err != nil {
		first = nil // a container may hide them; then nothing is said of them
	}
	return &interruptWatch{roots: roots, first: first, begun: time.Now()}
}

func (w *interruptWatch) elapsed() time.Duration { return time.Since(w.begun) }

// enter writes down what fired until now.
func (w *interruptWatch) enter(a *export.AsFound) {
	if w.first == nil {
		return
	}
	if now, err := hostinfo.ReadInterrupts(w.roots); err == nil {
		a.Interrupts, a.InterruptsNS = now.Since(w.first, w.roots), int64(w.elapsed())
	}
}

// settling is what is looked at again a moment after the start.
type settling struct {
	info  *hostinfo.Info
	pid   int // of the recorded command; 0 is none
	fired *interruptWatch
	due   time.Time
}

func (s *settling) look(m *export.Manifest) {
	if s.pid != 0 {
		// One that has ended keeps what it inherited.
		if p, ok := hostinfo.PinningOf(s.fired.roots, strconv.Itoa(s.pid)); ok {
			s.info.Pinning = p
		}
	}
	s.fired.enter(&s.info.AsFound)
	enterFindings(m, s.info, s.pid != 0)
}

// enterFindings judges the host as it is known by now. Without a command
// there is no workload whose place could be judged.
func enterFindings(m *export.Manifest, info *hostinfo.Info, workload bool) {
	asFound := info.AsFound
	m.Pinning, m.AsFound = info.Pinning, &asFound
	m.Findings = lint.Check(lint.Of(info, workload))
}
