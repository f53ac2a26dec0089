package export

import (
	"context"
	"math"
	"slices"
)

// FiguresRequest asks for the numbers that other tools printed.
type FiguresRequest struct {
	// FromNS and ToNS bound figures that have a time of their own; one of a
	// whole capture is of any. ToNS 0 is no bound.
	FromNS, ToNS          int64
	Scope, File, Instance string // "" is any
	// Text tells whether a name, an instance, a device or labels match: one
	// of them must. nil is any.
	Text func(string) bool
	// Order puts the rows in order, and decides which of them are the first
	// Limit.
	Order func(a, b *FigureRow) int
	Limit int
}

// Figures answers a FiguresRequest.
type Figures struct {
	Rows    []FigureRow
	Matched int64 // without the limit
	// Scopes and Files count what matches but for the scope, and the file,
	// that were asked for.
	Scopes, Files map[string]int64
}

var figureColumns = []string{"ts", "time", "elapsed", "file", "line", "format", "scope", "instance", "device", "kind", "name", "unit", "value", "why", "running_ns", "running", "variance", "labels"}

// Figures reads all of the table, and keeps no more than twice the limit at a
// time.
func (r *Reader) Figures(ctx context.Context, host, run string, q FiguresRequest) (*Figures, error) {
	if q.ToNS == 0 {
		q.FromNS, q.ToNS = math.MinInt64, math.MaxInt64
	}
	return again(ctx, r, host, run, func(m *Manifest) (*Figures, error) {
		t := figureTally{q: q, found: &Figures{Scopes: map[string]int64{}, Files: map[string]int64{}}, known: map[string]bool{}}
		for _, s := range m.segmentsOf(TableFigures, math.MinInt64, math.MaxInt64, 0) {
			if err := r.eachIn(ctx, m, s, between(math.MinInt64, math.MaxInt64), figureColumns, t.take); err != nil {
				return nil, err
			}
		}
		t.cut()
		return t.found, nil
	})
}

// figureTally picks rows while they are read.
type figureTally struct {
	q     FiguresRequest
	found *Figures
	known map[string]bool // what Text said of a word
}

func (t *figureTally) take(rows int, cols []vector) error {
	for i := range rows {
		ts := cols[0].values[i]
		if FigureTime(cols[1].text(i)) != TimeCapture && (ts < t.q.FromNS || ts >= t.q.ToNS) || !t.matches(cols, i) {
			continue
		}
		file, scope := cols[3].text(i), cols[6].text(i)
		inFile, inScope := t.q.File == "" || t.q.File == file, t.q.Scope == "" || t.q.Scope == scope
		if inFile {
			t.found.Scopes[scope]++
		}
		if inScope {
			t.found.Files[file]++
		}
		if !inFile || !inScope {
			continue
		}
		t.found.Matched++
		t.found.Rows = append(t.found.Rows, figureRow(cols, i))
		if len(t.found.Rows) >= 2*max(t.q.Limit, 1000) {
			t.cut()
		}
	}
	return nil
}

func (t *figureTally) matches(cols []vector, i int) bool {
	if t.q.Instance != "" && (cols[7].isNull(i) || cols[7].text(i) != t.q.Instance) {
		return false
	}
	if t.q.Text == nil {
		return true
	}
	for _, c := range []int{10, 7, 8, 17} {
		if !cols[c].isNull(i) && t.text(cols[c].text(i)) {
			return true
		}
	}
	return false
}

func (t *figureTally) text(s string) bool {
	yes, ok := t.known[s]
	if !ok {
		yes = t.q.Text(s)
		if len(t.known) < maxBatchRows {
			t.known[s] = yes
		}
	}
	return yes
}

// cut keeps the first rows.
func (t *figureTally) cut() {
	slices.SortStableFunc(t.found.Rows, func(a, b FigureRow) int { return t.q.Order(&a, &b) })
	if n := t.q.Limit; len(t.found.Rows) > n {
		clear(t.found.Rows[n:])
		t.found.Rows = t.found.Rows[:n]
	}
}

func figureRow(cols []vector, i int) FigureRow {
	text := func(c int) string {
		if cols[c].isNull(i) {
			return ""
		}
		return cols[c].text(i)
	}
	whole := func(c int) int64 {
		if cols[c].isNull(i) {
			return -1
		}
		return cols[c].values[i]
	}
	float := func(c int) float64 {
		if cols[c].isNull(i) {
			return -1
		}
		return math.Float64frombits(uint64(cols[c].values[i]))
	}
	r := FigureRow{TS: cols[0].values[i], Time: FigureTime(text(1)), ElapsedNS: whole(2), File: text(3), Line: cols[4].values[i], Format: text(5), Scope: text(6), Instance: text(7),
		Device: text(8), Kind: text(9), Name: text(10), Unit: text(11), Null: cols[12].isNull(i), Why: text(13), RunningNS: whole(14), Running: float(15), Variance: float(16), Labels: text(17)}
	if !r.Null {
		r.Value = float(12)
	}
	return r
}
