package export

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Leveled says what MakeLevels did to one run.
type Leveled struct {
	Host, Run string
	Rows      int64
	Err       error // why it could not, if so; the others were done
}

// MakeLevels writes the levels of the runs below root that have none: those
// of agents before levels, and those that lost them. Runs that are being
// recorded are left alone.
func MakeLevels(root string) []Leveled {
	var done []Leveled
	for _, r := range findRuns(root) {
		did := Leveled{Host: r.host, Run: r.run, Err: r.err}
		if r.err == nil {
			dir := filepath.Join(root, r.host, r.run)
			if r.m.State == Recording || slices.ContainsFunc(r.m.Segments, func(s Segment) bool { return isLevel(s.Table) || s.Format != formatParquet }) {
				continue
			}
			did.Rows, did.Err = makeLevels(dir, r.m)
			if errors.Is(did.Err, errLocked) {
				continue
			}
		}
		if did.Rows > 0 || did.Err != nil {
			done = append(done, did)
		}
	}
	return done
}

func makeLevels(dir string, m *Manifest) (rows int64, err error) {
	lock, err := lockRun(dir)
	if err != nil {
		return 0, err
	}
	defer lock.release()
	b := &leveler{dir: dir, m: m, tails: make([]*tail, len(levels)), batches: make([]*batch, len(levels))}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.undo())
		}
	}()
	if err := b.run(); err != nil || len(b.made) == 0 {
		return 0, err
	}
	changed := *m
	changed.Tables = slices.Clone(m.Tables)
	changed.Segments = append(slices.Clone(m.Segments), b.made...)
	for _, s := range b.made {
		rows += s.Rows
		if changed.table(s.Table).PeriodNS == 0 {
			changed.Tables = append(changed.Tables, tableInfo(s.Table))
		}
	}
	return rows, writeJSON(filepath.Join(dir, manifestFile), true, &changed)
}

// leveler makes the levels of one run from its sealed segments.
type leveler struct {
	dir     string
	m       *Manifest
	rows    *counterRows // only to know the series
	layouts []Table
	tails   []*tail // by level; nil is none open
	batches []*batch
	made    []Segment
	names   []string // that were written, listed or not
}

func (b *leveler) run() error {
	raw, _ := TableByName(TableCounters)
	raw, err := raw.With(eventColumns(b.m.Groups))
	if err != nil {
		return err
	}
	layouts := map[string]Table{}
	for i, l := range levels {
		t, err := l.layout().With(eventColumns(b.m.Groups))
		if err != nil {
			return err
		}
		layouts[l.table] = t
		b.layouts = append(b.layouts, t)
		b.batches[i] = newBatch(t.Columns)
	}
	b.rows = newCounterRows(b.m.Groups, raw)
	b.rows.levels = newDecimator(b.m, layouts)
	for _, s := range b.m.segmentsOf(TableCounters, -1<<62, 1<<62, 0) {
		if err := b.segment(s); err != nil {
			return fmt.Errorf("%s: %w", s.File, err)
		}
	}
	b.rows.levels.finish()
	return b.write(true)
}

func (b *leveler) segment(s Segment) (err error) {
	defer caught(&err)
	files, err := Dir(b.dir)
	if err != nil {
		return err
	}
	f, err := files.Open(context.Background(), s.File)
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := openSealed(f)
	if err != nil {
		return err
	}
	have := slices.DeleteFunc(eventColumns(b.m.Groups), func(c string) bool { return !p.has(c) })
	for g := range p.groups() {
		cols, err := p.columns(g, slices.Concat(counterKeys, have))
		if err != nil {
			return err
		}
		b.take(p.rows(g), cols, have)
		if err := b.write(false); err != nil {
			return err
		}
	}
	return nil
}

// take decimates the rows of a chunk. A row that lacks an event of its group
// is as if it were not there: nothing can be said of the group's others alone.
func (b *leveler) take(rows int, cols []vector, have []string) {
	scopes, names := cols[1].words.list, cols[3].words.list
	groups := make([]int, len(names))
	events := make([][]*vector, len(names))
	for i, name := range names {
		groups[i] = slices.IndexFunc(b.m.Groups, func(g Group) bool { return g.Name == name })
		if groups[i] < 0 {
			continue
		}
		for _, e := range b.m.Groups[groups[i]].Events {
			k := slices.Index(have, e.Name)
			if k < 0 {
				groups[i] = -1
				break
			}
			events[i] = append(events[i], &cols[len(counterKeys)+k])
		}
	}
	var r CounterRow
	for row := range rows {
		at := cols[3].values[row]
		if groups[at] < 0 {
			continue
		}
		r = CounterRow{TS: cols[0].values[row], Scope: Scope(scopes[cols[1].values[row]]), Instance: int32(cols[2].values[row]), Group: groups[at],
			Enabled: cols[4].values[row], Running: cols[5].values[row], Epoch: int32(cols[6].values[row]), Values: r.Values[:0]}
		for _, v := range events[at] {
			if v.isNull(row) {
				break
			}
			r.Values = append(r.Values, v.values[row])
		}
		if len(r.Values) == len(events[at]) {
			b.rows.decimate(&r)
		}
	}
}

// write appends the rows that wait to the levels' tails, and seals these when
// they are large, or at the end.
func (b *leveler) write(end bool) error {
	for i, l := range levels {
		rows := b.rows.levels.rows[i]
		if b.rows.levels.due(i, end) {
			if err := b.append(i, rows); err != nil {
				return err
			}
		}
		if t := b.tails[i]; t != nil && (end || t.size >= defaultSegmentBytes) {
			if err := b.seal(i); err != nil {
				return fmt.Errorf("level %s: %w", l.table, err)
			}
		}
	}
	return nil
}

func (b *leveler) append(i int, rows *counterRows) (err error) {
	t := b.tails[i]
	if t == nil {
		number := 1
		for _, s := range slices.Concat(b.m.Segments, b.made) {
			if s.Table == levels[i].table {
				number = max(number, s.number()+1)
			}
		}
		t = &tail{table: levels[i].table, number: number, enc: newTailEncoder(b.layouts[i])}
		if t.file, err = os.Create(filepath.Join(b.dir, t.name())); err != nil {
			return err
		}
		b.tails[i], b.names = t, append(b.names, t.name())
		b.batches[i] = newBatch(b.layouts[i].Columns)
	}
	rows.drain(b.batches[i])
	p, err := t.enc.encode(b.batches[i])
	if err != nil {
		return err
	}
	b.batches[i].reset()
	return t.append(p)
}

func (b *leveler) seal(i int) error {
	t := b.tails[i]
	b.tails[i] = nil
	t.file.Close()
	s, err := sealTail(b.dir, t.name(), false)
	if err != nil {
		return err
	}
	b.made, b.names = append(b.made, s.segment), append(b.names, s.segment.File)
	return os.Remove(filepath.Join(b.dir, t.name()))
}

// undo removes what was written.
func (b *leveler) undo() (err error) {
	for _, name := range b.names {
		if gone := os.Remove(filepath.Join(b.dir, name)); !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
