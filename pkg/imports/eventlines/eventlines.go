// Package eventlines reads single events as lines of JSON, in a form of our
// own: what a program reads from the ring buffer of its own BPF probe, or the
// table events of a run, written out. Each line is an object whose members
// are that table's columns.
//
// It makes no sums of them: the table allocations is of every event, and
// lines may be a sample.
package eventlines

import (
	"bytes"
	"fmt"
	"io"
	"regexp"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
)

// Format is such lines.
func Format() imports.Format {
	return imports.Format{Name: "event-lines", Doc: "events of probes, one JSON object a line, with the columns of the table events", Detect: detect, Read: read}
}

var (
	hasTS   = regexp.MustCompile(`"ts":\s*["\d-]`)
	hasKind = regexp.MustCompile(`"kind":\s*"`)
)

func detect(head []byte) int {
	line, _, whole := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"), []byte("\n"))
	if len(line) == 0 || line[0] != '{' {
		return 0
	}
	if _, err := parse(line); err == nil {
		return 95
	}
	// A line that is wrong is still one of these, so that what is wrong with
	// it is told.
	if hasTS.Match(line) && hasKind.Match(line) {
		return 60
	}
	if !whole && (hasTS.Match(line) || hasKind.Match(line)) {
		return 10
	}
	return 0
}

func read(r io.Reader, s imports.Sink) error {
	l := lines{Lines: imports.NewLines(r), sink: s, kinds: map[export.Traced]bool{}}
	for l.Next() {
		if err := l.event(); err != nil {
			return err
		}
	}
	if err := l.Err(); err != nil {
		s.Warn(l.Number(), fmt.Sprintf("the file ends here before its end: %v", err))
	}
	if l.bad != nil {
		s.Warn(l.bad.Line, "the file ends within this line: it is left out")
	}
	return nil
}

// maxKinds is more than any probe tells apart.
const maxKinds = 64

// sinceEpoch is the least number that is a time since the epoch, ns: in 1973.
// A monotonic clock gets there after three years.
const sinceEpoch = int64(1e17)

type lines struct {
	*imports.Lines
	sink  imports.Sink
	bad   *imports.SyntaxError // of a line that may be cut: the last one
	begun bool
	epoch bool // times are since the epoch
	kinds map[export.Traced]bool
}

func (l *lines) event() error {
	if l.bad != nil {
		return l.bad // it was not the last
	}
	line := bytes.TrimSpace(l.Bytes())
	if len(line) == 0 {
		return nil
	}
	e, err := parse(line)
	if err != nil {
		wrong := &imports.SyntaxError{Line: l.Number(), Expected: "an event: " + err.Error(), Found: fmt.Sprintf("%.200s", line)}
		if l.Cut() {
			l.bad = wrong
			return nil
		}
		return wrong
	}
	if l.kinds[e.Kind] = true; len(l.kinds) > maxKinds {
		return l.Wrong(fmt.Sprintf("no more than %d kinds", maxKinds))
	}
	switch epoch := e.TS >= sinceEpoch; {
	case !l.begun:
		l.begun, l.epoch = true, epoch
		if epoch {
			l.sink.Fact(imports.FactClock, "realtime")
		}
	case epoch != l.epoch:
		return l.Wrong("times of one clock: all since the epoch, or none")
	}
	l.sink.Event(l.Number(), e)
	return nil
}
