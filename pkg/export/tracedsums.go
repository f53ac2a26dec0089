package export

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// TracedRequest asks what was allocated, or moved, within each column.
type TracedRequest struct {
	Table   string // TableAllocations or TableMigrations
	Kind    Traced
	EdgesNS []int64
}

// Route is the node of the CPU that allocated and the node given; of a
// migration the node left and the node gone to. -1 is not known.
type Route struct{ From, To int32 }

// TracedSums answers a TracedRequest. A row counts in the column in which its
// time lies.
type TracedSums struct {
	Routes  []Route // ascending
	Columns int
	// Bytes[p] and Count[p] have one sum for each column: of Routes[p]. Count
	// is how many events they stand for; of migrations it is what moved, and
	// Bytes are zero.
	Bytes, Count [][]int64
	// Estimated says that sampled rows are in the sums.
	Estimated bool
	// KnownNS is how much time the rows of each column are of; 0 is not known:
	// before the first row, while the probe was detached, or where segments
	// were removed to make room. DetachedNS is for how long it was detached,
	// RemovedNS for how long segments are missing, within the run and between
	// the edges.
	KnownNS               []int64
	DetachedNS, RemovedNS int64
	// Lost is how many events or rows the notes tell of that are missing.
	Lost int64
}

// TracedSums gives the sums of one kind by route.
func (r *Reader) TracedSums(ctx context.Context, host, run string, q TracedRequest) (*TracedSums, error) {
	if err := checkEdges(q.EdgesNS); err != nil {
		return nil, err
	}
	if q.Table != TableAllocations && q.Table != TableMigrations {
		return nil, fmt.Errorf("table %q has no sums by route", q.Table)
	}
	return again(ctx, r, host, run, func(m *Manifest) (*TracedSums, error) {
		var parts []map[tracedKey]accrual
		for _, s := range m.segmentsOf(q.Table, q.EdgesNS[0]-longestDrain, q.EdgesNS[len(q.EdgesNS)-1], 0) {
			part, err := follow(ctx, r, m, s, "sums", sumColumns[q.Table], func() gathering[map[tracedKey]accrual] {
				return &accruals{of: map[tracedKey]*accrual{}, migrations: q.Table == TableMigrations}
			})
			if err != nil {
				return nil, err
			}
			parts = append(parts, part)
		}
		out := newTracedSums(parts, q)
		return out, r.knownIn(ctx, m, q, drains(parts, q), out)
	})
}

func newTracedSums(parts []map[tracedKey]accrual, q TracedRequest) *TracedSums {
	seen := map[Route]bool{}
	for _, part := range parts {
		for k, a := range part {
			if k.kind == q.Kind && a.within(q.EdgesNS[0], q.EdgesNS[len(q.EdgesNS)-1]) {
				seen[k.Route] = true
			}
		}
	}
	t := &TracedSums{Columns: len(q.EdgesNS) - 1, Routes: slices.SortedFunc(maps.Keys(seen), func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})}
	t.Bytes, t.Count = grid(len(t.Routes), t.Columns), grid(len(t.Routes), t.Columns)
	for _, part := range parts {
		for k, a := range part {
			if k.kind != q.Kind || !seen[k.Route] {
				continue
			}
			p := slices.Index(t.Routes, k.Route)
			a.count(q.EdgesNS, t.Bytes[p], t.Count[p])
			t.Estimated = t.Estimated || a.estimated
		}
	}
	return t
}

var sumColumns = map[string][]string{
	TableAllocations: {"ts", "kind", "cpu_node", "given_node", "bytes", "count", "weight"},
	TableMigrations:  {"ts", "kind", "from_node", "to_node", "moved"},
}

type tracedKey struct {
	kind Traced
	Route
}

// longestDrain is the most time that lies between two drains of the probes.
const longestDrain = 10e9

// anyKind is the key of the moments of all rows: when the probes were drained.
var anyKind tracedKey

