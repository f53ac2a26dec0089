// Package benchstat reads the tables of benchstat: text and CSV, of the
// versions before 2023 (name, old time/op, new time/op, delta) and since
// (sec/op, vs base). What a benchmark's value was in which file is a figure;
// its change, p and n stay labels of it, as they were printed.
//
// A row with fewer values than columns is read only where the columns still
// stand below their heads. It computes nothing, and reads no benchcmp.
package benchstat

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// Format is benchstat's output.
func Format() imports.Format {
	return imports.Format{Name: "benchstat", Doc: "benchstat: its tables as text and CSV", Detect: detect, Read: read}
}

// detect asks for the heads of a table.
func detect(head []byte) int {
	lines := strings.Split(string(head), "\n")
	for i, l := range lines[:min(len(lines), 2000)] {
		l = clean(strings.TrimSuffix(l, "\r"))
		switch {
		case oldHead(l) != nil && i+1 < len(lines), strings.HasPrefix(l, "name,") && csvHead(strings.Split(l, ","), nil) != nil:
			return 90
		case i == 0:
		case len(bars(l)) > 0 && unitLine(l) && len(bars(clean(lines[i-1]))) > 0:
			return 95
		case strings.HasPrefix(l, ",") && strings.HasPrefix(lines[i-1], ",") && csvHead(strings.Split(l, ","), nil) != nil:
			return 95
		}
	}
	return 0
}

var quoteForm = regexp.MustCompile(`^(?:\s?>)+ ?`)

func clean(l string) string {
	if l != "" && (l[0] == '>' || l[0] == ' ') {
		return quoteForm.ReplaceAllString(l, "")
	}
	return l
}

// table reads the rows below the heads that were read.
type table interface {
	// row reads a line; false is that it is none of the table's.
	row(text string, cut bool) ([]cell, bool, error)
}

// cell is what a row says of one column.
type cell struct {
	name, column string // of the benchmark and of the column
	metric, unit string
	value        float64
	none         bool // nothing but a change was printed
	ci           string
	delta, test  string // +1.20%, p=0.000 n=10
}

type reader struct {
	lines *imports.Lines
	sink  imports.Sink
	table table
	heads []string // lines of heads so far
	// settings stand above tables and hold until they change.
	settings map[string]string
	tables   int
}

func read(in io.Reader, s imports.Sink) error {
	r := reader{lines: imports.NewLines(in), sink: s, settings: map[string]string{}}
	for r.lines.Next() {
		if err := r.line(clean(r.lines.Text())); err != nil {
			return r.lines.Wrong(err.Error())
		}
	}
	if err := r.lines.Err(); err != nil {
		s.Warn(r.lines.Number(), fmt.Sprintf("the file ends here before its end: %v", err))
	}
	return nil
}

var (
	settingForm = regexp.MustCompile(`^([a-z][^\sA-Z:]*): +(\S.*)$`)
	groupForm   = regexp.MustCompile(`^(?:[a-z]+:\S+ ?)+$`)
	noteForm    = regexp.MustCompile(`^[¹²³⁴⁵⁶⁷⁸⁹⁰]+ `)
	aroundForm  = regexp.MustCompile("^(?:```|~~~|#|//|[$%] )|benchstat")
)

func (r *reader) line(text string) error {
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "":
		r.table, r.heads = nil, nil
		return nil
	case r.head(text):
		return nil
	case r.table != nil:
		cells, ok, err := r.table.row(text, r.lines.Cut())
		if err != nil {
			return err
		}
		if ok {
			r.tell(cells)
			return nil
		}
	}
	r.other(trimmed)
	return nil
}

// head takes the heads of tables.
func (r *reader) head(text string) bool {
	csv := strings.HasPrefix(text, ",") || strings.HasPrefix(text, "name,")
	switch {
	case oldHead(text) != nil:
		r.open(oldHead(text))
	case csv:
		f := fields(text)
		if t := csvHead(f, r.heads); t != nil {
			r.open(t)
		} else {
			r.heads = append(r.heads, text)
			r.table = nil
		}
	case len(bars(text)) > 0:
		if t := textHead(text, r.heads); t != nil {
			r.open(t)
		} else {
			r.heads = append(r.heads, text)
			r.table = nil
		}
	default:
		return false
	}
	r.heads = r.heads[max(0, len(r.heads)-8):]
	return true
}

func (r *reader) open(t table) {
	r.table = t
	r.heads = nil
	r.tables++
}

// other is a line that is no row.
func (r *reader) other(text string) {
	if m := settingForm.FindStringSubmatch(text); m != nil && r.table == nil {
		r.set(m[1], m[2])
		return
	}
	if groupForm.MatchString(text) {
		for _, f := range strings.Fields(text) {
			key, value, _ := strings.Cut(f, ":")
			r.set(key, value)
		}
		return
	}
	if noteForm.MatchString(text) || aroundForm.MatchString(text) {
		return
	}
	if r.lines.Cut() && r.table != nil {
		r.sink.Warn(r.lines.Number(), "the file ends within this row: it is left out")
		return
	}
	r.sink.Warn(r.lines.Number(), fmt.Sprintf("not a row: %.80q", text))
}

// maxSettings bounds the keys that are kept.
const maxSettings = 32

func (r *reader) set(key, value string) {
	if _, ok := r.settings[key]; ok || len(r.settings) < maxSettings {
		r.settings[key] = value
		r.sink.Fact(key, value)
	}
}

func (r *reader) tell(cells []cell) {
	for i := range cells {
		c := &cells[i]
		f := imports.NewFigure(r.lines.Number())
		f.Scope, f.Instance = imports.ScopeBenchmark, c.name
		f.Kind, f.Name, f.Unit, f.Value = imports.KindMetric, c.metric, c.unit, c.value
		if c.none {
			f.Null, f.Why = true, "not printed"
		}
		f.Labels = map[string]string{}
		for k, v := range r.settings {
			f.Labels[k] = v
		}
		put := func(key, value string) {
			if value != "" {
				f.Labels[key] = value
			}
		}
		put("column", c.column)
		put("ci", c.ci)
		put("delta", c.delta)
		for _, part := range strings.Fields(c.test) {
			if key, value, ok := strings.Cut(part, "="); ok {
				put(key, value)
			} else {
				f.Labels["test"] = c.test
			}
		}
		if x, ok := percent(c.ci); ok {
			f.Variance = x
		}
		r.sink.Figure(f)
	}
}

// unitLine tells the last line of heads: it names units.
func unitLine(l string) bool {
	f := strings.FieldsFunc(l, func(c rune) bool { return c == '│' || c == '|' })
	return bytes.Contains([]byte(l), []byte("vs base")) || len(f) > 1 && strings.ContainsAny(f[len(f)-1]+f[1], "/") && knownUnit(strings.TrimSpace(f[1]))
}

func knownUnit(s string) bool {
	switch s {
	case "sec/op", "B/s", "B/op", "allocs/op":
		return true
	}
	return strings.HasSuffix(s, "/op") || strings.HasSuffix(s, "/s") || strings.HasSuffix(s, "/sec")
}
