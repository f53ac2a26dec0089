package perfstat

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/numalens/numalens/pkg/imports"
)

// alone reads metrics in columns below a line of heads, as perf prints them
// for people with --metric-only and --topdown. Heads have blanks within, so
// nothing but the columns' widths tells where one ends: perf writes head and
// value to the right of 20 characters and a blank, and a longer head's column
// is two characters wider than its name, its head's one.
type alone struct {
	head  string
	names []string // of the columns, once a row has told them
	ends  []int    // where their values end
	place string   // words of the head before the metrics
}

// aloneWidth is how far the ends of two short columns are apart.
const aloneWidth = 21

var headForm = regexp.MustCompile(`^(?:#\s+time\b)?\s*(?:(?:core|die|socket|node|cluster|cache|CPU|cpu|comm-pid|comm-tid)\b\s*)?(?:cpus\b|ctrs\b)?`)

// header takes what may be a line of heads.
func (a *alone) header(text string) bool {
	trimmed := strings.TrimRight(text, " \t")
	front := headForm.FindString(trimmed)
	names := strings.TrimSpace(trimmed[len(front):])
	if strings.HasPrefix(names, "counts") || text == "" || text[0] != ' ' && text[0] != '#' || names == "" || strings.ContainsAny(names, "0123456789#'\"") && !knownMetric(names) && !strings.HasPrefix(text, "#") {
		return false
	}
	*a = alone{head: trimmed, place: front}
	return true
}

// row reads a row of values below heads; ok is false where it is none.
func (p *peopleReader) aloneRow(text string) (bool, error) {
	a := &p.alone
	fields := blanks(text)
	r := newRow(p.lines.Number())
	r.place = p.place
	rest := fields
	if len(rest) > 0 && isStamp(rest[0]) {
		ns, err := stampNS(rest[0])
		if err != nil {
			return false, err
		}
		r.timed, r.timeNS, rest = true, ns, rest[1:]
	}
	if len(rest) > 1 {
		if at, ok := placeOf(rest[0]); ok {
			r.place, rest = at, rest[1:]
			if at.scope != imports.ScopeCPU && len(rest) > 1 && isWhole(rest[0]) {
				rest = rest[1:]
			}
		} else if threadForm.MatchString(rest[0]) && !isAlone(rest[0]) {
			r.place, rest = place{imports.ScopeThread, rest[0]}, rest[1:]
		}
	}
	for _, x := range rest {
		if !isAlone(x) {
			return false, nil
		}
	}
	if len(rest) == 0 || !r.timed && r.place == p.place && !strings.HasPrefix(text, "  ") {
		return false, nil
	}
	if a.head == "" {
		p.unread("no line of heads stands above them")
		return true, nil
	}
	ends := endsOf(text, rest)
	if a.names == nil || len(rest) > len(a.names) {
		if !a.learn(ends) {
			p.unread("they do not stand below their heads as perf prints them")
			return true, nil
		}
	}
	if p.lines.Cut() {
		rest, ends = rest[:len(rest)-1], ends[:len(ends)-1]
		p.tell.sink.Warn(r.line, "the file ends without a line end: the last metric may be cut and is left out")
	}
	for i, x := range rest {
		at := slices.Index(a.ends, ends[i])
		if at < 0 {
			p.unread("they do not stand below their heads as perf prints them")
			return true, nil
		}
		value, percent := strings.CutSuffix(x, "%")
		m, err := metricOf(value, a.names[at])
		if err != nil {
			return false, err
		}
		m.percent = percent
		r.metrics = append(r.metrics, m)
	}
	p.tell.tell(&r)
	return true, nil
}

// isAlone tells the value of a metric alone.
func isAlone(s string) bool {
	s = strings.TrimSuffix(s, "%")
	if s == "nan" || s == "-nan" || s == "inf" {
		return true
	}
	_, ok := localNumber(s, true)
	return ok
}

// unread warns, once a file, that metrics alone are left out.
func (p *peopleReader) unread(why string) {
	if !p.unreadAlone {
		p.unreadAlone = true
		p.tell.sink.Warn(p.lines.Number(), fmt.Sprintf("metrics alone in columns (--metric-only) are left out: %s. Print them with -x, or -j", why))
	}
}

// endsOf tells where the last fields of a line end, in characters.
func endsOf(text string, fields []string) []int {
	ends := make([]int, len(fields))
	at := len(text)
	for i := len(fields) - 1; i >= 0; i-- {
		at = strings.LastIndex(text[:at], fields[i])
		ends[i] = utf8.RuneCountInString(text[:at+len(fields[i])])
	}
	return ends
}

// learn parts the heads by where the values of a row end. It must come out
// even with every column, so that heads or rows that were moved, squeezed or
// wrapped are told.
func (a *alone) learn(ends []int) bool {
	head := []rune(a.head)
	end := len(head)
	names := make([]string, len(ends))
	for i := len(ends) - 1; i > 0; i-- {
		width := ends[i] - ends[i-1]
		if width > aloneWidth {
			width-- // a long head's own column is narrower than its values'
		}
		begin := end - width
		if width < aloneWidth || begin <= 0 || head[begin] != ' ' || head[begin-1] == ' ' {
			return false
		}
		name := string(head[begin+1 : end])
		if width > aloneWidth && name[0] == ' ' {
			return false
		}
		names[i], end = strings.TrimSpace(name), begin
	}
	names[0] = strings.TrimSpace(strings.TrimPrefix(string(head[:end]), a.place))
	for _, n := range names {
		if !oneHead(n) {
			return false
		}
	}
	a.names, a.ends = names, ends
	return true
}

// oneHead tells a head of one column: two blanks part its unit from its name.
func oneHead(s string) bool {
	unit, rest, two := strings.Cut(s, "  ")
	return s != "" && (!two || !strings.Contains(unit, " ") && !strings.HasPrefix(rest, " ") && !strings.Contains(rest, "  "))
}
