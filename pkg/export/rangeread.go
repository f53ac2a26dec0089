package export

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// inRange tells whether rows whose first column lies in a span are wanted.
type inRange func(of span) bool

// between wants what is not before from, and before to.
func between(from, to int64) inRange {
	return func(of span) bool { return of.from < to && of.to >= from }
}

// eachIn decodes columns of the chunks of a segment that may hold rows in a
// range of the first of them, chunk by chunk: each must look at the rows
// itself, and must not keep the columns. Nothing is kept of a sealed segment,
// and of a tail where its batches lie.
func (r *Reader) eachIn(ctx context.Context, m *Manifest, s Segment, in inRange, columns []string, each func(rows int, cols []vector) error) (err error) {
	defer caught(&err)
	path, f, err := r.open(ctx, m, s)
	if err != nil {
		return err
	}
	defer f.Close()
	if s.Format == formatArrows {
		err = r.eachOfTail(ctx, m, s, f, in, columns, each)
	} else {
		err = eachOfSealed(ctx, f, in, columns, each)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func eachOfSealed(ctx context.Context, f File, in inRange, columns []string, each func(int, []vector) error) error {
	p, err := openSealed(f)
	if err != nil {
		return err
	}
	for g := range p.groups() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if of, ok := p.extent(g, columns[0]); ok && !in(of) {
			continue
		}
		cols, err := p.columns(g, columns)
		if err != nil {
			return err
		}
		if err := each(p.rows(g), cols); err != nil {
			return err
		}
	}
	return nil
}

// extent gives a row group's least and greatest value of a column of 64-bit
// numbers, from its statistics.
func (s *sealedReader) extent(g int, column string) (span, bool) {
	i := s.leaf(column)
	if i < 0 || g >= len(s.f.Metadata().RowGroups) || i >= len(s.f.Metadata().RowGroups[g].Columns) {
		return span{}, false
	}
	st := s.f.Metadata().RowGroups[g].Columns[i].MetaData.Statistics
	if len(st.MinValue) != 8 || len(st.MaxValue) != 8 {
		return span{}, false
	}
	return span{int64(binary.LittleEndian.Uint64(st.MinValue)), int64(binary.LittleEndian.Uint64(st.MaxValue))}, true
}

// extents knows what a column of each batch of a tail spans. Its reader's dictionaries
// only grow, so that it decodes a batch as well later as when it came. It is
// used by one at a time.
type extents struct {
	mu      sync.Mutex
	version string
	tail    *tailReader
	of      []span
}

func (t *extents) take(_ int, cols []vector) error {
	of := span{1<<63 - 1, -1 << 63}
	for _, x := range cols[0].values {
		of.from, of.to = min(of.from, x), max(of.to, x)
	}
	t.of = append(t.of, of)
	return nil
}

func (r *Reader) extents(key string) *extents {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t, ok := r.cache.get(key).(*extents); ok {
		return t
	}
	t := &extents{}
	r.cache.put(key, t, 0)
	return t
}

func (r *Reader) eachOfTail(ctx context.Context, m *Manifest, s Segment, f File, in inRange, columns []string, each func(int, []vector) error) error {
	key := "extents\x00" + columns[0] + "\x00" + m.identity(s)
	t := r.extents(key)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tail == nil || t.version != f.Version() || f.Size() < t.tail.next {
		t.version, t.tail, t.of = f.Version(), newTailReader(), nil
	}
	if err := untorn(t.tail.advance(f, f.Size(), columns[:1], t.take)); err != nil {
		t.tail = nil
		return err
	}
	r.cache.put(key, t, int64(len(t.of))*48)
	return t.each(ctx, f, in, columns, each)
}

func (t *extents) each(ctx context.Context, f io.ReaderAt, in inRange, columns []string, each func(int, []vector) error) error {
	w := &window{r: f, size: t.tail.next, chunk: 1 << 20}
	for i, ref := range t.tail.batches {
		if !in(t.of[i]) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		cols, err := t.tail.reread(w, t.tail.next, ref, columns)
		if err != nil {
			return err
		}
		if err := each(ref.rows, cols); err != nil {
			return err
		}
	}
	return nil
}
