package bpftrace

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// Bounds of what is told of lines that are no maps.
const (
	maxTold     = 50
	maxKeyLines = 1024
	maxKeyBytes = 64 << 10
)

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

// longKey is a key of several lines: stacks.
type longKey struct {
	name  string
	line  int
	parts []string
	bytes int
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
	case t.key != nil:
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
		return t.mapped(s)
	}
	t.head = nil
	return t.around(s)
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

// mapped reads a line that begins with a map's name.
func (t *text) mapped(s string) error {
	t.head = nil
	end := nameEnd(s)
	if end == len(s) || s[end] != ':' && s[end] != '[' {
		t.skipped.add(t.lines.Number(), s)
		return nil
	}
	name, rest := s[:end], s[end+1:]
	if s[end] == ':' {
		return t.value(name, "", false, rest, s)
	}
	if i := strings.LastIndex(rest, "]:"); i >= 0 {
		if strings.IndexByte(rest[:i], '@') >= 0 && severalForm.MatchString(rest) {
			return t.lines.Wrong("one key of a map a line")
		}
		return t.value(name, rest[:i], true, rest[i+2:], s)
	}
	if strings.ContainsAny(rest, "];={}") {
		t.skipped.add(t.lines.Number(), s) // a line of a program
		return nil
	}
	t.key = &longKey{name: name, line: t.lines.Number(), parts: []string{rest}}
	return nil
}

// nameEnd is where the map's name ends.
func nameEnd(s string) int {
	i := 1
	for i < len(s) && (s[i] == '_' || s[i] >= '0' && s[i] <= '9' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') {
		i++
	}
	return i
}

// more reads a line of a key that goes over several.
func (t *text) more(s string) error {
	k := t.key
	if i := strings.LastIndex(s, "]:"); i >= 0 && s[0] != '@' {
		t.key = nil
		k.parts = append(k.parts, s[:i])
		return t.value(k.name, k.text(), true, s[i+2:], s)
	}
	if cutForm.MatchString(s) {
		t.key = nil
		t.sink.Warn(t.lines.Number(), "lines were cut out here, within a key: it is left out, with its value")
		return nil
	}
	k.bytes += len(s)
	if s[0] == '@' || len(k.parts) > maxKeyLines || k.bytes > maxKeyBytes {
		t.key = nil
		t.sink.Warn(k.line, "the key that begins here does not end: it is left out, with its value")
		if s[0] == '@' {
			return t.mapped(s)
		}
		return nil
	}
	k.parts = append(k.parts, s)
	return nil
}

// text is the key in one line: frames with a semicolon between them.
func (k *longKey) text() string {
	var b strings.Builder
	for _, p := range k.parts {
		p = strings.TrimSpace(p)
		switch last := b.String(); {
		case p == "":
			continue
		case last == "", strings.HasPrefix(p, ","):
		case strings.HasSuffix(last, ","):
			b.WriteByte(' ')
		default:
			b.WriteByte(';')
		}
		b.WriteString(p)
	}
	return b.String()
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
	t.skipped.warn(t.sink, "lines are no maps of bpftrace and were skipped")
	t.wordy.warn(t.sink, "values of maps are no numbers and were left out")
	t.errors.warn(t.sink, "more lines of trouble")
	return nil
}
