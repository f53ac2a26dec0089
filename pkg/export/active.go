package export

import (
	"context"
	"fmt"
	"slices"
)

// noteMark is a note as far as it says whether a table was recorded.
type noteMark struct {
	ts    int64
	kind  NoteKind
	table string
}

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
	marks, err := r.noteMarks(ctx, m)
	if err != nil {
		return nil, err
	}
	running, lost := recorded(m, marks, end)
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

// recorded gives the stretches during which samples were taken, and those of
// which some were lost. Segments that were removed to keep to the cap show
// as numbers that are missing.
func recorded(m *Manifest, marks []noteMark, end int64) (running, lost []span) {
	from, on := m.StartNS, true
	for _, n := range marks {
		if n.table != TableSamples {
			continue
		}
		switch n.kind {
		case NoteStart:
			if !on {
				from, on = n.ts, true
			}
		case NoteStop:
			if on {
				running, on = append(running, span{from, n.ts}), false
			}
		case NoteDrop:
			lost = append(lost, span{n.ts - dropReach, n.ts})
		}
	}
	if on {
		running = append(running, span{from, end})
	}
	before, number := m.StartNS, 1
	for _, s := range m.segmentsOf(TableSamples, m.StartNS, end, 0) {
		if s.number() > number && s.FromNS > 0 {
			lost = append(lost, span{before, s.FromNS})
		}
		before, number = s.ToNS, s.number()+1
	}
	return running, lost
}

var noteColumns = []string{"ts", "kind", "table"}

// noteMarks reads the run's notes, which are few.
func (r *Reader) noteMarks(ctx context.Context, m *Manifest) ([]noteMark, error) {
	var all []noteMark
	for _, s := range m.segmentsOf(TableNotes, m.StartNS, 1<<62, 0) {
		marks, err := r.notes.do(ctx, m.identity(s), func(ctx context.Context) ([]noteMark, error) {
			return r.loadNotes(ctx, m, s)
		})
		if err != nil {
			return nil, err
		}
		all = append(all, marks...)
	}
	slices.SortStableFunc(all, func(a, b noteMark) int { return int(min(max(a.ts-b.ts, -1), 1)) })
	return all, nil
}

func (r *Reader) loadNotes(ctx context.Context, m *Manifest, s Segment) ([]noteMark, error) {
	key := m.identity(s)
	if marks, ok := r.cache.get(key).([]noteMark); ok && s.Format == formatParquet {
		return marks, nil
	}
	path, f, err := r.open(ctx, m, s)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	marks := []noteMark{}
	err = eachChunk(f, s, noteColumns, func(rows int, cols []vector) error {
		for i := range rows {
			n := noteMark{ts: cols[0].values[i], kind: NoteKind(cols[1].words.list[cols[1].values[i]])}
			if !cols[2].isNull(i) {
				n.table = cols[2].words.list[cols[2].values[i]]
			}
			marks = append(marks, n)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if s.Format == formatParquet {
		r.cache.put(key, marks, int64(len(marks))*48)
	}
	return marks, nil
}
