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

// add takes a sample. Samples of several CPUs come out of order by a little;
// what was handed out before is never written to.
func (f *flow) add(ts, weight int64) {
	n := len(f.ts)
	if n == 0 || ts >= f.ts[n-1] {
		last := int64(0)
		if n > 0 {
			last = f.sum[n-1]
		}
		f.ts, f.sum = append(f.ts, ts), append(f.sum, last+weight)
		return
	}
	at := seek(f.ts, 0, ts+1)
	f.ts = slices.Insert(slices.Clone(f.ts), at, ts)
	sum := slices.Clone(f.sum)
	before := int64(0)
	if at > 0 {
		before = sum[at-1]
	}
	f.sum = slices.Insert(sum, at, before)
	for i := at; i < len(f.sum); i++ {
		f.sum[i] += weight
	}
}

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
	kinds := cols[1].words.list
	for _, r := range byTime(cols[0].values, rows) {
		if kinds[cols[1].values[r]] != s.kind {
			continue
		}
		k := flowKey{int32(cols[2].values[r]), int32(cols[3].values[r])}
		if cols[3].isNull(r) {
			k.memNode = -1
		}
		f := s.flows[k]
		if f == nil {
			f = &flow{}
			s.flows[k] = f
		}
		f.add(cols[0].values[r], max(cols[4].values[r], 1))
		s.rows++
	}
	return nil
}

// byTime orders a chunk's rows. The rings of several CPUs are written one
// after the other, and a row that is older than what a flow has costs as much
// as the whole flow.
func byTime(ts []int64, rows int) []int {
	order := make([]int, rows)
	for r := range order {
		order[r] = r
	}
	if !slices.IsSorted(ts[:rows]) {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ts[a], ts[b]) })
	}
	return order
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
