package export

import "context"

// Gauges gives the last reading within each column. A column that lies
// between two readings which no gap parts has the earlier one's value.
func (r *Reader) Gauges(ctx context.Context, host, run string, q GaugesRequest) (*Gauges, error) {
	if err := checkEdges(q.EdgesNS); err != nil {
		return nil, err
	}
	if q.Table == TablePlacement {
		return r.placementGauges(ctx, host, run, q)
	}
	return again(ctx, r, host, run, func(m *Manifest) (*Gauges, error) {
		set, err := r.threads(ctx, m, TableNodes, "", q.Columns, q.EdgesNS)
		if err != nil {
			return nil, err
		}
		out := &Gauges{Instances: set.instances, Columns: len(q.EdgesNS) - 1}
		for i, name := range q.Columns {
			out.Series = append(out.Series, gauges(name, set.byColumn[i], out, q.EdgesNS))
		}
		return out, nil
	})
}

func gauges(name string, threads map[int32]*thread, of *Gauges, edges []int64) GaugeSeries {
	n := len(of.Instances) * of.Columns
	s := GaugeSeries{Name: name, Values: make([]int64, n), Valid: make([]bool, n)}
	for i, instance := range of.Instances {
		t := threads[instance]
		if t == nil || len(t.parts) == 0 {
			continue
		}
		at := spot{0, t.parts[0].lo}
		for c := range of.Columns {
			last, ok := t.lastBefore(&at, edges[c], edges[c+1])
			if k := i*of.Columns + c; ok {
				s.Values[k], s.Valid[k] = t.parts[last.part].values[last.i], true
			}
		}
	}
	return s
}

// lastBefore finds the reading that speaks for the column [from, to). at
// moves on with the columns.
func (t *thread) lastBefore(at *spot, from, to int64) (spot, bool) {
	next, more := t.after(*at, to)
	last, ok := next, true
	if more {
		*at = next
		last, ok = t.prev(next)
	} else {
		end := len(t.parts) - 1
		last = spot{end, len(t.parts[end].ts) - 1}
	}
	if !ok {
		return last, false
	}
	if t.ts(last) >= from {
		return last, true
	}
	return last, more && t.maxStep > 0 && t.ts(next)-t.ts(last) <= t.maxStep
}
