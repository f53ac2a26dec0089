package export

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// PlacementRow says how many pages of one kind a process has on one node. All
// rows of a process with the same time are one look at it: what has no row
// was not there.
type PlacementRow struct {
	TS     int64
	PID    int32
	Comm   string // "" is null
	Node   int32  // -1 is null
	Kind   PlacementKind
	Policy string // of the mappings, as numa_maps words it; "" is null
	// PageBytes is the size of the pages that are counted.
	PageBytes, Pages int64
	// Anon and Dirty are the parts of Pages that are anonymous, and dirty; -1
	// is null.
	Anon, Dirty int64
	// Samples is the number of pages that were found here by asking for
	// random ones, when Pages is an estimate from them; 0 is null: every page
	// was counted.
	Samples int64
}

// PlacementKind is what a mapping is for.
type PlacementKind string

// The kinds.
const (
	PlacedAnonymous PlacementKind = "anonymous"
	PlacedFile      PlacementKind = "file" // pages of its own that a process made by writing included
	PlacedShared    PlacementKind = "shared"
	PlacedHeap      PlacementKind = "heap"
	PlacedStack     PlacementKind = "stack"
	// numastat's own, in imports: huge pages of any mapping, and all that is
	// neither huge nor heap nor stack.
	PlacedHuge    PlacementKind = "huge"
	PlacedPrivate PlacementKind = "private"
)

// PlacementKinds are all that an agent records.
func PlacementKinds() []PlacementKind {
	return []PlacementKind{PlacedAnonymous, PlacedFile, PlacedShared, PlacedHeap, PlacedStack}
}

// Placement takes how many pages a process has on one node.
func (w *Writer) Placement(r PlacementRow) { w.pending.placement(r) }

func (p *pending) placement(r PlacementRow) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.batches[TablePlacement]
	if !p.room(TablePlacement, b.rows, r.TS) {
		return
	}
	v, row := b.vectors, b.rows
	v[0].add(r.TS)
	v[1].add(int64(r.PID))
	v[2].addNameUnlessEmpty(r.Comm, row)
	v[3].addUnless(int64(r.Node), -1, row)
	v[4].addName(string(r.Kind))
	v[5].addNameUnlessEmpty(r.Policy, row)
	v[6].add(r.PageBytes)
	v[7].add(r.Pages)
	v[8].addUnless(r.Anon, -1, row)
	v[9].addUnless(r.Dirty, -1, row)
	v[10].addUnless(r.Samples, 0, row)
	b.rows++
}

func (v *vector) addNameUnlessEmpty(name string, row int) {
	if name == "" {
		v.addNull(row)
	} else {
		v.addName(name)
	}
}

// PlacementRequest asks where pages were within each column.
type PlacementRequest struct {
	Kinds   []PlacementKind // none is all
	EdgesNS []int64
}

// PlacedProcess is one process that was looked at. A number that the kernel
// used again, for a program of another name, is another process.
type PlacedProcess struct {
	PID  int32
	Comm string
}

// Placement answers a PlacementRequest.
type Placement struct {
	Processes []PlacedProcess
	Nodes     []int32 // -1, first, when the node of some pages is not known
	Columns   int
	// Bytes[p][n] has one sum for each column: of Processes[p] on Nodes[n].
	Bytes [][][]int64
	// Valid[p] says in which columns the process was looked at; Estimated[p]
	// in which of these some pages were estimated, not counted.
	Valid, Estimated [][]bool
}

// Placement gives the last look at each process within each column. A column
// that lies between two looks has the earlier one's bytes.
func (r *Reader) Placement(ctx context.Context, host, run string, q PlacementRequest) (*Placement, error) {
	if err := checkEdges(q.EdgesNS); err != nil {
		return nil, err
	}
	return again(ctx, r, host, run, func(m *Manifest) (*Placement, error) {
		hold := heldFor(m)
		var all []look
		for _, s := range m.segmentsOf(TablePlacement, q.EdgesNS[0]-hold.between, q.EdgesNS[len(q.EdgesNS)-1]+hold.between, 0) {
			looks, err := r.looks.do(ctx, m.identity(s), func(ctx context.Context) ([]look, error) {
				return r.loadLooks(ctx, m, s)
			})
			if err != nil {
				return nil, err
			}
			all = append(all, looks...)
		}
		return placed(all, q, hold), nil
	})
}

// hold is how long a look speaks for a process: until the next one, if that
// comes before long, because a large process is looked at seldom; and for a
// little while after the last.
type hold struct{ between, last int64 }

func heldFor(m *Manifest) hold {
	period := int64(5e9)
	if i := slices.IndexFunc(m.Tables, func(t TableInfo) bool { return t.Name == TablePlacement }); i >= 0 && m.Tables[i].PeriodNS > 0 {
		period = m.Tables[i].PeriodNS
	}
	return hold{between: 24 * period, last: period + period/2}
}

// look is one look at one process.
type look struct {
	process PlacedProcess
	ts      int64
	parts   []placedPart
}

type placedPart struct {
	node      int32
	kind      PlacementKind
	bytes     int64
	estimated bool
}

var placementColumns = []string{"ts", "pid", "comm", "node", "kind", "page_bytes", "pages", "samples"}

