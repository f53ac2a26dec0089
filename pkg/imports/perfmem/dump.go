package perfmem

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports/datasrc"
)

// dump is a list of samples, as perf mem -D prints it.
type dump struct {
	x       *reader
	columns []string // before the symbol
	sep     string   // "" is one blank or several
	started bool

	samples, noAccess, same, noAddress int
	first                              int
	last                               string
}

// known are the columns that there can be, as perf titles them.
var known = map[string]bool{"PID": true, "TID": true, "IP": true, "ADDR": true, "PHYS ADDR": true, "DATA PAGE SIZE": true, "LOCAL WEIGHT": true, "DSRC": true, "SYMBOL": true}

func (x *reader) beginDump(bare string) error {
	columns := strings.Split(strings.TrimPrefix(bare, "# "), ", ")
	for i, c := range columns {
		if !known[c] || (c == "SYMBOL") != (i == len(columns)-1) {
			return x.lines.Wrong("the columns of perf mem -D, of which SYMBOL is the last")
		}
	}
	x.closed()
	x.dump = &dump{x: x, columns: columns[:len(columns)-1]}
	x.table, x.titles = nil, nil
	return nil
}

// fields cuts a line at the separator; rest is the symbol, with its file.
func (d *dump) fields(text string) (fields []string, rest string, ok bool) {
	for range d.columns {
		var f string
		if d.sep == "" {
			text = strings.TrimLeft(text, " ")
			f, text, ok = strings.Cut(text, " ")
		} else {
			f, text, ok = strings.Cut(text, d.sep)
		}
		if !ok {
			return nil, "", false
		}
		fields = append(fields, f)
	}
	return fields, text, true
}

// line takes a sample.
func (d *dump) line(text string) error {
	n := d.x.lines.Number()
	if !d.started && startsDigit(text) {
		// What follows the process is what parts the columns.
		end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if end > 0 && text[end] != ' ' {
			d.sep = text[end : end+1]
		}
	}
	if !startsDigit(text) && text[0] != '-' {
		if !strings.Contains(text, "0x") {
			d.x.around.Line(n, text)
			return nil
		}
		return d.x.lines.Wrong("a sample of perf mem -D")
	}
	s := export.Sample{CPU: -1, CPUNode: -1, MemNode: -1, Weight: 1}
	fields, symbol, ok := d.fields(text)
	if !ok || !strings.Contains(symbol, ":") {
		if d.x.lines.Cut() {
			d.x.sink.Warn(n, "the text ends within this line: it is left out")
			return nil
		}
		return d.x.lines.Wrong("a sample with " + strings.Join(d.columns, ", ") + " and a symbol")
	}
	for i, column := range d.columns {
		if !d.take(&s, column, fields[i]) {
			return d.x.lines.Wrong("a number of " + column)
		}
	}
	d.started = true
	d.tell(n, text, s)
	return nil
}

// take puts a field into the sample.
func (d *dump) take(s *export.Sample, column, text string) bool {
	switch column {
	case "PID", "TID":
		v, err := strconv.ParseInt(text, 10, 32)
		if column == "PID" {
			s.PID = int32(v)
		} else {
			s.TID = int32(v)
		}
		return err == nil
	case "DATA PAGE SIZE":
		return text != "" && !strings.HasPrefix(text, "0x")
	case "LOCAL WEIGHT":
		v, err := strconv.ParseUint(text, 10, 64)
		if v <= math.MaxInt32 {
			s.Latency = int32(v)
		}
		return err == nil
	}
	digits, is := strings.CutPrefix(text, "0x")
	if column == "ADDR" && !d.started && d.sep == "" && strings.HasPrefix(digits, "016") {
		// perf's own mistake: before the first address it prints the width
		// that it meant to give it. Numbers that it does not fill up have no
		// zero in front.
		if digits = digits[3:]; len(digits) == 13 {
			d.noAddress++
			digits = "0" // which may as well be one that was filled up
		}
	}
	v, err := strconv.ParseUint(digits, 16, 64)
	switch column {
	case "IP":
		s.IP = v
	case "ADDR":
		s.Addr = v
	case "PHYS ADDR":
		s.Phys = v
	case "DSRC":
		s.DataSrc = v
	}
	return is && err == nil
}

func (d *dump) tell(n int, text string, s export.Sample) {
	if d.samples == 0 {
		d.first = n
	}
	d.samples++
	if text == d.last {
		d.same++
	}
	d.last = text
	if s.Kind = datasrc.Kind(s.DataSrc); s.Kind == "" {
		d.noAccess++
		return
	}
	d.x.sink.Sample(n, s)
}

// finish tells what the samples lack.
func (d *dump) finish() {
	for _, w := range []struct {
		n    int
		text string
	}{
		{d.samples, "%d samples have no time and no CPU: perf mem -D prints none. They lie at the begin of the run and are of no node; perf script has both"},
		{d.noAccess, "%d samples are of no load or store: they are left out"},
		{d.same, "%d samples are the same as the one before them in every column: each is told, though perf prints one twice where it was sampled as a group (:S)"},
		{d.noAddress, "%d samples have an address that perf may have misprinted: it is left out"},
	} {
		if w.n > 0 {
			d.x.sink.Warn(d.first, fmt.Sprintf(w.text, w.n))
		}
	}
}
