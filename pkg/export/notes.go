package export

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Notes gives a run's notes, ascending by time.
func (r *Reader) Notes(ctx context.Context, host, run string) ([]Note, error) {
	return again(ctx, r, host, run, func(m *Manifest) ([]Note, error) { return r.notesOf(ctx, m) })
}

var noteColumns = []string{"ts", "kind", "table", "count", "text"}

// notesOf reads the run's notes, which are few.
func (r *Reader) notesOf(ctx context.Context, m *Manifest) ([]Note, error) {
	var all []Note
	for _, s := range m.segmentsOf(TableNotes, m.StartNS, 1<<62, 0) {
		notes, err := r.notes.do(ctx, m.identity(s), func(ctx context.Context) ([]Note, error) {
			return r.loadNotes(ctx, m, s)
		})
		if err != nil {
			return nil, err
		}
		all = append(all, notes...)
	}
	slices.SortStableFunc(all, func(a, b Note) int { return cmp.Compare(a.TS, b.TS) })
	return all, nil
}

func (r *Reader) loadNotes(ctx context.Context, m *Manifest, s Segment) ([]Note, error) {
	key := m.identity(s)
	if notes, ok := r.cache.get(key).([]Note); ok && s.Format == formatParquet {
		return notes, nil
	}
	path, f, err := r.open(ctx, m, s)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	notes := []Note{}
	err = eachChunk(f, s, noteColumns, func(rows int, cols []vector) error {
		for i := range rows {
			n := Note{TS: cols[0].values[i], Kind: NoteKind(cols[1].words.list[cols[1].values[i]]), Count: cols[3].values[i], Text: cols[4].text(i)}
			if !cols[2].isNull(i) {
				n.Table = cols[2].words.list[cols[2].values[i]]
			}
			notes = append(notes, n)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if s.Format == formatParquet {
		r.cache.put(key, notes, int64(len(notes))*128)
	}
	return notes, nil
}
