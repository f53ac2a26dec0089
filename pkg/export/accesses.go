package export

import (
	"context"
	"maps"
	"slices"
)

// AccessesRequest asks what sampled loads or stores fell into each column,
// and how long they took.
type AccessesRequest struct {
	Kind    SampleKind
	EdgesNS []int64
	// Class sorts a sample by its data_src, 0 where it has none, into one of
	// Classes.
	Class   func(dataSrc uint64) int
	Classes int
}

// Accesses answers an AccessesRequest: by the CPU, -1 where it is not known,
// and the class.
type Accesses struct {
	CPUs    []int32
	Columns int
	// Sums[c][k] has one for each column: of CPUs[c] and class k; nil is
	// nothing at all.
	Sums   [][][]AccessSum
	Active []bool // as of Weights
}

// AccessSum is what fell into one column.
type AccessSum struct {
	Samples, Weight int64
	// Latency is of those samples that tell it, each times its weight; Timed
	// is their weight.
	Latency, Timed int64
}

var accessColumns = []string{"ts", "kind", "cpu", "data_src", "latency", "weight"}

// Accesses reads the samples of the range.
func (r *Reader) Accesses(ctx context.Context, host, run string, q AccessesRequest) (*Accesses, error) {
	if err := checkEdges(q.EdgesNS); err != nil {
		return nil, err
	}
	return again(ctx, r, host, run, func(m *Manifest) (*Accesses, error) {
		t := accessTally{q: q, byCPU: map[int32][][]AccessSum{}}
		from, to := q.EdgesNS[0], q.EdgesNS[len(q.EdgesNS)-1]
		for _, s := range m.segmentsOf(TableSamples, from, to, 0) {
			if err := r.eachIn(ctx, m, s, between(from, to), accessColumns, t.take); err != nil {
				return nil, err
			}
		}
		a := &Accesses{CPUs: slices.Sorted(maps.Keys(t.byCPU)), Columns: len(q.EdgesNS) - 1}
		for _, c := range a.CPUs {
			a.Sums = append(a.Sums, t.byCPU[c])
		}
		var err error
		a.Active, err = r.active(ctx, m, WeightsRequest{Kind: q.Kind, EdgesNS: q.EdgesNS})
		return a, err
	})
}

// accessTally sums while it reads.
type accessTally struct {
	q     AccessesRequest
	byCPU map[int32][][]AccessSum
}

func (t *accessTally) take(rows int, cols []vector) error {
	edges := t.q.EdgesNS
	for i := range rows {
		ts := cols[0].values[i]
		if ts < edges[0] || ts >= edges[len(edges)-1] || SampleKind(cols[1].text(i)) != t.q.Kind {
			continue
		}
		col, on := slices.BinarySearch(edges, ts)
		if !on {
			col--
		}
		var src uint64
		if !cols[3].isNull(i) {
			src = uint64(cols[3].values[i])
		}
		sum := t.at(int32(cols[2].values[i]), t.q.Class(src), col)
		weight := max(cols[5].values[i], 1)
		sum.Samples++
		sum.Weight += weight
		if !cols[4].isNull(i) {
			sum.Latency += cols[4].values[i] * weight
			sum.Timed += weight
		}
	}
	return nil
}

func (t *accessTally) at(cpu int32, class, col int) *AccessSum {
	classes := t.byCPU[cpu]
	if classes == nil {
		classes = make([][]AccessSum, t.q.Classes)
		t.byCPU[cpu] = classes
	}
	if classes[class] == nil {
		classes[class] = make([]AccessSum, len(t.q.EdgesNS)-1)
	}
	return &classes[class][col]
}
