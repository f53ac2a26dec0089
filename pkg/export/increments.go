package export

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Increments tells how much counts grew within each column.
func (r *Reader) Increments(ctx context.Context, host, run string, q IncrementsRequest) (*Increments, error) {
	if q.Table != TableCounters && q.Table != TableNodes {
		return nil, fmt.Errorf("table %q has no counts: they are in %s and %s", q.Table, TableCounters, TableNodes)
	}
	if err := checkEdges(q.EdgesNS); err != nil {
		return nil, err
	}
	return again(ctx, r, host, run, func(m *Manifest) (*Increments, error) {
		ts, err := r.threads(ctx, m, q.Table, q.Scope, q.Columns, q.EdgesNS)
		if err != nil {
			return nil, err
		}
		out := &Increments{Instances: ts.instances, Columns: len(q.EdgesNS) - 1}
		out.fill(ts, q.Columns, q.EdgesNS)
		return out, nil
	})
}

func checkEdges(edges []int64) error {
	if len(edges) < 2 {
		return fmt.Errorf("%d column edges: a column has two", len(edges))
	}
	for i := 1; i < len(edges); i++ {
		if edges[i] <= edges[i-1] {
			return fmt.Errorf("column edges do not ascend: edge %d is %d, after %d", i, edges[i], edges[i-1])
		}
	}
	return nil
}

// threadSet holds the threads of a question.
type threadSet struct {
	instances []int32
	byColumn  []map[int32]*thread // in the order of the columns asked for
	maxStep   int64
}

// threads joins the segments that the edges need.
func (r *Reader) threads(ctx context.Context, m *Manifest, table string, scope Scope, columns []string, edges []int64) (*threadSet, error) {
	info := m.table(table)
	if err := m.checkColumns(table, columns); err != nil {
		return nil, err
	}
	period := info.Period(scope)
	set := &threadSet{maxStep: period * 5 / 2}
	w := weaver{of: map[series]int{}, maxStep: set.maxStep, threads: make([][]*thread, len(columns))}
	c := cascade{r: r, m: m, scope: scope, columns: columns, edges: edges, period: period, maxStep: set.maxStep, join: w.join}
	if err := c.run(ctx, table); err != nil {
		return nil, err
	}
	seen := map[int32]bool{}
	for i, column := range columns {
		set.byColumn = append(set.byColumn, w.byInstance(m, table, column, i))
		for instance := range set.byColumn[i] {
			seen[instance] = true
		}
	}
	set.instances = slices.Sorted(maps.Keys(seen))
	return set, nil
}

// weaver joins strands into threads.
type weaver struct {
	of      map[series]int // place of each series
	names   []series
	threads [][]*thread // by column, then by place; nil is none
	maxStep int64
}

func (w *weaver) join(views []strandView) {
	for i, v := range views {
		for k := range v.strands {
			if len(v.strands[k].ts) == 0 {
				continue // a group that has not this event
			}
			w.thread(i, v.lines[k]).join(v.strands[k])
		}
	}
}

func (w *weaver) thread(column int, s series) *thread {
	at, ok := w.of[s]
	if !ok {
		at = len(w.names)
		w.of[s], w.names = at, append(w.names, s)
	}
	for len(w.threads[column]) <= at {
		w.threads[column] = append(w.threads[column], nil)
	}
	if w.threads[column][at] == nil {
		w.threads[column][at] = &thread{maxStep: w.maxStep, parts: make([]part, 0, 4)}
	}
	return w.threads[column][at]
}

// byInstance chooses, where several groups count the same event, the first
// that the manifest names.
func (w *weaver) byInstance(m *Manifest, table, column string, at int) map[int32]*thread {
	out := make(map[int32]*thread, len(w.threads[at]))
	groups := []string{""}
	if table == TableCounters {
		groups = m.groupsWith(column)
	}
	for _, g := range groups {
		for k, t := range w.threads[at] {
			if s := w.names[k]; t != nil && s.group == g && len(t.parts) > 0 && out[s.instance] == nil {
				out[s.instance] = t
			}
		}
	}
	return out
}

func (m *Manifest) groupsWith(column string) []string {
	var names []string
	for _, g := range m.Groups {
		if slices.ContainsFunc(g.Events, func(e GroupEvent) bool { return e.Name == column }) {
			names = append(names, g.Name)
		}
	}
	return names
}

// table is a table's info, its zero when the manifest has none.
func (m *Manifest) table(name string) TableInfo {
	for _, t := range m.Tables {
		if t.Name == name {
			return t
		}
	}
	return TableInfo{Name: name}
}

// checkColumns refuses a column that the run never had.
func (m *Manifest) checkColumns(table string, columns []string) error {
	have := m.table(table).Columns
	if table == TableCounters {
		have = eventColumns(m.Groups)
	}
	for _, c := range columns {
		if !slices.Contains(have, c) {
			return fmt.Errorf("run %s has no column %q in table %s; it has %q", m.Run, c, table, have)
		}
	}
	return nil
}

// slack is how far beyond the edges a reading may matter.
func slack(period int64) int64 {
	if period > 0 {
		return 3 * period
	}
	return 10e9
}
