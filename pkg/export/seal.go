package export

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// sealBatchBytes is how much of a tail is held, sorted and written as one row
// group. It bounds the memory of sealing whatever the tail's size: about
// twice this, one column of scratch, and the compressor.
const sealBatchBytes = 12 << 20

// sealed is what came of a tail.
type sealed struct {
	segment Segment
	torn    int64 // bytes after the last whole batch
	damaged int64 // bytes of batches that did not decode, when salvaging
}

// sealTail writes a tail's whole batches as a Parquet file beside it, and
// leaves the tail. Only what the file says of itself is used, so an agent
// seals tails of older and newer ones with every column that they have.
//
// A batch that does not decode fails the sealing, unless salvage is set: then
// it is left out and counted.
func sealTail(dir, file string, salvage bool) (s sealed, err error) {
	defer caught(&err)
	name, number, _, err := parseSegmentName(file)
	if err != nil {
		return s, err
	}
	f, err := os.Open(filepath.Join(dir, file))
	if err != nil {
		return s, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return s, err
	}
	z := &sealer{table: name, salvage: salvage}
	s.segment, err = writeSegment(dir, name, number, func(out io.Writer) (err error) {
		z.out = out
		s.torn, err = z.run(f, st.Size())
		return err
	})
	s.damaged = z.damaged
	if err != nil {
		return s, fmt.Errorf("seal %s: %w", file, err)
	}
	s.segment.Rows, s.segment.FromNS, s.segment.ToNS = z.rows, z.fromNS, z.toNS
	return s, nil
}

// sealer moves rows from a tail into row groups.
type sealer struct {
	table        string
	out          io.Writer
	layout       Table
	pq           *parquetWriter
	held         *batch
	order        []int32
	rows         int64
	fromNS, toNS int64
	salvage      bool
	damaged      int64
}

// errEmpty says that a tail has no whole batch: there is nothing to seal.
var errEmpty = errors.New("no whole batch")

func (z *sealer) run(r io.ReaderAt, size int64) (torn int64, err error) {
	t := newTailReader()
	t.reuse = true
	if z.salvage {
		t.skip = func(m message, _ error) { z.damaged += m.next - m.at }
	}
	err = t.advance(r, size, nil, func(rows int, cols []vector) error { return z.take(t, rows, cols) })
	var where *offsetError
	if errors.As(err, &where) && (z.salvage || errors.Is(err, errTorn)) {
		torn = size - where.offset
	} else if err != nil {
		return 0, err
	}
	if z.pq == nil {
		return torn, errEmpty
	}
	if err := z.flush(); err != nil {
		return torn, err
	}
	return torn, z.pq.close()
}

func (z *sealer) take(t *tailReader, rows int, cols []vector) error {
	if z.pq == nil {
		if err := z.begin(t); err != nil {
			return err
		}
	}
	z.cover(cols[0].values)
	z.held.join(rows, cols)
	z.rows += int64(rows)
	if z.held.bytes() >= sealBatchBytes {
		return z.flush()
	}
	return nil
}

func (z *sealer) begin(t *tailReader) (err error) {
	if z.layout, err = layoutOf(z.table, t.fields); err != nil {
		return err
	}
	z.held = newBatch(z.layout.Columns)
	z.pq, err = newParquetWriter(z.out, z.layout)
	return err
}

func (z *sealer) cover(ts []int64) {
	for i, x := range ts {
		if z.rows == 0 && i == 0 {
			z.fromNS, z.toNS = x, x
		}
		z.fromNS, z.toNS = min(z.fromNS, x), max(z.toNS, x)
	}
}

func (z *sealer) flush() error {
	if z.held.rows == 0 {
		return nil
	}
	z.order = z.held.sorted(z.layout.Sort, z.order)
	if err := z.pq.rowGroup(z.held, z.order); err != nil {
		return err
	}
	z.held.reset()
	return nil
}

// layoutOf makes a table's layout from a stream's schema.
func layoutOf(table string, fields []streamField) (Table, error) {
	t := Table{Name: table}
	for _, f := range fields {
		typ, ok := f.columnType()
		if !ok {
			return t, fmt.Errorf("column %q has a type that this version cannot seal: use the agent that recorded it", f.name)
		}
		t.Columns = append(t.Columns, Column{f.name, typ, f.nullable})
	}
	if len(t.Columns) == 0 || t.Columns[0].Name != "ts" || t.Columns[0].Type != TypeTime {
		return t, fmt.Errorf("the first column is not the time, ts")
	}
	if known, ok := TableByName(table); ok {
		for _, s := range known.Sort {
			if t.column(s) >= 0 {
				t.Sort = append(t.Sort, s)
			}
		}
	}
	return t, nil
}

func (f streamField) columnType() (ColumnType, bool) {
	switch {
	case f.dictionary >= 0:
		return TypeName, true
	case f.typ == arrowTimestamp:
		return TypeTime, true
	case f.typ == arrowFloat && f.bytes == 8:
		return TypeFloat, true
	case f.typ == arrowUtf8:
		return TypeText, true
	case f.typ == arrowInt && f.bytes == 8 && f.signed:
		return TypeInt64, true
	case f.typ == arrowInt && f.bytes == 8:
		return TypeUint64, true
	case f.typ == arrowInt && f.bytes == 4 && f.signed:
		return TypeInt32, true
	}
	return 0, false
}
