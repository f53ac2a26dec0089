package export

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// eachIn decodes columns of the chunks of a segment that may hold rows from
// one time to another, chunk by chunk: each must look at the time, the first
// column, itself, and must not keep the columns. Nothing is kept of a sealed
// segment, and of a tail where its batches lie.
func (r *Reader) eachIn(ctx context.Context, m *Manifest, s Segment, from, to int64, columns []string, each func(rows int, cols []vector) error) (err error) {
	defer caught(&err)
	path, f, err := r.open(ctx, m, s)
	if err != nil {
		return err
	}
	defer f.Close()
	if s.Format == formatArrows {
		err = r.eachOfTail(ctx, m, s, f, span{from, to}, columns, each)
	} else {
		err = eachOfSealed(ctx, f, span{from, to}, columns, each)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func eachOfSealed(ctx context.Context, f File, in span, columns []string, each func(int, []vector) error) error {
	p, err := openSealed(f)
	if err != nil {
		return err
	}
	for g := range p.groups() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if of, ok := p.times(g); ok && (of.from >= in.to || of.to < in.from) {
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

// times gives a row group's first and last time, from its statistics.
func (s *sealedReader) times(g int) (span, bool) {
	i := s.leaf("ts")
	if i < 0 || g >= len(s.f.Metadata().RowGroups) || i >= len(s.f.Metadata().RowGroups[g].Columns) {
		return span{}, false
	}
	st := s.f.Metadata().RowGroups[g].Columns[i].MetaData.Statistics
	if len(st.MinValue) != 8 || len(st.MaxValue) != 8 {
		return span{}, false
	}
	return span{int64(binary.LittleEndian.Uint64(st.MinValue)), int64(binary.LittleEndian.Uint64(st.MaxValue))}, true
}

// timedTail knows the time of each batch of a tail. Its reader's dictionaries
// only grow, so that it decodes a batch as well later as when it came. It is
// used by one at a time.
type timedTail struct {
	mu      sync.Mutex
	version string
	tail    *tailReader
	times   []span
}

func (t *timedTail) take(_ int, cols []vector) error {
	of := span{1<<63 - 1, -1 << 63}
	for _, ts := range cols[0].values {
		of.from, of.to = min(of.from, ts), max(of.to, ts)
	}
	t.times = append(t.times, of)
	return nil
}

func (r *Reader) timedTail(key string) *timedTail {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t, ok := r.cache.get(key).(*timedTail); ok {
		return t
	}
	t := &timedTail{}
	r.cache.put(key, t, 0)
	return t
}

func (r *Reader) eachOfTail(ctx context.Context, m *Manifest, s Segment, f File, in span, columns []string, each func(int, []vector) error) error {
	key := "times\x00" + m.identity(s)
	t := r.timedTail(key)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tail == nil || t.version != f.Version() || f.Size() < t.tail.next {
		t.version, t.tail, t.times = f.Version(), newTailReader(), nil
	}
	if err := untorn(t.tail.advance(f, f.Size(), []string{"ts"}, t.take)); err != nil {
		t.tail = nil
		return err
	}
	r.cache.put(key, t, int64(len(t.times))*48)
	return t.each(ctx, f, in, columns, each)
}

func (t *timedTail) each(ctx context.Context, f io.ReaderAt, in span, columns []string, each func(int, []vector) error) error {
	w := &window{r: f, size: t.tail.next, chunk: 1 << 20}
	for i, ref := range t.tail.batches {
		if t.times[i].from >= in.to || t.times[i].to < in.from {
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
