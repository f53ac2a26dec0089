package bpftrace

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// maxTold is how many errors are told in their words.
const maxTold = 50

// text goes through the lines.
type text struct {
	lines *imports.Lines
	sink  imports.Sink
	clock imports.DayClock

	head    *heading        // of a map whose value is in the lines that follow
	key     *longKey        // that is open
	bare    *imports.Figure // a bucket whose bar is due
	bars    bool            // the line before was a bucket's
	object  *object         // that is open
	objects bool            // there was one

	closes bool // a bar does
	cutAt  int  // the greatest width of a bar that does not: 0 is none
	wide   int  // the greatest width of a key or number
	wideAt int  // and its line
	widest int  // of all lines
	scalar int  // width of the line before, if it was a number's

	skipped skipped // lines that are nothing of bpftrace's own
	wordy   skipped // values of maps that are no numbers
	told    int     // errors of which a warning was given
	errors  skipped // and those beyond

	zoneless bool // it was warned of
}

// heading is a map whose value follows in lines of its own.
type heading struct {
	name, key string
	keyed     bool
	buckets   bool
	last      bucket
}

// skipped counts lines for one warning.
type skipped struct {
	n, line int
	first   string
}

func (s *skipped) add(line int, text string) {
	if s.n++; s.n == 1 {
		s.line, s.first = line, strings.TrimSpace(text)
	}
}

func (s *skipped) warn(sink imports.Sink, what string) {
	if s.n > 0 {
		sink.Warn(s.line, fmt.Sprintf("%d %s; the first is %.80q", s.n, what, s.first))
	}
}

var (
	quoteForm  = regexp.MustCompile(`^\s*(?:>\s?)+`)
	remarkForm = regexp.MustCompile(`^\s*(?:#|//|\*)(?:\s+|$)`)
	promptForm = regexp.MustCompile(`^\s*(?:\S.*)?[#$%]\s+((?:sudo\s+)?(?:\S*/)?(?:bpftrace\b|\S+\.bt\b).*)$`)
	probesForm = regexp.MustCompile(`^Attach(?:ing|ed) (\d+) probes?(?:\.\.\.)?$`)
	lostForm   = regexp.MustCompile(`^Lost (\d+) events$`)
	errorForm  = regexp.MustCompile(`\b(?:ERROR|WARNING|FATAL): `)
	cutForm    = regexp.MustCompile(`^(?:#|//)?\s*[\[(<{]?\s*(?:\.\.\.+|…|\.\. ?snip.*|snip|cut|truncated|output (?:truncated|omitted))\s*[\])>}]?$`)
	// What took out line ends leaves @[a]: 5 @[b]: 6, which could be one key.
	severalForm = regexp.MustCompile(`\]: ?\S.* @\w*[\[:]`)
)

func (t *text) line() error {
	raw := imports.Blanks(t.lines.Text())
	scalar := t.scalar
	t.scalar, t.widest = 0, max(t.widest, len(raw))
	if t.object != nil {
		if open, err := t.grow(raw); open || err != nil {
			return err
		}
	}
	s := strings.TrimSpace(t.unquoted(raw))
	s = strings.TrimSpace(strings.TrimPrefix(s, "^C"))
	if t.bare != nil {
		return t.bar(s)
	}
	if s == "" {
		t.head, t.bars = nil, false
		return nil
	}
	if open, err := t.opens(s); open || err != nil {
		return err
	}
	switch {
	case scalar > 0 && scalar == t.widest && whole(s):
		return t.lines.Wrong("a line that is none of the number above, which is as wide as any line")
	case t.key != nil:
		t.reaches(raw)
		return t.more(s)
	case t.bars && strings.Trim(s, "@|* ") == "" && !strings.HasPrefix(s, "@:"):
		return nil // the rest of a bar that was wrapped
	}
	if t.head != nil {
		if ok, err := t.below(s); ok || err != nil {
			return err
		}
	}
	t.bars = false
	if s[0] == '@' {
		t.reaches(raw)
		return t.mapped(s)
	}
	t.head = nil
	return t.around(s)
}

