package export

import (
	"context"
	"slices"
)

// span is a stretch of time.
type span struct{ from, to int64 }

// dropReach is how far back from its note rows may have been lost: a note is
// written with the next flush, once a second.
const dropReach = 1e9

// active tells, for each column, whether samples of the kind were taken
// during at least half of it, and none of them lost.
func (r *Reader) active(ctx context.Context, m *Manifest, q WeightsRequest) ([]bool, error) {
	out := make([]bool, len(q.EdgesNS)-1)
	if !slices.Contains(m.table(TableSamples).Scopes, string(q.Kind)) {
		return out, nil
	}
	end := m.EndNS
	if end == 0 {
		var err error
		if end, err = r.Newest(ctx, m.Host, m.Run); err != nil {
			return nil, err
		}
	}
	marks, err := r.notesOf(ctx, m)
	if err != nil {
		return nil, err
	}
	running, lost := recorded(m, TableSamples, string(q.Kind), marks, end)
	for c := range out {
		col := span{q.EdgesNS[c], q.EdgesNS[c+1]}
		var covered int64
		for _, s := range running {
			covered += col.overlap(s)
		}
		out[c] = 2*covered >= col.to-col.from && !slices.ContainsFunc(lost, func(s span) bool { return col.overlap(s) > 0 })
	}
	return out, nil
}

func (s span) overlap(t span) int64 { return max(0, min(s.to, t.to)-max(s.from, t.from)) }

// recorded gives the stretches during which a table's rows of a kind were
// taken, and those of which some were lost.
func recorded(m *Manifest, table, kind string, marks []Note, end int64) (running, lost []span) {
	from, on := m.StartNS, true
	for _, n := range marks {
		if n.Table != table && n.Table != table+"/"+kind {
			continue
		}
		stops, starts := n.bounds()
		switch {
		case starts && !on:
			from, on = n.TS, true
		case stops && on:
			running, on = append(running, span{from, n.TS}), false
		case n.Kind == NoteDrop:
			lost = append(lost, span{n.TS - dropReach, n.TS})
		}
	}
	if on {
		running = append(running, span{from, end})
	}
	return running, append(lost, m.removed(table, end)...)
}

// removed gives the stretches whose segments of a table were removed to keep
// to the cap: they show as numbers that are missing.
func (m *Manifest) removed(table string, end int64) (gone []span) {
	before, number := m.StartNS, 1
	for _, s := range m.segmentsOf(table, m.StartNS, end, 0) {
		if s.number() > number && s.FromNS > 0 {
			gone = append(gone, span{before, s.FromNS})
		}
		before, number = s.ToNS, s.number()+1
	}
	return gone
}
