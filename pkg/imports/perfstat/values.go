package perfstat

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// separators are what -x is given, in the order in which they are tried.
var separators = []string{",", ";", "\t", "|", ":", "@", "^", "~", "#", "!", " "}

// separator finds what the rows of a head are parted by, and how many rows it
// makes.
func separator(head []byte) (string, int) {
	lines := bytes.Split(head, []byte("\n"))
	if len(lines) > 1 {
		lines = lines[:len(lines)-1]
	}
	lines = lines[:min(len(lines), 200)]
	best, most := "", 0
	for _, sep := range separators {
		v := valuesReader{sep: sep}
		rows := 0
		for _, l := range lines {
			if !bytes.Contains(l, []byte(sep)) {
				continue
			}
			if v.metricHeader(string(l)) && slices.ContainsFunc(v.headers, knownMetric) {
				rows++
				break
			}
			if v.looksLikeRow(strings.TrimRight(string(l), "\r")) {
				rows++
			}
		}
		if rows > most {
			best, most = sep, rows
		}
	}
	return best, most
}

func (v *valuesReader) looksLikeRow(line string) bool {
	if v.sep == " " && strings.Contains(strings.TrimLeft(line, " "), "    ") {
		return false // aligned for people
	}
	r, err := v.parse(line)
	return err == nil && r.perfs()
}

// valuesReader reads the rows of -x.
type valuesReader struct {
	sep   string
	lines *source
	tell  teller

	ran     bool // rows had their running time
	headers []string
	fields  []string // of the row that is read
	metrics []metric // of it
}

func readValues(lines *source, sep string, s imports.Sink) error {
	v := valuesReader{sep: sep, lines: lines, tell: teller{sink: s}}
	for lines.Next() {
		if err := v.line(lines.Text()); err != nil {
			return err
		}
	}
	lines.unfinished(s)
	return nil
}

func (v *valuesReader) line(text string) error {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || preamble(trimmed, v.tell.sink) {
		return nil
	}
	if c := trimmed[0]; (c < '0' || c > '9') && v.metricHeader(text) {
		return nil
	}
	if v.headers != nil {
		return v.metricRow(text)
	}
	r, err := v.parse(text)
	if err != nil {
		return v.bad(trimmed, err)
	}
	if !r.perfs() && len(r.metrics) == 0 {
		v.tell.sink.Warn(r.line, fmt.Sprintf("not a row that only perf prints: %.80q", trimmed))
		return nil
	}
	if (v.lines.Cut() || v.ran && r.event != "" && r.running < 0) && !v.mend(&r) {
		return nil
	}
	v.ran = v.ran || r.runningNS >= 0
	v.tell.tell(&r)
	return nil
}

// bad is a line that is no row: the last one may have been cut, and around
// the rows others may stand; but what has the look of a row must be one.
func (v *valuesReader) bad(text string, err error) error {
	s := v.tell.sink
	switch {
	case v.lines.Cut():
		s.Warn(v.lines.Number(), "the file ends within this row: it is left out")
	case strings.Contains(text, v.sep) && startsLikeRow(text):
		return v.lines.Wrong(err.Error())
	default:
		s.Warn(v.lines.Number(), fmt.Sprintf("not a row: %.80q", text))
	}
	return nil
}

var rowStart = regexp.MustCompile(`^(\d+\.\d{9}\b|<not |CPU\d|S\d+\b|N\d+\b|\d+[,;|\t])`)

func startsLikeRow(text string) bool { return rowStart.MatchString(text) }

// mend takes of a row without a line end, or without what those before it
// have, what is whole for sure; false is nothing.
func (v *valuesReader) mend(r *row) bool {
	s, line := v.tell.sink, v.lines.Number()
	switch {
	case !v.ran:
		// Without running times nothing tells whether the name is whole.
		s.Warn(line, "the file ends without a line end: the last row may be cut")
	case r.running < 0 && r.after == 0:
		s.Warn(line, "this row is cut: it is left out")
		return false
	case r.running < 0:
		s.Warn(line, "this row is cut: its count is whole, its running time is not and is left out")
	case len(r.metrics) > 0:
		s.Warn(line, "the file ends without a line end: the metric of its last row may be cut and is left out")
		r.metrics = nil
	}
	return true
}

