package export

import (
	"errors"
	"io"
	"math"
	"sort"
)

// Of a tail only what a question needs is decoded, from its oldest time on:
// where a level tells of all but the newest minutes, of the tails below it only
// those. An older question begins anew.

// always is before any time.
const always int64 = math.MinInt64

// skip finds the batches of a tail that hold rows of since or later, and
// decodes their readings. The tail then is as if it began with them.
func (l *loader) skip(f File) error {
	t := l.state.tail
	if err := t.scan(f, f.Size()); err != nil {
		return err
	}
	w := &window{r: f, size: f.Size(), chunk: 256 << 10}
	// A batch's newest row is newer than that of the batch before.
	var failed error
	first := sort.Search(len(t.batches), func(i int) bool {
		cols, err := t.reread(w, f.Size(), t.batches[i], []string{"ts"})
		if err != nil {
			failed = err
			return true
		}
		return hasSince(cols[0].values, l.since)
	})
	if failed != nil {
		return failed
	}
	t.batches = t.batches[first:]
	for _, ref := range t.batches {
		cols, err := t.reread(w, f.Size(), ref, keysOf(l.s.Table))
		if err != nil {
			return err
		}
		l.state.readings.take(ref.rows, cols)
	}
	return nil
}

func hasSince(ts []int64, since int64) bool {
	for _, x := range ts {
		if x >= since {
			return true
		}
	}
	return false
}

// scan finds the batches that are new without decoding them. Dictionaries
// only grow, so that of the last one serves them all.
func (t *tailReader) scan(f File, size int64) error {
	w := &window{r: f, size: size, chunk: 1 << 20}
	if _, local := f.(*dirFile); local {
		w.chunk = 4 << 10 // a header: reading is cheap, and bodies are not wanted
	}
	if err := t.readSchema(w, size); err != nil {
		return err
	}
	if t.fields == nil {
		return nil
	}
	for at := t.next; ; {
		m, err := readMessage(w, at, size)
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			return nil
		}
		if err != nil {
			return &offsetError{at, err}
		}
		switch m.kind {
		case messageDictionary:
			if err := t.dictionary(f, m); err != nil {
				return &offsetError{at, err}
			}
		case messageBatch:
			t.batches = append(t.batches, batchRef{m.at, int(m.header.longField(0))})
			t.next = m.next
		}
		at = m.next
	}
}