// drains are when the probes were drained, as far as rows of any kind came of
// it, from a while before the first column on.
func drains(parts []map[tracedKey]accrual, q TracedRequest) []int64 {
	var all []int64
	for _, part := range parts {
		a := part[anyKind]
		from := seek(a.ts, 0, q.EdgesNS[0]-longestDrain)
		all = append(all, a.ts[from:seek(a.ts, from, q.EdgesNS[len(q.EdgesNS)-1])]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// accruals are a segment's rows, summed by kind, pair and time: the rows of
// one drain of the probes share their time, so this grows with time and not
// with rows.
type accruals struct {
	of         map[tracedKey]*accrual
	migrations bool
	moments    int64
}

// accrual holds the sums of one route up to and including each moment.
type accrual struct {
	ts, bytes, weight []int64
	estimated         bool
}

type sumOf struct {
	ts, bytes, weight int64
	sampled           bool
}

func (a *accruals) take(rows int, cols []vector) error {
	type local struct { // kinds as the chunk numbers them: no text is hashed for a row
		kind int64
		Route
	}
	fresh := map[local]*[]sumOf{}
	var drained []sumOf
	for r := range rows {
		k := local{cols[1].values[r], Route{nodeAt(&cols[2], r), nodeAt(&cols[3], r)}}
		x := sumOf{ts: cols[0].values[r], weight: cols[4].values[r]}
		if !a.migrations {
			x.bytes, x.weight = cols[4].values[r], cols[6].values[r]
			x.sampled = x.weight > cols[5].values[r]
		}
		if fresh[k] == nil {
			fresh[k] = &[]sumOf{}
		}
		appendSum(fresh[k], x)
		appendSum(&drained, sumOf{ts: x.ts})
	}
	for k, more := range fresh {
		a.add(tracedKey{Traced(cols[1].words.list[k.kind]), k.Route}, *more)
	}
	if rows > 0 {
		a.add(anyKind, drained)
	}
	return nil
}

func (a *accruals) add(k tracedKey, more []sumOf) {
	if a.of[k] == nil {
		a.of[k] = &accrual{}
	}
	to := a.of[k]
	before := len(to.ts)
	to.merge(more)
	a.moments += int64(len(to.ts) - before)
}

// appendSum adds to the last sum, where it is of the same time.
func appendSum(list *[]sumOf, x sumOf) {
	n := len(*list)
	if n == 0 || (*list)[n-1].ts != x.ts {
		*list = append(*list, x)
		return
	}
	last := &(*list)[n-1]
	last.bytes += x.bytes
	last.weight += x.weight
	last.sampled = last.sampled || x.sampled
}

func nodeAt(v *vector, r int) int32 {
	if v.isNull(r) {
		return -1
	}
	return int32(v.values[r])
}

func (a *accruals) bytes() int64 { return a.moments*24 + int64(len(a.of))*200 }

// view copies the slices' headers: what they hold is never written again.
func (a *accruals) view() map[tracedKey]accrual {
	v := make(map[tracedKey]accrual, len(a.of))
	for k, x := range a.of {
		v[k] = *x
	}
	return v
}

// merge adds sums. They mostly follow what is there; rows of two batches may
// overlap by a little, and then the whole is made anew.
func (a *accrual) merge(more []sumOf) {
	slices.SortStableFunc(more, func(x, y sumOf) int { return cmp.Compare(x.ts, y.ts) })
	if n := len(a.ts); n > 0 && more[0].ts <= a.ts[n-1] {
		all := append(a.steps(), more...)
		slices.SortStableFunc(all, func(x, y sumOf) int { return cmp.Compare(x.ts, y.ts) })
		a.ts, a.bytes, a.weight, more = nil, nil, nil, all
	}
	for _, x := range more {
		a.estimated = a.estimated || x.sampled
		n := len(a.ts)
		if n > 0 {
			x.bytes += a.bytes[n-1]
			x.weight += a.weight[n-1]
		}
		if n > 0 && a.ts[n-1] == x.ts {
			// Of this call, or of a copy: nobody has seen it.
			a.bytes[n-1], a.weight[n-1] = x.bytes, x.weight
			continue
		}
		a.ts, a.bytes, a.weight = append(a.ts, x.ts), append(a.bytes, x.bytes), append(a.weight, x.weight)
	}
}

func (a *accrual) steps() []sumOf {
	out := make([]sumOf, len(a.ts))
	for i := range out {
		out[i] = sumOf{ts: a.ts[i], bytes: a.bytes[i], weight: a.weight[i]}
		if i > 0 {
			out[i].bytes -= a.bytes[i-1]
			out[i].weight -= a.weight[i-1]
		}
	}
	return out
}

func (a *accrual) within(from, to int64) bool {
	i := seek(a.ts, 0, from)
	return i < len(a.ts) && a.ts[i] < to
}

// count adds the sums of each column, [edge, next edge).
func (a *accrual) count(edges []int64, bytes, weight []int64) {
	at := seek(a.ts, 0, edges[0])
	for c := range bytes {
		if at == len(a.ts) {
			return
		}
		end := seek(a.ts, at, edges[c+1])
		if end > at {
			bytes[c] += a.bytes[end-1]
			weight[c] += a.weight[end-1]
			if at > 0 {
				bytes[c] -= a.bytes[at-1]
				weight[c] -= a.weight[at-1]
			}
		}
		at = end
	}
}