// parse reads a row: time, place and its count of CPUs, value, unit, event,
// control group, variance, running time, share, metric. Which of them there
// are depends on how perf was called, and on its version.
func (v *valuesReader) parse(text string) (row, error) {
	r := newRow(0)
	if v.lines != nil {
		r.line = v.lines.Number()
	}
	r.metrics = v.metrics[:0]
	if v.sep == " " {
		text = strings.TrimLeft(text, " ")
	}
	f := v.split(text)
	if stamp := strings.TrimSpace(f[0]); isStamp(stamp) && len(f) > 1 {
		ns, err := stampNS(stamp)
		if err != nil {
			return r, err
		}
		r.timed, r.timeNS, f = true, ns, f[1:]
	} else if stamp == "summary" && len(f) > 2 {
		f = f[1:] // --summary, below intervals: of the whole capture
	}
	f = v.place(&r, f)
	if len(f) < 2 {
		return r, fmt.Errorf("a row of perf stat -x%s", v.sep)
	}
	return r, v.counted(&r, f)
}

// split parts a row; what it gives is valid until the next one.
func (v *valuesReader) split(text string) []string {
	v.fields = v.fields[:0]
	sep, from := v.sep[0], 0 // all separators are of one byte; fields are short
	for i := 0; i < len(text); i++ {
		if text[i] == sep {
			v.fields = append(v.fields, text[from:i])
			from = i + 1
		}
	}
	v.fields = append(v.fields, text[from:])
	return v.fields
}

// isValue tells a count, with a decimal comma too where that parts nothing.
func (v *valuesReader) isValue(s string) bool {
	if isValue(s) {
		return true
	}
	_, ok := localNumber(strings.TrimSpace(s), true)
	return ok && v.sep != ","
}

func isValue(s string) bool {
	s = strings.TrimSpace(s)
	if _, ok := decimal(s); ok {
		return true
	}
	if s == "<not counted>" || s == "<not supported>" {
		return true
	}
	_, ok := digitsOnly(s)
	return ok && s[0] != '-'
}

// place takes what perf aggregated over from the front of a row.
func (v *valuesReader) place(r *row, f []string) []string {
	if at, ok := placeOf(strings.TrimSpace(f[0])); ok && len(f) > 2 {
		r.place, f = at, f[1:]
		// The number of CPUs follows, but not where one is named.
		if at.scope != imports.ScopeCPU && isWhole(f[0]) && (v.isValue(f[1]) || len(f) > 3 && f[1] == "" && f[2] == "" && f[3] == "") {
			f = f[1:]
		}
		return f
	}
	if len(f) > 3 && !v.isValue(f[0]) && strings.TrimSpace(f[0]) != "" && v.isValue(f[1]) && threadForm.MatchString(f[0]) {
		r.place = place{imports.ScopeThread, strings.TrimSpace(f[0])}
		f = f[1:]
	}
	return f
}

// counted reads from the value on.
func (v *valuesReader) counted(r *row, f []string) error {
	value := strings.TrimSpace(f[0])
	switch {
	case value == "":
		return v.metricAlone(r, f)
	case value[0] == '<' && isValue(value):
		r.why = value
	case isValue(value):
		r.value, _ = digitsOnly(value)
	default:
		x, ok := localNumber(value, true)
		if !ok || v.sep == "," {
			return fmt.Errorf("a count, <not counted> or <not supported>")
		}
		r.value = x
	}
	f, err := v.named(r, f[1:])
	if err != nil {
		return err
	}
	return v.rest(r, f)
}

// named takes the unit, where this version has one, and the event. An event's
// own commas, as in cpu/event=0x3c,umask=0x1/, part it.
func (v *valuesReader) named(r *row, f []string) ([]string, error) {
	hasUnit := len(f) > 1 && (f[0] == "" || unitWord(f[0]))
	if !hasUnit && len(f) > 3 && isWhole(f[2]) && isPercent(f[3]) && !isWhole(f[1]) {
		hasUnit = true // a unit that is not known here: whoever tells the running time tells a unit
	}
	if hasUnit {
		r.unit, f = f[0], f[1:]
	}
	n := 1
	if strings.IndexByte(f[0], '/') >= 0 {
		for n < len(f) && strings.Count(strings.Join(f[:n], v.sep), "/")%2 == 1 && f[0] != "/" {
			n++
		}
	}
	r.event = strings.TrimSpace(strings.Join(f[:n], v.sep))
	if r.event == "" || isWhole(r.event) || strings.HasSuffix(r.event, "%") || strings.Count(r.event, "/")%2 == 1 {
		if isWhole(r.event) || isWhole(r.unit) {
			return nil, fmt.Errorf("the name of an event; where numbers have a decimal comma the separator must be another, as -x';'")
		}
		return nil, fmt.Errorf("the name of an event")
	}
	if !beginsEvent(r.event) {
		return nil, fmt.Errorf("the name of an event")
	}
	r.event, r.device = device(r.event)
	r.after = len(f) - n
	return f[n:], nil
}

