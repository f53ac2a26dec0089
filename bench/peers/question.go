package main

import (
	"fmt"
	"math"
	"slices"
)

// question is one that a dashboard or an alert asks.
type question struct {
	name           string // heatmap, share, alert
	fromNS, toNS   int64
	most           int   // columns that are asked for
	columns        int   // and those that numalens gave
	startNS, width int64 // of the columns that numalens gave; every peer is asked for these
}

func (l load) questions(columns int) []question {
	return []question{
		{name: "heatmap", fromNS: l.fromNS(), toNS: l.toNS(), most: columns, columns: columns},
		{name: "share", fromNS: l.fromNS(), toNS: l.toNS(), most: columns, columns: columns},
		{name: "alert", fromNS: l.toNS() - 300e9, toNS: l.toNS(), most: 1, columns: 1},
	}
}

// edge is where column i begins.
func (q question) edge(i int) int64 { return q.startNS + int64(i)*q.width }

// truth is the answer that the generator knows: of the readings nearest to the
// edges of each column. NaN is where a column has no reading of its own.
func (l load) truth(qs []question) ([][][]float64, error) {
	edges := make([]*edgeReadings, len(qs))
	for i, q := range qs {
		edges[i] = newEdgeReadings(l, q)
	}
	err := l.each(func(r *reading) error {
		for _, e := range edges {
			e.see(r)
		}
		return nil
	})
	out := make([][][]float64, len(qs))
	for i, e := range edges {
		if qs[i].name == "heatmap" {
			out[i] = e.rates()
		} else {
			out[i] = e.shares()
		}
	}
	return out, err
}

// edgeReadings keeps, for each CPU and edge, the reading that is nearest.
type edgeReadings struct {
	l    load
	q    question
	kept [][]kept // by CPU and edge
	next []int    // by CPU: the first edge that a later reading may be nearest to
}

type kept struct {
	ts     int64
	values [eventsCount]int64
}

func newEdgeReadings(l load, q question) *edgeReadings {
	e := &edgeReadings{l: l, q: q, kept: make([][]kept, l.cpus), next: make([]int, l.cpus)}
	for i := range e.kept {
		e.kept[i] = make([]kept, q.columns+1)
	}
	return e
}

func (e *edgeReadings) see(r *reading) {
	cells := e.kept[r.cpu]
	for i := e.next[r.cpu]; i < len(cells); i++ {
		at := e.q.edge(i)
		if cells[i].ts == 0 || distance(r.ts, at) < distance(cells[i].ts, at) {
			cells[i] = kept{r.ts, r.values}
		} else {
			e.next[r.cpu] = i + 1
		}
		if r.ts < at {
			return
		}
	}
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

func (e *edgeReadings) rates() [][]float64 {
	out := make([][]float64, e.l.cpus)
	for cpu, cells := range e.kept {
		out[cpu] = make([]float64, e.q.columns)
		for c := range out[cpu] {
			a, z := cells[c], cells[c+1]
			out[cpu][c] = math.NaN()
			if z.ts > a.ts {
				out[cpu][c] = float64(z.values[misses]-a.values[misses]) / (float64(z.ts-a.ts) / 1e9)
			}
		}
	}
	return out
}

func (e *edgeReadings) shares() [][]float64 {
	out := make([][]float64, e.l.nodes)
	for n := range out {
		out[n] = make([]float64, e.q.columns)
		for c := range out[n] {
			var part, whole float64
			for cpu, cells := range e.kept {
				if e.l.nodeOf(cpu) == n {
					far := float64(cells[c+1].values[remote] - cells[c].values[remote])
					part += far
					whole += far + float64(cells[c+1].values[local]-cells[c].values[local])
				}
			}
			out[n][c] = part / whole
		}
	}
	return out
}

// tolerance is how far an answer may be off: half of its cells by less than
// median, all but one in a hundred by less than most, of the row's mean.
type tolerance struct{ median, most float64 }

// toleranceOf follows from how many readings a column has: a server that
// extrapolates, or whose windows begin at other readings, is off by the part
// of one of them. numalens takes readings beside an edge where columns are
// wide, and then is exact between those: its frame is off likewise.
func toleranceOf(p peer, l load, q question) tolerance {
	readings := float64(q.width) / 1e9 * float64(l.hz) / float64(p.every())
	return tolerance{min(.5, .7/readings), min(2, 5/readings)}
}

// check compares an answer with the truth, cell by cell.
func check(got, want [][]float64, allowed tolerance) (string, error) {
	if len(got) != len(want) {
		return "", fmt.Errorf("it has %d rows, not %d", len(got), len(want))
	}
	var off []float64
	nulls, cells := 0, 0
	for r := range want {
		if len(got[r]) != len(want[r]) {
			return "", fmt.Errorf("row %d has %d columns, not %d", r, len(got[r]), len(want[r]))
		}
		mean := meanOf(want[r])
		for c := range want[r] {
			cells++
			if math.IsNaN(got[r][c]) || math.IsNaN(want[r][c]) {
				if math.IsNaN(got[r][c]) != math.IsNaN(want[r][c]) {
					nulls++
				}
				continue
			}
			off = append(off, math.Abs(got[r][c]-want[r][c])/mean)
		}
	}
	// The ends of a range may have a column without a reading on one side.
	if nulls > cells/50+len(want) {
		return "", fmt.Errorf("%d of %d cells are null on one side only", nulls, cells)
	}
	slices.Sort(off)
	median, most, worst := off[len(off)/2], off[len(off)*99/100], off[len(off)-1]
	text := fmt.Sprintf("%d cells, %d of them null on one side; off by %.2g (half), %.2g (99 of 100), %.2g (worst) of a row's mean; allowed %.2g and %.2g", cells, nulls, median, most, worst, allowed.median, allowed.most)
	if median > allowed.median || most > allowed.most {
		return "", fmt.Errorf("its answer differs from the truth: %s", text)
	}
	return text, nil
}

func meanOf(row []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range row {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	return max(sum/float64(max(n, 1)), 1e-12)
}
