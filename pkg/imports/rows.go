package imports

import (
	"encoding/json"
	"fmt"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// flushBytes is what waits in memory at most: an open table with a column for
// each of some hundred events takes it with few rows.
const flushBytes = 1 << 20

// valueBytes is what a value takes while it waits.
const valueBytes = 9

// rows is the second pass's sink: it writes what an input tells.
type rows struct {
	p       *plan
	w       *export.Writer
	waiting int // bytes, about
	err     error

	s        *survey
	place    placing
	counters counterRows
	nodes    nodeRows
	warnings []Warning // of the second pass: what has no place in a table
}

func newRows(p *plan, w *export.Writer) *rows {
	r := &rows{p: p, w: w}
	r.counters = counterRows{rows: r, series: map[counted]*series{}}
	r.nodes = nodeRows{rows: r, column: map[string]int{}}
	for i, c := range p.columns {
		r.nodes.column[c] = i
	}
	return r
}

func (r *rows) begin(s *survey, at placing) {
	r.s, r.place = s, at
	r.counters.begin(at.begin)
}

func (r *rows) end() error {
	r.nodes.flush()
	return r.err
}

// wrote counts a row of so many columns and flushes now and then.
func (r *rows) wrote(columns int) {
	if r.waiting += columns * valueBytes; r.waiting < flushBytes {
		return
	}
	r.waiting = 0
	if err := r.w.Flush(); err != nil && r.err == nil {
		r.err = err
	}
}

func (r *rows) Figure(f Figure) {
	ts := r.place.at(&f)
	r.w.Figure(r.row(&f, ts))
	r.wrote(18)
	if node, ok := nodeOf(&f); ok && f.Column != "" {
		r.nodes.add(&f, node, ts)
	}
	r.counters.add(&f, ts)
}

func (r *rows) row(f *Figure, ts int64) export.FigureRow {
	row := export.FigureRow{TS: ts, Time: export.TimeCapture, ElapsedNS: -1, File: r.s.in.Name, Line: int64(f.Line), Format: r.s.format.Name,
		Scope: string(f.Scope), Instance: f.Instance, Device: f.Device, Kind: string(f.Kind), Name: f.Name, Unit: f.Unit, Value: f.Value, Null: f.Null, Why: f.Why,
		RunningNS: f.RunningNS, Running: f.Running, Variance: f.Variance}
	switch {
	case f.Timed && f.Relative:
		row.Time, row.ElapsedNS = export.TimeRelative, f.TimeNS
	case f.Timed:
		row.Time = export.TimePrinted
	}
	if len(f.Labels) > 0 {
		text, err := json.Marshal(f.Labels)
		if err != nil && r.err == nil {
			r.err = err
		}
		row.Labels = string(text)
	}
	return row
}

func (r *rows) Sample(_ int, s export.Sample) {
	s.TS += r.place.samples
	r.w.Sample(s)
	r.wrote(14)
}

func (r *rows) Placement(_ int, x export.PlacementRow) {
	if x.TS == 0 {
		x.TS = r.place.end
	}
	r.w.Placement(x)
	r.wrote(11)
}

func (r *rows) Event(_ int, e export.Event) {
	e.TS += r.place.samples
	r.w.Event(e)
	r.wrote(22)
}

func (r *rows) Warn(int, string)       {} // the first pass heard it
func (r *rows) Fact(string, string)    {}
func (r *rows) Topology(numa.Topology) {}

// warn tells what the second pass found.
func (r *rows) warn(line int, text string) {
	if len(r.warnings) < maxWarnings {
		r.warnings = append(r.warnings, Warning{r.s.in.Name, line, text})
	}
}

// note puts the warnings into the run.
func (r *rows) note() {
	for _, s := range r.p.surveys {
		for _, w := range s.warnings {
			r.mark(w)
		}
	}
	for _, w := range r.warnings {
		r.mark(w)
	}
}

func (r *rows) mark(w Warning) {
	r.w.Note(export.Note{TS: r.p.m.EndNS - 1, Kind: export.NoteMark, Text: fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Text)})
	r.wrote(5)
}
