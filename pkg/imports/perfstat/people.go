package perfstat

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// peopleReader reads what perf prints for people: columns, with numbers as
// the locale has them.
type peopleReader struct {
	lines       *source
	tell        teller
	place       place // of rows that name none
	captures    int
	open        bool // between a banner and the seconds below it
	last        row  // to tell rows that differ in nothing but their count
	repeats     bool
	alone       alone // heads of metrics alone
	unreadAlone bool  // that those are left out was warned of
	waiting     *waiting
	group       string
}

func readPeople(lines *source, s imports.Sink) error {
	p := peopleReader{lines: lines, tell: teller{sink: s}, place: whole}
	for lines.Next() {
		if err := p.line(lines.Text()); err != nil {
			return err
		}
	}
	if err := p.flush(); err != nil {
		return err
	}
	lines.unfinished(s)
	return nil
}

var (
	bannerForm  = regexp.MustCompile(`^\s*Performance counter stats for (.*?)(?: \((\d+) runs\))?:?\s*$`)
	targetForm  = regexp.MustCompile(`^(?:(process id|thread id) )?'(.*)'$`)
	elapsedForm = regexp.MustCompile(`^\s*([\d.,]+)(?: \+- [\d.,]+)? seconds (time elapsed|user|sys)`)
	footForm    = regexp.MustCompile(`^\s*(Some events weren't counted|The events in group|echo \d|perf stat \.\.\.|Try |# Table of|Error:|Warning:|WARNING:)`)
)

func (p *peopleReader) line(text string) error {
	trimmed := strings.Trim(text, " \t")
	if trimmed == "" {
		return p.flush()
	}
	if w := p.waiting; w != nil && (w.row.dangling || trimmed[0] == '(' || trimmed[0] == '[') && p.goesOn(text) {
		return nil
	}
	if around, err := p.around(text, trimmed); around || err != nil {
		return err
	}
	r, err := parsePeople(text, p.place)
	r.line = p.lines.Number()
	switch {
	case err != nil:
		return p.other(text, trimmed, err)
	case !p.rowLike(&r, text):
		if p.goesOn(text) {
			return nil
		}
		// What the measured program printed may look like a count too.
		p.tell.sink.Warn(r.line, fmt.Sprintf("outside of what perf printed: %.80q", trimmed))
		return nil
	}
	return p.wait(r, text)
}

// around takes what stands around rows.
func (p *peopleReader) around(text, trimmed string) (bool, error) {
	if m := bannerForm.FindStringSubmatch(text); m != nil {
		err := p.flush()
		p.banner(m[1], m[2])
		return true, err
	}
	if m := elapsedForm.FindStringSubmatch(text); m != nil {
		if err := p.flush(); err != nil {
			return true, err
		}
		return true, p.elapsed(m[1], m[2])
	}
	if !strings.HasPrefix(trimmed, "# ") && preamble(trimmed, p.tell.sink) || p.comment(text, trimmed) {
		return true, p.flush()
	}
	return false, nil
}

var alignedForm = regexp.MustCompile(`^[ \t]+\S.*?(?: {2,}|\t)\S`)

// rowLike tells perf's rows from what else begins with a number: prose, and
// what the measured program printed.
func (p *peopleReader) rowLike(r *row, text string) bool {
	switch {
	case r.timed, len(r.metrics) > 0 && (p.open || p.captures == 0):
		return true
	case !p.open && (p.captures > 0 || !r.perfs()):
		return false
	}
	return r.perfs() || alignedForm.MatchString(text) || strings.ContainsAny(r.event, "_-.:/")
}

// comment takes lines that begin with #: heads of columns, and when perf was
// started. Metrics of their own begin with it too.
func (p *peopleReader) comment(line, text string) bool {
	if text[0] != '#' {
		return false
	}
	if strings.HasPrefix(text, "# started on ") {
		return preamble(text, p.tell.sink)
	}
	head := strings.Fields(text[1:])
	if len(head) > 0 && head[0] == "time" {
		p.alone.header(line)
		return true
	}
	if len(head) == 0 {
		return true
	}
	_, err := parsePeople(text, p.place)
	return err != nil
}

