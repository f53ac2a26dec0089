package export

import (
	"errors"
	"fmt"
	"io"
)

// Types of Arrow's schema that a tail of version 1 has, or that a later one
// may add without being refused.
const (
	arrowInt       = 2
	arrowFloat     = 3
	arrowUtf8      = 5
	arrowBool      = 6
	arrowTimestamp = 10

	arrowDouble = 2 // the precision of a float
)

// streamField is one column of a stream's schema.
type streamField struct {
	name       string
	typ        byte
	nullable   bool
	bytes      int // width of a value; 0 is not fixed
	signed     bool
	dictionary int64 // id, -1 when there is none
	buffer     int   // index of its first buffer in a batch
}

// tailReader decodes a tail. It remembers how far it has come, so that a
// tail that grew costs only what is new.
type tailReader struct {
	fields  []streamField
	words   map[int64][]string // dictionaries as of next
	next    int64              // offset after the last whole batch
	batches []batchRef
	body    []byte
	scratch [2][]byte
	// reuse, when set, decodes each batch into the memory of the one before:
	// each must not keep the columns.
	reuse  bool
	before []vector
	// skip, when set, hears of a message that does not decode, and advance
	// goes on with the next one.
	skip func(message, error)
}

// batchRef is where a batch lies.
type batchRef struct {
	at   int64
	rows int
}

func newTailReader() *tailReader { return &tailReader{words: map[int64][]string{}} }

// offsetError says where in a file something is wrong.
type offsetError struct {
	offset int64
	err    error
}

func (e *offsetError) Error() string { return fmt.Sprintf("offset %d: %v", e.offset, e.err) }
func (e *offsetError) Unwrap() error { return e.err }

// advance reads the whole batches that are new and calls each with the
// columns named, in that order. A torn last batch is not yet there: advance
// returns errTorn after the others, and begins with it the next time.
func (t *tailReader) advance(r io.ReaderAt, size int64, names []string, each func(rows int, columns []vector) error) error {
	w := &window{r: r, size: size, chunk: 1 << 20}
	if err := t.readSchema(w, size); err != nil {
		return err
	}
	if t.fields == nil {
		return t.torn(size)
	}
	at := t.next
	for {
		m, err := readMessage(w, at, size)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &offsetError{at, err}
		}
		if err := t.take(w, m, names, each); err != nil {
			if t.skip == nil {
				return &offsetError{at, err}
			}
			t.skip(m, err)
		}
		at = m.next
	}
}

func (t *tailReader) take(r io.ReaderAt, m message, names []string, each func(int, []vector) error) error {
	switch m.kind {
	case messageSchema:
		return fmt.Errorf("a second schema")
	case messageDictionary:
		return t.dictionary(r, m)
	case messageBatch:
		rows, cols, err := t.decode(r, m, names)
		if err != nil {
			return err
		}
		if err := each(rows, cols); err != nil {
			return err
		}
		t.batches = append(t.batches, batchRef{m.at, rows})
		// Only now: a dictionary whose batch never came may be cut off
		// again by its writer.
		t.next = m.next
		return nil
	}
	return fmt.Errorf("a message of kind %d", m.kind)
}

// untorn takes a torn last batch as not yet there.
func untorn(err error) error {
	if errors.Is(err, errTorn) {
		return nil
	}
	return err
}

// torn is the error of a stream of which not even the schema is there.
func (t *tailReader) torn(size int64) error {
	if size == 0 {
		return nil
	}
	return &offsetError{0, errTorn}
}

// readSchema reads the stream's first message, if it is there and was not
// read before.
func (t *tailReader) readSchema(r io.ReaderAt, size int64) error {
	if t.fields != nil {
		return nil
	}
	m, err := readMessage(r, 0, size)
	if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
		return nil
	}
	if err == nil && m.kind != messageSchema {
		err = fmt.Errorf("a stream begins with its schema, not with a message of kind %d", m.kind)
	}
	if err == nil {
		err = t.schema(m)
	}
	if err != nil {
		return &offsetError{0, err}
	}
	t.next = m.next
	return nil
}

// reread decodes numbers of a batch that advance has passed.
func (t *tailReader) reread(r io.ReaderAt, size int64, ref batchRef, names []string) ([]vector, error) {
	m, err := readMessage(r, ref.at, size)
	if err != nil {
		return nil, &offsetError{ref.at, err}
	}
	rows, cols, err := t.decode(r, m, names)
	if err != nil {
		return nil, &offsetError{ref.at, err}
	}
	if rows != ref.rows {
		return nil, &offsetError{ref.at, fmt.Errorf("batch had %d rows, now %d: a tail's prefix must not change", ref.rows, rows)}
	}
	return cols, nil
}