func unitWord(s string) bool {
	switch s {
	case "msec", "nsec", "usec", "ms", "us", "ns", "B", "Bytes", "KiB", "MiB", "GiB", "TiB", "Joules", "C", "W", "Watts":
		return true
	}
	return false
}

// rest reads what follows the event.
func (v *valuesReader) rest(r *row, f []string) error {
	runs := func(i int) bool { return len(f) > i+1 && isWhole(f[i]) && isPercent(f[i+1]) }
	if len(f) > 0 && f[0] != "" && !strings.HasSuffix(f[0], "%") && !runs(0) && (runs(1) || len(f) == 1 && !isWhole(f[0]) || len(f) > 1 && strings.HasSuffix(f[1], "%")) {
		if r.cgroup, f = f[0], f[1:]; strings.ContainsAny(r.cgroup[:1], "[(#") {
			return fmt.Errorf("a control group behind the event")
		}
	}
	if len(f) > 0 && strings.HasSuffix(f[0], "%") {
		x, ok := localNumber(strings.TrimSuffix(f[0], "%"), true)
		if !ok {
			return fmt.Errorf("a variance in percent")
		}
		r.variance, f = share(x), f[1:]
	}
	if runs(0) {
		n, err := strconv.ParseInt(f[0], 10, 64)
		pct, ok := localNumber(f[1], true)
		if err != nil || !ok {
			return fmt.Errorf("a running time and its share")
		}
		r.runningNS, r.running, f = n, share(pct), f[2:]
	}
	if len(f) > 1 && r.running >= 0 {
		return v.metric(r, f)
	}
	// A row that was cut may end within its running time.
	if r.running < 0 && strings.Trim(strings.Join(f, ""), " ") != "" && !(len(f) == 1 && isWhole(f[0])) {
		return fmt.Errorf("an event's running time and its share")
	}
	return nil
}

// metric reads a value and its words, behind a count.
func (v *valuesReader) metric(r *row, f []string) error {
	// perf of 5.1 ends some rows with separators that part nothing.
	words := strings.TrimSpace(strings.TrimRight(strings.Join(f[1:], v.sep), v.sep+" "))
	if f[0] == "" && words == "" {
		return nil
	}
	m, err := metricOf(f[0], words)
	if err != nil {
		return err
	}
	r.metrics = append(r.metrics, m)
	v.metrics = r.metrics
	return nil
}

func metricOf(value, words string) (metric, error) {
	value = strings.TrimSpace(value)
	if x, ok := decimal(value); ok {
		return metric{text: words, value: x}, nil
	}
	if strings.Contains(strings.ToLower(value), "nan") || strings.Contains(value, "inf") || value == "" {
		return metric{text: words, null: true, why: value}, nil
	}
	x, ok := localNumber(value, true)
	if !ok {
		return metric{}, fmt.Errorf("the value of a metric")
	}
	return metric{text: words, value: x}, nil
}

// metricAlone is a row of a further metric: all is empty but its end.
func (v *valuesReader) metricAlone(r *row, f []string) error {
	i := 0
	for i < len(f) && strings.TrimSpace(f[i]) == "" {
		i++
	}
	if i < 3 || i == len(f) {
		return fmt.Errorf("a count")
	}
	// Its running time may stand before it.
	if i+1 < len(f) && isWhole(f[i]) && isPercent(f[i+1]) {
		n, err := strconv.ParseInt(f[i], 10, 64)
		pct, ok := localNumber(f[i+1], true)
		if err == nil && ok {
			r.runningNS, r.running = n, share(pct)
			i += 2
		}
	}
	if i+1 >= len(f) {
		return fmt.Errorf("a metric and its words")
	}
	if strings.TrimSpace(strings.Join(f[i:], "")) == "" {
		return nil
	}
	return v.metric(r, f[i:])
}
