package gobench

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/imports"
)

// kind is what a line is to benchfmt.
type kind int

const (
	around  kind = iota // of no benchmark
	setting             // goos: linux
	unit                // Unit ns/op better=lower
	name                // of a benchmark, without its result
	result              // whole
	partial             // the beginning of a result
)

// line is a line as benchfmt is to read it.
type line struct {
	text    string
	number  int // of the file
	kind    kind
	timeNS  int64 // 0 is unknown
	pkg     string
	blank   bool // white space follows the name: a result was to follow
	started int  // the line of the name
	cut     bool // it may lack its end
}

// longest is the longest line that is given to benchfmt, whose own bound it
// is below.
const longest = 60 << 10

// source gives benchfmt one line at a time, so that now is always the line
// that it has just read.
type source struct {
	in   *unwrapped
	sink imports.Sink
	now  line
	rest string // of now, not yet read

	held  *line // what may go on in the next line
	ready []line
	named int // names without a result so far

	strange, strangeLine int // lines of no known kind
	strangeText          string
	over                 bool
}

func newSource(r io.Reader, s imports.Sink) *source {
	return &source{in: &unwrapped{lines: imports.NewLines(r), sink: s}, sink: s}
}

func (s *source) err() error { return s.in.lines.Err() }

// Read gives benchfmt no more than one line.
func (s *source) Read(p []byte) (int, error) {
	for s.rest == "" {
		l, ok := s.next()
		if !ok {
			return 0, io.EOF
		}
		if l.kind == setting || l.kind == unit || l.kind == result {
			s.now, s.rest = l, l.text+"\n"
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// next gives the next line that is whole.
func (s *source) next() (line, bool) {
	for len(s.ready) == 0 && !s.over {
		l, ok := s.in.next()
		if !ok {
			s.over = true
			s.end()
			break
		}
		if len(l.text) > longest {
			s.sink.Warn(l.number, "this line is longer than any of go test: it is left out")
			continue
		}
		s.take(l)
	}
	if len(s.ready) == 0 {
		return line{}, false
	}
	l := s.ready[0]
	s.ready = s.ready[1:]
	return l, true
}

var (
	quoteForm   = regexp.MustCompile(`^(?:\s?>)+ ?`)
	stampForm   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z `)
	settingForm = regexp.MustCompile(`^[a-z][^\sA-Z:]*:(?:[ \t]+|$)`)
	commandForm = regexp.MustCompile(`^(?:\[?[\w.@:~/() -]*\]?)?[$#%❯➜] +(.*\bgo(?:\d[\w.]*)? test\b.*)$`)
	knownForm   = regexp.MustCompile("^(?:PASS$|ok |ok\t|FAIL|\\? |\\?\t|=== |--- |\\+\\+\\+ |```|~~~|exit status|testing: |coverage: |#|//|\\.\\.\\.$|[\\w./-]+\\.go:\\d+: )")
	outerForm   = regexp.MustCompile(`^(?:warning|error|panic|fatal|note|coverage|testing|http|time|real|user|sys):`)
	lostForm    = regexp.MustCompile(`\bBenchmark[A-Z0-9_]|[0-9] ns/op\b`)
	reportForm  = regexp.MustCompile(`^(?:=== |--- )`)
	failForm    = regexp.MustCompile(`^(?:--- FAIL: |panic: |FAIL\t)`)
)

// clean takes off what mailers and CI logs put before lines.
func clean(l *line) {
	if l.text != "" && (l.text[0] == '>' || l.text[0] == ' ') {
		l.text = quoteForm.ReplaceAllString(l.text, "")
	}
	if m := stampForm.FindString(l.text); m != "" {
		if t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(m)); err == nil {
			l.timeNS = t.UnixNano()
		}
		l.text = l.text[len(m):]
	}
}

func (s *source) take(l line) {
	clean(&l)
	classify(&l)
	switch l.kind {
	case result, partial, name:
		s.drop()
		s.held = &l
	case setting, unit:
		if s.running() && !strings.HasPrefix(l.text, "goos:") && !strings.HasPrefix(l.text, "pkg:") {
			return // what a benchmark prints while it runs
		}
		s.drop()
		s.ready = append(s.ready, l)
	default:
		s.other(l)
	}
}

// running tells that a benchmark began and its result is to come.
func (s *source) running() bool { return s.held != nil && s.held.kind == name && s.held.blank }

// other is a line that begins no result: it may go on with one.
func (s *source) other(l line) {
	text := strings.TrimSpace(l.text)
	if s.held != nil && text != "" && s.join(text, &l) {
		return
	}
	if s.held != nil && s.held.kind != name {
		s.drop()
	}
	if m := commandForm.FindStringSubmatch(text); m != nil {
		s.sink.Fact(imports.FactCommand, m[1])
		return
	}
	if lostForm.MatchString(text) && !reportForm.MatchString(text) {
		s.drop() // whose result follows is not sure any more
		s.unread(l.number, text)
		return
	}
	switch {
	case text == "":
	case failForm.MatchString(text):
		s.drop()
		s.sink.Warn(l.number, fmt.Sprintf("not all went well: %.80q", text))
	case knownForm.MatchString(text):
		if text == "PASS" || strings.HasPrefix(text, "ok") {
			s.drop()
		}
	default:
		if s.held == nil || !s.held.blank && l.text[0] != ' ' && l.text[0] != '\t' {
			s.unread(l.number, text)
		}
		if s.held != nil {
			s.held.started = 0 // others came between
		}
	}
}

// unread counts a line that may have mattered.
func (s *source) unread(number int, text string) {
	if s.strange++; s.strange == 1 {
		s.strangeLine, s.strangeText = number, text
	}
}

// drop ends what was held: a whole result is given on, of a beginning it is
// told that there is no more.
func (s *source) drop() {
	h := s.held
	s.held = nil
	switch {
	case h == nil:
	case h.kind == result:
		s.whole(h)
	case h.kind == partial:
		s.beginning(h)
	case h.blank:
		s.sink.Warn(h.number, fmt.Sprintf("%s has no result here", h.text))
	default:
		s.named++ // -v tells the name first
	}
}

// end is the end of the input.
func (s *source) end() {
	if h := s.held; h != nil && h.kind == name {
		s.held = nil
		s.named++
		s.sink.Warn(h.number, fmt.Sprintf("the file ends before the result of %s", h.text))
	}
	s.drop()
	if s.strange > 0 {
		s.sink.Warn(s.strangeLine, fmt.Sprintf("%d lines are not read as of a benchmark: the first is %.80q", s.strange, s.strangeText))
	}
}
