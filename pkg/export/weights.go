package export

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// Weights counts the samples within each column, [edge, next edge).
func (r *Reader) Weights(ctx context.Context, host, run string, q WeightsRequest) (*Weights, error) {
	if err := checkEdges(q.EdgesNS); err != nil {
		return nil, err
	}
	return again(ctx, r, host, run, func(m *Manifest) (*Weights, error) {
		sets, err := r.sampleSets(ctx, m, q)
		if err != nil {
			return nil, err
		}
		w := newWeights(sets, len(q.EdgesNS)-1)
		for _, set := range sets {
			for k, flow := range set {
				c, _ := slices.BinarySearch(w.CPUs, k.cpu)
				flow.count(q.EdgesNS, w.Weight[c][w.memIndex(k.memNode)], w.Samples[c][w.memIndex(k.memNode)])
			}
		}
		w.Active, err = r.active(ctx, m, q)
		return w, err
	})
}

// newWeights makes room for what the sets hold.
func newWeights(sets []map[flowKey]flow, columns int) *Weights {
	cpus, nodes := map[int32]bool{}, map[int32]bool{}
	for _, set := range sets {
		for k := range set {
			cpus[k.cpu], nodes[k.memNode] = true, true
		}
	}
	w := &Weights{CPUs: slices.Sorted(maps.Keys(cpus)), Columns: columns}
	unknown := nodes[-1]
	delete(nodes, -1)
	w.MemNodes = slices.Sorted(maps.Keys(nodes))
	if unknown {
		w.MemNodes = append(w.MemNodes, -1)
	}
	for range w.CPUs {
		w.Weight = append(w.Weight, grid(len(w.MemNodes), columns))
		w.Samples = append(w.Samples, grid(len(w.MemNodes), columns))
	}
	return w
}

func grid(rows, columns int) [][]int64 {
	all := make([]int64, rows*columns)
	g := make([][]int64, rows)
	for i := range g {
		g[i] = all[i*columns : (i+1)*columns : (i+1)*columns]
	}
	return g
}

func (w *Weights) memIndex(node int32) int { return slices.Index(w.MemNodes, node) }

// flowKey is a CPU and the node whose memory it touched.
type flowKey struct{ cpu, memNode int32 }

// flow holds the samples of one key within one segment, ascending by time,
// with the weight up to and including each: a column costs two searches,
// however many samples lie in it.
type flow struct {
	ts, sum []int64
}

// merge adds samples, which ascend. Those of several CPUs, or of two batches,
// may be out of order by a little; what was handed out before is never
// written to.
func (f *flow) merge(more []moment) {
	at := len(f.ts)
	if at > 0 && more[0].ts < f.ts[at-1] {
		at = seek(f.ts, 0, more[0].ts)
	}
	late, lateSum, sum := f.ts[at:], f.sum[at:], int64(0)
	if at > 0 {
		sum = f.sum[at-1]
	}
	before := sum
	// Where something has to be put in between, the append must copy.
	if len(late) > 0 {
		f.ts, f.sum = f.ts[:at:at], f.sum[:at:at]
	}
	for i := 0; i < len(late) || len(more) > 0; {
		ts, weight := int64(0), int64(0)
		if len(more) == 0 || i < len(late) && late[i] <= more[0].ts {
			ts, weight, before = late[i], lateSum[i]-before, lateSum[i]
			i++
		} else {
			ts, weight, more = more[0].ts, more[0].weight, more[1:]
		}
		sum += weight
		f.ts, f.sum = append(f.ts, ts), append(f.sum, sum)
	}
}

// moment is a sample as far as it is counted.
type moment struct{ ts, weight int64 }

// count adds the samples of each column to weight and samples.
func (f flow) count(edges []int64, weight, samples []int64) {
	a := seek(f.ts, 0, edges[0])
	for c := range weight {
		if a == len(f.ts) {
			return
		}
		z := seek(f.ts, a, edges[c+1])
		if z > a {
			weight[c] += f.sum[z-1]
			if a > 0 {
				weight[c] -= f.sum[a-1]
			}
			samples[c] += int64(z - a)
		}
		a = z
	}
}

var sampleColumns = []string{"ts", "kind", "cpu", "mem_node", "weight"}

// sampleSet holds the samples of one kind of one segment.
type sampleSet struct {
	kind    string
	version string
	tail    *tailReader
	flows   map[flowKey]*flow
	rows    int64
}

func (s *sampleSet) take(rows int, cols []vector) error {
	fresh := map[flowKey][]moment{}
	for r := range rows {
		if cols[1].text(r) != s.kind {
			continue
		}
		k := flowKey{int32(cols[2].values[r]), int32(cols[3].values[r])}
		if cols[3].isNull(r) {
			k.memNode = -1
		}
		fresh[k] = append(fresh[k], moment{cols[0].values[r], max(cols[4].values[r], 1)})
		s.rows++
	}
	for k, more := range fresh {
		slices.SortStableFunc(more, func(a, b moment) int { return cmp.Compare(a.ts, b.ts) })
		if s.flows[k] == nil {
			s.flows[k] = &flow{}
		}
		s.flows[k].merge(more)
	}
	return nil
}

// sampleSets gives the samples of the segments that the edges need.
func (r *Reader) sampleSets(ctx context.Context, m *Manifest, q WeightsRequest) ([]map[flowKey]flow, error) {
	var sets []map[flowKey]flow
	for _, s := range m.segmentsOf(TableSamples, q.EdgesNS[0], q.EdgesNS[len(q.EdgesNS)-1], 0) {
		key := m.identity(s) + "\x00" + string(q.Kind)
		set, err := r.samples.do(ctx, key, func(ctx context.Context) (map[flowKey]flow, error) {
			return r.loadSamples(ctx, m, s, q.Kind, key)
		})
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// loadSamples is called once at a time for a key, by its flight: nothing
// else touches the set.
func (r *Reader) loadSamples(ctx context.Context, m *Manifest, s Segment, kind SampleKind, key string) (map[flowKey]flow, error) {
	set, _ := r.cache.get(key).(*sampleSet)
	if set != nil && s.Format == formatParquet {
		return set.view(), nil
	}
	path, f, err := r.open(ctx, m, s)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if set == nil || set.version != f.Version() || f.Size() < set.tail.next {
		set = &sampleSet{kind: string(kind), version: f.Version(), tail: newTailReader(), flows: map[flowKey]*flow{}}
	}
	if s.Format == formatParquet {
		err = eachChunk(f, s, sampleColumns, set.take)
	} else {
		err = untorn(set.tail.advance(f, f.Size(), sampleColumns, set.take))
	}
	if err != nil {
		r.cache.drop(key)
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.cache.put(key, set, set.rows*16+int64(len(set.flows))*100)
	return set.view(), nil
}

// view gives the flows as they are now; they may be read while the set goes
// on growing.
func (s *sampleSet) view() map[flowKey]flow {
	v := make(map[flowKey]flow, len(s.flows))
	for k, f := range s.flows {
		v[k] = *f
	}
	return v
}