func (p *peopleReader) banner(target, runs string) {
	p.captures++
	p.open = true
	p.place, p.last, p.alone = whole, row{}, alone{}
	if p.captures > 1 {
		p.tell.capture = strconv.Itoa(p.captures)
	}
	if m := targetForm.FindStringSubmatch(target); m != nil {
		target = m[2]
		switch {
		case m[1] == "process id":
			p.place = place{imports.ScopeProcess, m[2]}
			target = "process id " + m[2]
		case m[1] == "thread id":
			p.place = place{imports.ScopeThread, m[2]}
			target = "thread id " + m[2]
		case target != "system wide" && !strings.HasPrefix(target, "CPU(s) "):
			target = "command " + target
		}
	}
	p.tell.sink.Fact(imports.FactTarget, target)
	if runs != "" {
		p.tell.sink.Fact(imports.FactRepeated, runs)
	}
}

func (p *peopleReader) elapsed(number, what string) error {
	x, ok := localNumber(number, true)
	if !ok {
		return p.lines.Wrong("seconds")
	}
	p.open = false
	key := map[string]string{"time elapsed": imports.FactElapsed, "user": "user_ns", "sys": "sys_ns"}[what]
	p.tell.sink.Fact(key, strconv.FormatInt(int64(scaled(x, 1e9)), 10))
	return nil
}

func (p *peopleReader) row(r *row, cut bool) error {
	if r.event == "" && len(r.metrics) > 0 {
		// Metrics below a group's first one are of the group as well.
		if g := r.metrics[0].group; g != "" {
			p.group = g
		}
		for i := range r.metrics {
			r.metrics[i].group = p.group
		}
	} else {
		p.group = ""
	}
	same := p.last.line > 0 && r.event != "" && r.event == p.last.event && r.place == p.last.place && r.device == p.last.device && r.cgroup == p.last.cgroup && r.timeNS == p.last.timeNS
	if same && !p.repeats {
		p.repeats = true
		p.tell.sink.Warn(r.line, fmt.Sprintf("%s is there again with nothing that tells the rows apart, as a CPU: all are kept", r.event))
	}
	if cut {
		p.tell.sink.Warn(r.line, "the file ends without a line end: its last row may be cut, and its metrics are left out")
		r.metrics = nil
	}
	p.last = *r
	p.tell.tell(r)
	return nil
}

// other is a line that is not a row.
func (p *peopleReader) other(raw, text string, err error) error {
	if p.goesOn(raw) {
		return nil
	}
	if err := p.flush(); err != nil {
		return err
	}
	if row, err := p.aloneRow(raw); row || err != nil {
		return err
	}
	s, line := p.tell.sink, p.lines.Number()
	switch {
	case cutForm.MatchString(text):
		s.Warn(line, "rows were cut out here")
	case p.lines.Cut() && looksCounted(text):
		s.Warn(line, "the file ends within this row: it is left out")
	case footForm.MatchString(text), strings.HasPrefix(text, "#"):
	case looksCounted(text):
		return p.lines.Wrong(err.Error())
	case p.alone.header(raw) && strings.HasPrefix(raw, "        "):
	default:
		s.Warn(line, fmt.Sprintf("not a row: %.80q", text))
	}
	return nil
}

// looksCounted tells that a line begins as a row does.
func looksCounted(text string) bool {
	f := blanks(text)
	if len(f) < 2 {
		return false
	}
	if isStamp(f[0]) || strings.HasPrefix(f[0], "<not") {
		return true
	}
	_, ok := placeOf(f[0])
	return ok
}

// peopleRows counts the lines of a head that are rows for people.
func peopleRows(head []byte) int {
	n := 0
	for i, l := range bytes.Split(head, []byte("\n")) {
		if i > 200 {
			break
		}
		text := strings.TrimRight(string(l), "\r")
		if !strings.Contains(text, "    ") {
			continue
		}
		if r, err := parsePeople(text, whole); err == nil && r.event != "" && r.perfs() {
			n++
		}
	}
	return n
}
