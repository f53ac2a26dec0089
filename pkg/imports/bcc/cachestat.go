package bcc

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// cacheTable is cachestat's: a line for each interval.
type cacheTable struct {
	columns []string
	width   int // of its header
	rows    int
	debug   bool // the counts that they are made of stand behind the rows
}

// cacheColumns are those of BCC's cachestat in all its versions, and of
// perf-tools'.
var cacheColumns = []string{"TIME", "TOTAL", "HITS", "MISSES", "DIRTIES", "HITRATIO", "RATIO", "READ_HIT%", "WRITE_HIT%", "BUFFERS_MB", "CACHED_MB", "CACHE_MB"}

var (
	wholeForm   = regexp.MustCompile(`^-?\d+$`)
	debugForm   = regexp.MustCompile(`\s+\(-?\d+(?: -?\d+)*\)$`)
	percentForm = regexp.MustCompile(`^-?\d+(?:\.\d+)?%$`)
)

func cacheHead(s string) *cacheTable {
	if !strings.Contains(s, "MISSES") || !strings.Contains(s, "BUFFERS_MB") {
		return nil
	}
	s, debug := strings.CutSuffix(s, " DEBUG")
	columns := strings.Fields(s)
	for i, c := range columns {
		if !slices.Contains(cacheColumns, c) || slices.Contains(columns[:i], c) || c == "TIME" && i > 0 {
			return nil
		}
	}
	return &cacheTable{columns: columns, debug: debug}
}

func (c *cacheTable) line(t *text, raw, s string, stopped bool) (bool, error) {
	if c.debug {
		s = s[:len(s)-len(debugForm.FindString(s))]
	}
	fields := strings.Fields(s)
	switch {
	case len(fields) == len(c.columns) && c.fits(fields):
		return true, c.row(t, raw, fields, stopped)
	case cutForm.MatchString(s):
		return false, nil // and the table goes on
	case !digitsForm.MatchString(s):
		t.cache = nil
		return false, nil
	case t.lines.Cut() && len(fields) <= len(c.columns):
		t.sink.Warn(t.lines.Number(), "the file ends within this row: it is left out")
		return true, nil
	}
	if _, ok := imports.TimeOfDay(s); ok {
		t.cache = nil
		return false, nil // a line of another tool
	}
	return true, t.lines.Wrong("a number for each of " + strings.Join(c.columns, ", "))
}

func (c *cacheTable) fits(fields []string) bool {
	for i, name := range c.columns {
		ok := false
		switch {
		case name == "TIME":
			_, ok = imports.TimeOfDay(fields[i])
		case shared(name):
			ok = percentForm.MatchString(fields[i])
		default:
			ok = wholeForm.MatchString(fields[i])
		}
		if !ok {
			return false
		}
	}
	return true
}

// shared tells a column of percentages.
func shared(name string) bool { return strings.Contains(name, "RATIO") || strings.HasSuffix(name, "%") }

func (c *cacheTable) row(t *text, raw string, fields []string, stopped bool) error {
	switch n := len(strings.TrimRight(raw, " \t")); {
	case t.lines.Cut() && n < c.width:
		t.sink.Warn(t.lines.Number(), "the file ends within this row: it is left out")
		return nil
	case stopped && n == c.width+1: // ^C moved it by two columns
		t.sink.Warn(t.lines.Number(), "this row may be cut at the right: it is left out")
		return nil
	}
	c.rows++
	for i, name := range c.columns {
		if name == "TIME" {
			if warning, _ := t.clock.Line(fields[i]); warning != "" {
				t.sink.Warn(t.lines.Number(), warning)
			}
			continue
		}
		f, err := t.number(name, "1", strings.TrimSuffix(fields[i], "%"), imports.KindCount)
		if err != nil {
			return err
		}
		switch {
		case shared(name):
			f.Kind = imports.KindMetric
			f.Value = share(strings.TrimSuffix(fields[i], "%"))
		case strings.HasSuffix(name, "_MB"):
			f.Kind, f.Unit, f.Value = imports.KindLevel, "bytes", f.Value*(1<<20)
		}
		c.place(t, &f, stopped)
		t.sink.Figure(f)
	}
	return nil
}

// place says when a row was. The last one, which Ctrl-C ended, has an
// interval of its own.
func (c *cacheTable) place(t *text, f *imports.Figure, stopped bool) {
	f.Part = f.Value < 0 // the kernel's counts can be told apart only so far
	f.Labels["row"] = strconv.Itoa(c.rows)
	switch {
	case c.columns[0] == "TIME":
		t.clock.Place(f)
	case stopped:
		f.Part = true
	case t.every > 0 && t.commands <= 1:
		f.Timed, f.Relative, f.TimeNS = true, true, int64(c.rows)*t.every
	}
}
