package query

import (
	"slices"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// Plan cuts a time range into columns of one width, on multiples of it since
// the epoch, so that a range that slides keeps its columns and only adds new
// ones.
type Plan struct {
	StartNS int64
	WidthNS int64
	Columns int
}

// eventTick is the finest column of a table whose rows come as they happen.
const eventTick = 100 * time.Millisecond

// NewPlan plans at most most columns from fromNS to toNS. periodNS is the time
// between two readings of the table; a column of a rate spans at least two, so
// that it always holds a whole step; one of a gauge spans one.
func NewPlan(fromNS, toNS, periodNS int64, kind Kind, most int) Plan {
	if most <= 0 {
		most = defaultColumns
	}
	if periodNS <= 0 {
		periodNS = int64(eventTick)
	}
	steps := int64(2)
	if kind == Gauge {
		steps = 1
	}
	if toNS <= fromNS {
		toNS = fromNS + 1
	}
	// A range touches one more column than it is long, unless it lies on their
	// edges. Room for it is kept where it costs nothing, so that the width of a
	// sliding window does not depend on where it stands.
	room := int64(most)
	if room >= 100 {
		room--
	}
	steps = max(steps, ceilDiv(ceilDiv(toNS-fromNS, room), periodNS))
	for {
		p := planWith(fromNS, toNS, onLadder(steps*periodNS))
		if p.Columns <= most {
			return p
		}
		steps = max(steps+max(1, steps/int64(most)), p.WidthNS/periodNS+1)
	}
}

// ladder are the widths of columns of a second or more: multiples of the steps
// of levels, few of them to a column, and the same for every panel that shows
// a range, whatever the period of its table.
var ladder = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, day,
}

const day = 24 * time.Hour

// onLadder is the narrowest width on the ladder that is not less; beyond it,
// whole days.
func onLadder(width int64) int64 {
	if width < int64(time.Second) {
		return width
	}
	for _, w := range ladder {
		if int64(w) >= width {
			return int64(w)
		}
	}
	return ceilDiv(width, int64(day)) * int64(day)
}

func planWith(fromNS, toNS, width int64) Plan {
	first := floorDiv(fromNS, width)
	last := ceilDiv(toNS, width)
	return Plan{StartNS: first * width, WidthNS: width, Columns: int(max(last-first, 1))}
}

// Edges are the columns' edges, one more than there are columns.
func (p Plan) Edges() []int64 {
	e := make([]int64, p.Columns+1)
	for i := range e {
		e[i] = p.StartNS + int64(i)*p.WidthNS
	}
	return e
}

// EndNS is the end of the last column.
func (p Plan) EndNS() int64 { return p.StartNS + int64(p.Columns)*p.WidthNS }

// ask is a query whose names have been resolved.
type ask struct {
	Query
	Found
	metric       Metric
	scope        export.Scope
	fromNS, toNS int64
	endNS        int64 // of the run; of its newest row while it is recording
	periodNS     int64
}

func resolve(q Query, f Found, newestNS int64) (ask, error) {
	m := f.Manifest
	x, err := Find(m, q.Metric)
	if err != nil {
		return ask{}, err
	}
	if u := Available(m, x); u != nil {
		return ask{}, u
	}
	if x.Table == export.TableCounters && x.Scope == "" && q.Scope != "" && q.Scope != scopeOf(m, x, "") {
		x.By = groupings(q.Scope)
	}
	if q.By == "" {
		q.By = x.By[0]
	}
	if !slices.Contains(x.By, q.By) {
		return ask{}, &UnknownError{What: "grouping", Name: string(q.By), Where: "metric " + x.Name, Have: asStrings(x.By)}
	}
	a := ask{Query: q, Found: f, metric: x, fromNS: int64(q.From * 1e6), toNS: int64(q.To * 1e6), endNS: m.EndNS}
	if a.endNS == 0 {
		a.endNS = newestNS
	}
	if a.scope, err = checkScope(m, x, q.Scope); err != nil {
		return ask{}, err
	}
	if q.From == 0 {
		a.fromNS = m.StartNS
	}
	if q.To == 0 {
		a.toNS = a.endNS
		if x.Traced != "" {
			a.toNS++ // the probes' last rows are of the very end
		}
	}
	t, _ := tableOf(m, x.Table)
	a.periodNS = t.Period(a.scope)
	if x.Table == export.TableAllocations && a.periodNS == 0 {
		a.periodNS = longestDrain
	}
	return a, nil
}

func checkScope(m *export.Manifest, x Metric, asked export.Scope) (export.Scope, error) {
	if x.Table != export.TableCounters {
		return "", nil
	}
	if x.Scope != "" {
		return x.Scope, nil
	}
	scope := scopeOf(m, x, asked)
	t, _ := tableOf(m, export.TableCounters)
	if asked != "" && !slices.Contains(t.Scopes, string(asked)) {
		return "", &UnknownError{What: "scope", Name: string(asked), Where: where(m), Have: t.Scopes}
	}
	return scope, nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }

func clock(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05 UTC") }