func (t *tailReader) schema(m message) error {
	pos, n := m.header.vector(1, 4)
	if m.header.shortField(0) != 0 {
		return fmt.Errorf("big-endian streams are not read")
	}
	fields := make([]streamField, n)
	buffers := 0
	for i := range fields {
		p := pos + 4*i
		f, count := parseField(flatTable{m.header.msg, p + int(m.header.msg.u32(p))})
		if m.header.msg.bad {
			break
		}
		if count == 0 {
			return fmt.Errorf("column %q has a type that this version does not know", f.name)
		}
		f.buffer = buffers
		buffers += count
		fields[i] = f
	}
	if err := m.header.msg.err(); err != nil {
		return err
	}
	t.fields = fields
	return nil
}

// parseField gives a field and its number of buffers in a batch, 0 for types
// that are not known.
func parseField(t flatTable) (streamField, int) {
	f := streamField{name: t.text(0), typ: t.byteField(2), nullable: t.byteField(1) != 0, dictionary: -1}
	typ, _ := t.table(3)
	if d, ok := t.table(4); ok {
		f.dictionary = d.longField(0)
		f.bytes, f.signed = 4, true // the default index type
		if it, ok := d.table(1); ok {
			f.bytes, f.signed = it.intField(0)/8, it.byteField(1) != 0
		}
		return f, 2
	}
	switch f.typ {
	case arrowInt:
		f.bytes, f.signed = typ.intField(0)/8, typ.byteField(1) != 0
		return f, 2
	case arrowTimestamp:
		f.bytes, f.signed = 8, true
		return f, 2
	case arrowFloat:
		if typ.shortField(0) == arrowDouble {
			f.bytes, f.signed = 8, true // its bits
		}
		return f, 2
	case arrowBool:
		return f, 2
	case arrowUtf8:
		return f, 3
	}
	return f, 0
}

func (t *tailReader) dictionary(r io.ReaderAt, m message) error {
	id := m.header.longField(0)
	data, ok := m.header.table(1)
	if !ok {
		return fmt.Errorf("a dictionary without data")
	}
	body, err := m.body(r, t.body)
	if err != nil {
		return err
	}
	t.body = body
	b, err := newRecordBody(data, body, &t.scratch, maxWords)
	if err != nil {
		return err
	}
	texts, _, err := b.texts(streamField{typ: arrowUtf8, dictionary: -1}, 0)
	if err != nil {
		return fmt.Errorf("dictionary %d: %w", id, err)
	}
	if m.header.byteField(2) != 0 {
		texts = append(t.words[id][:len(t.words[id]):len(t.words[id])], texts...)
	}
	t.words[id] = texts
	return nil
}

// decode decodes the named columns of a batch; nil names are all of them.
func (t *tailReader) decode(r io.ReaderAt, m message, names []string) (int, []vector, error) {
	body, err := m.body(r, t.body)
	if err != nil {
		return 0, nil, err
	}
	t.body = body
	b, err := newRecordBody(m.header, body, &t.scratch, maxBatchRows)
	if err != nil {
		return 0, nil, err
	}
	if names == nil {
		for _, f := range t.fields {
			names = append(names, f.name)
		}
	}
	cols := make([]vector, len(names))
	if t.reuse && len(t.before) == len(names) {
		cols = t.before
	}
	t.before = cols
	for i, name := range names {
		if cols[i], err = t.column(b, name, cols[i].values); err != nil {
			return 0, nil, fmt.Errorf("column %q: %w", name, err)
		}
	}
	return b.rows, cols, nil
}

func (t *tailReader) column(b *recordBody, name string, into []int64) (v vector, err error) {
	i := t.field(name)
	if i < 0 {
		return v, fmt.Errorf("not in the schema")
	}
	f := t.fields[i]
	if f.typ == arrowUtf8 && f.dictionary < 0 {
		v.texts, v.null, err = b.texts(f, i)
		return v, err
	}
	v.values, v.null, err = b.numbers(f, i, into)
	if err != nil || f.dictionary < 0 {
		return v, err
	}
	v.words = &words{list: t.words[f.dictionary]}
	for r, x := range v.values {
		if (x < 0 || x >= int64(len(v.words.list))) && !v.isNull(r) {
			return v, fmt.Errorf("row %d: word %d of %d", r, x, len(v.words.list))
		}
	}
	return v, nil
}

func (t *tailReader) field(name string) int {
	for i, f := range t.fields {
		if f.name == name {
			return i
		}
	}
	return -1
}
