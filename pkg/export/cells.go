package export

import (
	"runtime"
	"sync"
)

// fill computes the cells of all events. Those of one group were read at the
// same moments: where their readings lie is looked up once, and the times are
// told once for all of them.
func (x *Increments) fill(set *threadSet, names []string, edges []int64) {
	n := len(x.Instances) * x.Columns
	x.Series = make([]IncrementSeries, len(names))
	var kins []kin
	for i, name := range names {
		s := &x.Series[i]
		s.Name, s.Delta = name, x.lend(n)
		k := 0
		for k < len(kins) && !set.sameTimes(kins[k].events[0], i) {
			k++
		}
		if k == len(kins) {
			kins = append(kins, kin{})
			s.SpanNS, s.EnabledNS, s.RunningNS, s.FromNS, s.ToNS = x.lend(n), x.lend(n), x.lend(n), x.lend(n), x.lend(n)
		} else {
			of := &x.Series[kins[k].events[0]]
			s.SpanNS, s.EnabledNS, s.RunningNS, s.FromNS, s.ToNS = of.SpanNS, of.EnabledNS, of.RunningNS, of.FromNS, of.ToNS
		}
		kins[k].events = append(kins[k].events, i)
	}
	parts := min(runtime.GOMAXPROCS(0), 1+n/20_000)
	_ = sideBySide(parts, func(p int) error {
		for _, k := range kins {
			f := cellFiller{x: x, set: set, edges: edges, events: k.events}
			f.rows(len(x.Instances)*p/parts, len(x.Instances)*(p+1)/parts)
		}
		return nil
	})
}

// kin are events whose readings have the same times, by their place in the
// question.
type kin struct{ events []int }

// sameTimes tells whether two events have the same readings and count the
// same steps.
func (t *threadSet) sameTimes(a, b int) bool {
	if len(t.byColumn[a]) != len(t.byColumn[b]) {
		return false
	}
	for instance, x := range t.byColumn[a] {
		if y := t.byColumn[b][instance]; y == nil || !x.sameTimes(y) {
			return false
		}
	}
	return true
}

func (t *thread) sameTimes(o *thread) bool {
	if t.rough || o.rough || len(t.parts) != len(o.parts) {
		return false
	}
	for i := range t.parts {
		a, b := &t.parts[i], &o.parts[i]
		if a.lo != b.lo || len(a.ts) != len(b.ts) || len(a.ts) > 0 && &a.ts[0] != &b.ts[0] {
			return false
		}
	}
	return true
}

// cellFiller fills the rows of events of one kin.
type cellFiller struct {
	x       *Increments
	set     *threadSet
	edges   []int64
	events  []int
	spots   []spot
	at      []sums
	threads []*thread
	deltas  [][]int64
}

func (f *cellFiller) rows(from, to int) {
	f.spots, f.at = make([]spot, len(f.edges)), make([]sums, len(f.edges))
	f.threads, f.deltas = make([]*thread, len(f.events)), make([][]int64, len(f.events))
	for i := from; i < to; i++ {
		instance := f.x.Instances[i]
		t := f.set.byColumn[f.events[0]][instance]
		if t == nil || len(t.parts) == 0 {
			f.nulls(i)
			continue
		}
		for e, event := range f.events {
			f.threads[e] = f.set.byColumn[event][instance]
			f.deltas[e] = f.x.Series[event].Delta[i*f.x.Columns : (i+1)*f.x.Columns]
		}
		t.nearest(f.edges, f.spots)
		f.row(i, t)
	}
}

func (f *cellFiller) nulls(i int) {
	first, end := i*f.x.Columns, (i+1)*f.x.Columns
	for _, event := range f.events {
		clear(f.x.Series[event].Delta[first:end])
	}
	s := &f.x.Series[f.events[0]]
	for _, xs := range [][]int64{s.SpanNS, s.EnabledNS, s.RunningNS, s.FromNS, s.ToNS} {
		clear(xs[first:end])
	}
}

// row fills one instance's cells, the spots being those of its edges.
func (f *cellFiller) row(i int, t *thread) {
	for c, s := range f.spots {
		f.at[c] = t.at(s)
	}
	s := &f.x.Series[f.events[0]]
	for c := range f.x.Columns {
		k := i*f.x.Columns + c
		a, z, d := f.spots[c], f.spots[c+1], f.at[c+1].minus(f.at[c])
		if a == z {
			a, z, d = t.beside(a, f.edges[c]+(f.edges[c+1]-f.edges[c])/2)
		}
		if a == z || d.time <= 0 {
			f.null(k, c)
			continue
		}
		f.deltas[0][c] = d.value
		for e := 1; e < len(f.threads); e++ {
			f.deltas[e][c] = f.threads[e].value(z) - f.threads[e].value(a)
		}
		if t.rough {
			a, z = t.tighten(a, z)
		}
		s.SpanNS[k], s.EnabledNS[k], s.RunningNS[k] = d.time, d.enabled, d.running
		s.FromNS[k], s.ToNS[k] = t.ts(a), t.ts(z)
	}
}

func (f *cellFiller) null(k, c int) {
	s := &f.x.Series[f.events[0]]
	for e := range f.deltas {
		f.deltas[e][c] = 0
	}
	s.SpanNS[k], s.EnabledNS[k], s.RunningNS[k], s.FromNS[k], s.ToNS[k] = 0, 0, 0, 0, 0
}

// value is the accumulator's count alone, of a thread that is not rough.
func (t *thread) value(s spot) int64 {
	p := &t.parts[s.part]
	return p.values[s.i] + p.base.value
}

// A grid of a thousand columns takes a megabyte a slice: they go from one
// answer to the next.
var cellPool sync.Pool

// lend gives n cells with anything in them.
func (x *Increments) lend(n int) []int64 {
	cells, _ := cellPool.Get().(*[]int64)
	if cells == nil || cap(*cells) < n {
		fresh := make([]int64, n)
		cells = &fresh
	}
	x.lent = append(x.lent, (*cells)[:n:n])
	return x.lent[len(x.lent)-1]
}

// Release gives the slices back. The caller must be done with them; one that
// does not call it does no harm.
func (x *Increments) Release() {
	for i := range x.lent {
		cellPool.Put(&x.lent[i])
	}
	x.lent, x.Series = nil, nil
}