func (r *Reader) loadLooks(ctx context.Context, m *Manifest, s Segment) ([]look, error) {
	key := m.identity(s)
	if looks, ok := r.cache.get(key).([]look); ok && s.Format == formatParquet {
		return looks, nil
	}
	path, f, err := r.open(ctx, m, s)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	g := gathered{}
	if err := eachChunk(f, s, placementColumns, g.take); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	looks := g.looks()
	if s.Format == formatParquet {
		r.cache.put(key, looks, int64(len(looks))*200)
	}
	return looks, nil
}

// gathered are rows on their way to looks.
type gathered map[lookKey]*look

type lookKey struct {
	process PlacedProcess
	ts      int64
}

func (g gathered) take(rows int, cols []vector) error {
	for i := range rows {
		k := lookKey{PlacedProcess{PID: int32(cols[1].values[i])}, cols[0].values[i]}
		if !cols[2].isNull(i) {
			k.process.Comm = cols[2].text(i)
		}
		if g[k] == nil {
			g[k] = &look{process: k.process, ts: k.ts}
		}
		part := placedPart{node: -1, kind: PlacementKind(cols[4].text(i)), bytes: cols[5].values[i] * cols[6].values[i], estimated: !cols[7].isNull(i)}
		if !cols[3].isNull(i) {
			part.node = int32(cols[3].values[i])
		}
		g[k].parts = append(g[k].parts, part)
	}
	return nil
}

// looks sorts by process, then time.
func (g gathered) looks() []look {
	out := make([]look, 0, len(g))
	for _, l := range g {
		out = append(out, *l)
	}
	slices.SortFunc(out, compareLooks)
	return out
}

func compareLooks(a, b look) int {
	return cmp.Or(cmp.Compare(a.process.PID, b.process.PID), cmp.Compare(a.process.Comm, b.process.Comm), cmp.Compare(a.ts, b.ts))
}

// placed spreads looks over columns.
func placed(all []look, q PlacementRequest, hold hold) *Placement {
	slices.SortFunc(all, compareLooks)
	nodes := map[int32]bool{}
	p := &Placement{Columns: len(q.EdgesNS) - 1}
	for _, l := range all {
		for _, part := range l.parts {
			nodes[part.node] = true
		}
	}
	p.Nodes = slices.Sorted(maps.Keys(nodes))
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].process == all[0].process {
			n++
		}
		p.add(all[:n], q, hold)
		all = all[n:]
	}
	return p
}

// add enters one process's looks, which ascend.
func (p *Placement) add(looks []look, q PlacementRequest, hold hold) {
	bytes, valid, estimated := grid(len(p.Nodes), p.Columns), make([]bool, p.Columns), make([]bool, p.Columns)
	known := false
	next := 0
	for c := range p.Columns {
		from, to := q.EdgesNS[c], q.EdgesNS[c+1]
		for next < len(looks) && looks[next].ts < to {
			next++
		}
		if next == 0 || !speaks(looks, next-1, from, hold) {
			continue
		}
		valid[c], known = true, true
		for _, part := range looks[next-1].parts {
			if len(q.Kinds) == 0 || slices.Contains(q.Kinds, part.kind) {
				n, _ := slices.BinarySearch(p.Nodes, part.node)
				bytes[n][c] += part.bytes
				estimated[c] = estimated[c] || part.estimated
			}
		}
	}
	if !known {
		return
	}
	p.Processes = append(p.Processes, looks[0].process)
	p.Bytes, p.Valid, p.Estimated = append(p.Bytes, bytes), append(p.Valid, valid), append(p.Estimated, estimated)
}

// speaks tells whether look i still holds at a column's beginning.
func speaks(looks []look, i int, from int64, hold hold) bool {
	if looks[i].ts >= from {
		return true
	}
	if i+1 < len(looks) && looks[i+1].ts-looks[i].ts <= hold.between {
		return true
	}
	return from-looks[i].ts <= hold.last
}

// placementGauges sums over processes: by node, one series for each kind that
// is asked for, or PlacementAll.
func (r *Reader) placementGauges(ctx context.Context, host, run string, q GaugesRequest) (*Gauges, error) {
	out := &Gauges{Columns: len(q.EdgesNS) - 1}
	for i, name := range q.Columns {
		ask := PlacementRequest{EdgesNS: q.EdgesNS}
		if name != PlacementAll {
			ask.Kinds = []PlacementKind{PlacementKind(name)}
		}
		p, err := r.Placement(ctx, host, run, ask)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			out.Instances = slices.DeleteFunc(slices.Clone(p.Nodes), func(n int32) bool { return n < 0 })
		}
		out.Series = append(out.Series, p.sum(name, out))
	}
	return out, nil
}

// PlacementAll is the column of all kinds together.
const PlacementAll = "all"

func (p *Placement) sum(name string, of *Gauges) GaugeSeries {
	n := len(of.Instances) * of.Columns
	s := GaugeSeries{Name: name, Values: make([]int64, n), Valid: make([]bool, n)}
	for i, node := range of.Instances {
		at, ok := slices.BinarySearch(p.Nodes, node)
		for c := range of.Columns {
			for process := range p.Processes {
				if p.Valid[process][c] {
					s.Valid[i*of.Columns+c] = true
					s.Estimated = s.Estimated || p.Estimated[process][c]
					if ok {
						s.Values[i*of.Columns+c] += p.Bytes[process][at][c]
					}
				}
			}
		}
	}
	return s
}
