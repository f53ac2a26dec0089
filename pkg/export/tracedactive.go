package export

import (
	"context"
	"slices"
	"strings"
)

// The first words of the marks that bound the time in which a probe was
// detached. The mark's table is that of its rows, a slash, and their kind.
const (
	MarkDetached = "detached"
	MarkAttached = "attached"
)

// recordedIn tells for how much of each column a kind was recorded.
func (r *Reader) recordedIn(ctx context.Context, m *Manifest, q TracedRequest, t *TracedSums) error {
	t.RecordedNS = make([]int64, t.Columns)
	info := m.table(q.Table)
	if !info.Traces(q.Kind) {
		return nil
	}
	end := m.EndNS
	if end == 0 {
		var err error
		if end, err = r.tracedEnd(ctx, m, q.Table, info.PeriodNS); err != nil {
			return err
		}
	}
	marks, err := r.notesOf(ctx, m)
	if err != nil {
		return err
	}
	running, _ := recorded(m, q.Table, string(q.Kind), marks, end)
	gone := m.removed(q.Table, end)
	t.Lost = lostOf(q, marks)
	for c := range t.RecordedNS {
		col := span{q.EdgesNS[c], q.EdgesNS[c+1]}
		covered := int64(0)
		for _, s := range running {
			covered += col.overlap(s)
		}
		t.RecordedNS[c] = covered
		t.DetachedNS += col.overlap(span{m.StartNS, end}) - covered
		if slices.ContainsFunc(gone, func(s span) bool { return col.overlap(s) > 0 }) {
			t.RecordedNS[c] = -1
		}
	}
	return nil
}

// Traces tells whether a kind was recorded. A run that names no kinds of
// migrations has both.
func (t *TableInfo) Traces(kind Traced) bool {
	return slices.Contains(t.Scopes, string(kind)) || t.Name == TableMigrations && len(t.Scopes) == 0
}

// lostOf counts what the notes say was lost of a kind, or of the table
// without saying of which kind. Of sums, unlike of samples, most is there
// all the same.
func lostOf(q TracedRequest, notes []Note) (lost int64) {
	for _, n := range notes {
		if n.Kind != NoteDrop || n.TS < q.EdgesNS[0] || n.TS >= q.EdgesNS[len(q.EdgesNS)-1] {
			continue
		}
		kind, _, _ := strings.Cut(n.Text, ":")
		ofOther := Traced(kind).IsAllocation() && Traced(kind) != q.Kind
		if n.Table == q.Table && !ofOther || n.Table == q.Table+"/"+string(q.Kind) {
			lost += n.Count
		}
	}
	return lost
}

// tracedEnd is up to when a run that is being recorded tells of a table: rows
// come a period after what they are of, so that the time since the newest is
// not yet known to have been quiet.
func (r *Reader) tracedEnd(ctx context.Context, m *Manifest, table string, period int64) (int64, error) {
	end, err := r.Newest(ctx, m.Host, m.Run)
	if err != nil {
		return 0, err
	}
	end -= 2 * period
	for _, s := range m.Segments {
		if s.Table != table {
			continue
		}
		ts := s.ToNS
		if s.Format == formatArrows {
			if ts, err = r.newest.do(ctx, m.identity(s), func(ctx context.Context) (int64, error) { return r.tailNewest(ctx, m, s) }); err != nil {
				return 0, err
			}
		}
		end = max(end, ts)
	}
	return end, nil
}

// bounds tells whether a note begins or ends a time without rows of a table.
func (n *Note) bounds() (stops, starts bool) {
	stops = n.Kind == NoteStop || n.Kind == NoteMark && strings.HasPrefix(n.Text, MarkDetached)
	starts = n.Kind == NoteStart || n.Kind == NoteMark && strings.HasPrefix(n.Text, MarkAttached)
	return stops, starts
}
