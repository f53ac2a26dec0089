package gobench

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/imports"
)

// maxPackages bounds the packages whose lines are unfinished at a time: go
// test benchmarks one after the other.
const maxPackages = 64

// unwrapped gives the lines that go test printed, out of the objects that
// -json makes of them too.
type unwrapped struct {
	lines *imports.Lines
	sink  imports.Sink
	open  map[string]*line // by package: what has no line end yet
	ready []line
}

// event is a line of -json (go doc test2json).
type event struct {
	Time    time.Time
	Action  string
	Package string
	Output  string
}

func (u *unwrapped) next() (line, bool) {
	for len(u.ready) == 0 {
		if !u.lines.Next() {
			u.end()
			break
		}
		text := u.lines.Text()
		if !strings.HasPrefix(text, "{") || !u.event(text) {
			return line{text: text, number: u.lines.Number(), cut: u.lines.Cut()}, true
		}
	}
	if len(u.ready) == 0 {
		return line{}, false
	}
	l := u.ready[0]
	u.ready = u.ready[1:]
	return l, true
}

// event takes what was printed out of an object; false is that it is none.
func (u *unwrapped) event(text string) bool {
	var e event
	if err := json.Unmarshal([]byte(text), &e); err != nil || e.Action == "" {
		if u.lines.Cut() && strings.Contains(text, `"Action":`) {
			u.sink.Warn(u.lines.Number(), "the file ends within this object: it is left out")
			return true
		}
		return false
	}
	if e.Output == "" {
		return true
	}
	if u.open == nil {
		u.open = map[string]*line{}
	}
	l := u.open[e.Package]
	if l == nil {
		if len(u.open) >= maxPackages {
			u.end()
		}
		l = &line{pkg: e.Package}
		u.open[e.Package] = l
	}
	for part := range strings.SplitAfterSeq(e.Output, "\n") {
		if room := longest + 1 - len(l.text); len(part) > room {
			part = part[:max(0, room)] + part[max(0, len(part)-1):]
		}
		l.text += part
		l.number = u.lines.Number()
		if !e.Time.IsZero() {
			l.timeNS = e.Time.UnixNano()
		}
		if whole, ok := strings.CutSuffix(l.text, "\n"); ok {
			l.text = whole
			u.ready = append(u.ready, *l)
			l.text = ""
		}
	}
	return true
}

// end gives what has no line end.
func (u *unwrapped) end() {
	for _, l := range u.open {
		if l.text != "" {
			l.cut = true
			u.ready = append(u.ready, *l)
		}
	}
	u.open = nil
}
