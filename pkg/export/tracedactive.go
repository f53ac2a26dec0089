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

// knownIn tells how much time the rows of each column are of, and what is
// missing.
func (r *Reader) knownIn(ctx context.Context, m *Manifest, q TracedRequest, drains []int64, t *TracedSums) error {
	t.KnownNS = make([]int64, t.Columns)
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
	k := known{running: running, removed: m.removed(q.Table, end), period: info.PeriodNS}
	if q.Table == TableAllocations {
		k.drains = drains
	}
	whole := span{q.EdgesNS[0], q.EdgesNS[t.Columns]}
	t.Lost = lostOf(q, marks)
	t.DetachedNS = whole.overlap(span{m.StartNS, end}) - whole.within(running)
	t.RemovedNS = whole.within(k.removed)
	for c := range t.KnownNS {
		t.KnownNS[c] = k.of(span{q.EdgesNS[c], q.EdgesNS[c+1]})
	}
	return nil
}

// known is what tells how much is known of a column.
type known struct {
	running, removed []span
	drains           []int64 // that are left: columns ascend
	period           int64   // 0: rows come as they happen
	last             int64   // the drain before
}

// of a column: its rows are of the time from the drain before its first to
// its last. Where there was no drain it was quiet, or the probe had not been
// there for long enough that a drain was due.
func (k *known) of(col span) (ns int64) {
	drained := false
	for len(k.drains) > 0 && k.drains[0] < col.to {
		d := k.drains[0]
		if d >= col.from {
			drained = true
			ns += span{max(k.last, d-longestDrain), d}.within(k.running)
		}
		k.last, k.drains = d, k.drains[1:]
	}
	if col.within(k.removed) > 0 {
		return 0
	}
	if drained {
		return ns
	}
	if ns = col.within(k.running); ns < min(2*k.period, col.to-col.from) {
		return 0
	}
	return ns
}

// within is how much of the span the others cover; they do not overlap.
func (s span) within(others []span) (ns int64) {
	for _, o := range others {
		ns += s.overlap(o)
	}
	return ns
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
		if n.Kind == NoteDrop && n.TS >= q.EdgesNS[0] && n.TS < q.EdgesNS[len(q.EdgesNS)-1] && q.concerns(&n) {
			lost += n.Count
		}
	}
	return lost
}

// concerns tells whether a note is about the request's rows. Notes on the
// whole table may begin with the kind, and so do those on migrations.
func (q *TracedRequest) concerns(n *Note) bool {
	kind, _, _ := strings.Cut(n.Text, ":")
	switch {
	case n.Table == q.Table+"/"+string(q.Kind):
		return true
	case kind == TableMigrations:
		return q.Table == TableMigrations
	case Traced(kind).IsAllocation():
		return n.Table == q.Table && Traced(kind) == q.Kind
	}
	return n.Table == q.Table
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