// reaches notes how wide keys and numbers are: where bars are cut off at the
// right, what is as wide was cut too.
func (t *text) reaches(raw string) {
	if n := len(raw); n > t.wide {
		t.wide, t.wideAt = n, t.lines.Number()
	}
}

// unquoted takes off what a mail or a comment puts before a line.
func (t *text) unquoted(s string) string {
	begin := strings.TrimLeft(s, " \t")
	if begin == "" || strings.IndexByte(">#/*", begin[0]) < 0 {
		return s
	}
	s = s[len(quoteForm.FindString(s)):]
	if rest := s[len(remarkForm.FindString(s)):]; rest == "" || t.key != nil || strings.IndexByte("@[(", rest[0]) >= 0 {
		return rest
	}
	return s
}

// around takes the lines between maps.
func (t *text) around(s string) error {
	if m := promptForm.FindStringSubmatch(s); m != nil {
		t.clock.Forget()
		t.sink.Fact(imports.FactCommand, strings.TrimSpace(m[1]))
		return nil
	}
	if m := probesForm.FindStringSubmatch(s); m != nil {
		t.clock.Forget()
		t.sink.Fact("probes", m[1])
		return nil
	}
	if m := lostForm.FindStringSubmatch(s); m != nil {
		return t.lost(m[1])
	}
	if warning, ok := t.clock.Line(s); ok {
		if warning != "" {
			t.sink.Warn(t.lines.Number(), warning)
		}
		return nil
	}
	switch {
	case errorForm.MatchString(s):
		t.trouble(s)
	case cutForm.MatchString(s):
		t.sink.Warn(t.lines.Number(), "lines were cut out here")
	case t.objects:
		t.trouble("this line is no JSON: " + s)
	case bucketish(s):
		return t.lines.Wrong("a map's name above its buckets, as `@usecs:`")
	case strings.Trim(s, "`~") != "":
		t.skipped.add(t.lines.Number(), s)
	}
	return nil
}

// trouble warns of what bpftrace complained of.
func (t *text) trouble(s string) {
	if t.told++; t.told > maxTold {
		t.errors.add(t.lines.Number(), s)
		return
	}
	t.sink.Warn(t.lines.Number(), fmt.Sprintf("%.400s", s))
}

func (t *text) lost(count string) error {
	n, err := strconv.ParseUint(count, 10, 64)
	if err != nil {
		return t.lines.Wrong("a count of lost events")
	}
	t.sink.Warn(t.lines.Number(), "bpftrace lost "+count+" events: what they counted is missing")
	f := imports.NewFigure(t.lines.Number())
	f.Scope, f.Kind, f.Name, f.Unit, f.Value = imports.ScopeHost, imports.KindCount, "lost_events", "1", float64(n)
	f.Part = true
	t.clock.Place(&f)
	t.sink.Figure(f)
	return nil
}

func (t *text) end() error {
	if err := t.lines.Err(); err != nil {
		t.sink.Warn(t.lines.Number(), fmt.Sprintf("the file ends here before its end: %v", err))
	}
	if t.object != nil {
		if err := t.unclosed(); err != nil {
			return err
		}
	}
	if t.bare != nil {
		t.sink.Warn(t.bare.Line, "the file ends within this bucket: it is left out")
	}
	if t.key != nil {
		t.sink.Warn(t.key.line, "the file ends within this key: it is left out")
	}
	if !t.closes && t.cutAt > 0 && t.wide >= t.cutAt {
		return &imports.SyntaxError{Line: t.wideAt, Expected: fmt.Sprintf("lines that are not cut: bars end at column %d", t.cutAt), Found: "a key or number that goes as far"}
	}
	t.skipped.warn(t.sink, "lines are no maps of bpftrace and were skipped")
	t.wordy.warn(t.sink, "values of maps are no numbers and were left out")
	t.errors.warn(t.sink, "more lines of trouble")
	return nil
}
