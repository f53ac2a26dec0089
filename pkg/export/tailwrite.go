package export

import (
	"bytes"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// tailEncoder turns batches of one table into the bytes of one Arrow IPC
// stream. The stream has no end mark: a tail ends where its writer stopped.
type tailEncoder struct {
	schema *arrow.Schema
	buf    bytes.Buffer
	w      *ipc.Writer
	dicts  []arrow.Array // of name columns, as last written
	bits   []byte
	narrow []int32
}

func newTailEncoder(t Table) *tailEncoder {
	e := &tailEncoder{schema: arrowSchema(t), dicts: make([]arrow.Array, len(t.Columns))}
	e.w = ipc.NewWriter(&e.buf, ipc.WithSchema(e.schema), ipc.WithZstd())
	return e
}

// encode gives the bytes to append for b: at the first call the schema too,
// and a dictionary whenever it has new words. They are valid until the next
// call.
func (e *tailEncoder) encode(b *batch) ([]byte, error) {
	e.buf.Reset()
	if e.buf.Cap() > keptBytes {
		e.buf = bytes.Buffer{}
	}
	for from := 0; from == 0 || from < b.rows; {
		to := b.piece(from)
		if err := e.write(b.part(from, to)); err != nil {
			return nil, err
		}
		from = max(to, 1)
	}
	return e.buf.Bytes(), nil
}

// keptBytes is what is kept of the memory of a burst.
const keptBytes = 1 << 20

func (e *tailEncoder) write(b *batch) error {
	e.bits, e.narrow = e.bits[:0], e.narrow[:0]
	// Grown here, because the columns below keep slices of both.
	e.bits = append(e.bits, make([]byte, len(b.columns)*(b.rows/8+1))...)[:0]
	e.narrow = append(e.narrow, make([]int32, len(b.columns)*b.rows)...)[:0]
	cols := make([]arrow.Array, len(b.columns))
	for i := range b.columns {
		cols[i] = e.column(i, b)
		defer cols[i].Release()
	}
	rec := array.NewRecordBatch(e.schema, cols, int64(b.rows))
	defer rec.Release()
	if err := e.w.Write(rec); err != nil {
		return fmt.Errorf("encode a batch: %w", err)
	}
	return nil
}

func (e *tailEncoder) column(i int, b *batch) arrow.Array {
	c, v := b.columns[i], &b.vectors[i]
	if c.Type == TypeText {
		sb := array.NewStringBuilder(memory.DefaultAllocator)
		defer sb.Release()
		sb.AppendValues(v.texts, nil)
		return sb.NewArray()
	}
	valid, nulls := e.validity(v, b.rows)
	var raw []byte
	switch c.Type {
	case TypeInt32, TypeName:
		at := len(e.narrow)
		for _, x := range v.values {
			e.narrow = append(e.narrow, int32(x))
		}
		raw = arrow.Int32Traits.CastToBytes(e.narrow[at:])
	default:
		raw = arrow.Int64Traits.CastToBytes(v.values)
	}
	data := array.NewData(e.schema.Field(i).Type, b.rows, []*memory.Buffer{valid, memory.NewBufferBytes(raw)}, nil, nulls, 0)
	defer data.Release()
	if c.Type != TypeName {
		return array.MakeFromData(data)
	}
	index := array.NewData(arrow.PrimitiveTypes.Int32, b.rows, []*memory.Buffer{valid, memory.NewBufferBytes(raw)}, nil, nulls, 0)
	defer index.Release()
	ia := array.NewInt32Data(index)
	defer ia.Release()
	return array.NewDictionaryArray(e.schema.Field(i).Type, ia, e.dictionary(i, v.words))
}

// dictionary is rebuilt only when it has grown: the stream's writer knows an
// unchanged one by its identity and leaves it out.
func (e *tailEncoder) dictionary(i int, w *words) arrow.Array {
	if d := e.dicts[i]; d != nil && d.Len() == len(w.list) {
		return d
	}
	sb := array.NewStringBuilder(memory.DefaultAllocator)
	defer sb.Release()
	sb.AppendValues(w.list, nil)
	if d := e.dicts[i]; d != nil {
		d.Release()
	}
	e.dicts[i] = sb.NewArray()
	return e.dicts[i]
}

func (e *tailEncoder) validity(v *vector, rows int) (*memory.Buffer, int) {
	nulls := 0
	for _, n := range v.null {
		if n {
			nulls++
		}
	}
	if nulls == 0 {
		return nil, 0
	}
	at := len(e.bits)
	e.bits = append(e.bits, make([]byte, (rows+7)/8)...)
	bits := e.bits[at:]
	for r := range rows {
		if !v.isNull(r) {
			bits[r/8] |= 1 << (r % 8)
		}
	}
	return memory.NewBufferBytes(bits), nulls
}

// arrowSchema is the table's layout in Arrow's terms.
func arrowSchema(t Table) *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: arrowType(c.Type), Nullable: c.Nullable}
	}
	md := arrow.NewMetadata([]string{"numalens.table", "numalens.version"}, []string{t.Name, fmt.Sprint(Version)})
	return arrow.NewSchema(fields, &md)
}

func arrowType(t ColumnType) arrow.DataType {
	switch t {
	case TypeTime:
		return &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
	case TypeInt32:
		return arrow.PrimitiveTypes.Int32
	case TypeUint64:
		return arrow.PrimitiveTypes.Uint64
	case TypeName:
		return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	case TypeText:
		return arrow.BinaryTypes.String
	case TypeFloat:
		return arrow.PrimitiveTypes.Float64
	}
	return arrow.PrimitiveTypes.Int64
}

// tailFile is what a tail is written to; tests put a failing one in its
// place.
type tailFile interface {
	io.WriterAt
	io.Closer
	Truncate(size int64) error
}

// tail is the live segment of one table.
type tail struct {
	table        string
	number       int
	file         tailFile
	enc          *tailEncoder
	size         int64 // bytes of whole batches
	rows         int64
	fromNS, toNS int64
}

func (t *tail) name() string { return segmentName(t.table, t.number, formatArrows) }

// append writes one encoded batch at the end. When that fails, the file is
// cut back to its last whole batch: a reader never meets the torn one.
func (t *tail) append(p []byte) error {
	if _, err := t.file.WriteAt(p, t.size); err != nil {
		if cut := t.file.Truncate(t.size); cut != nil {
			return fmt.Errorf("write %s: %w (and cutting off the torn batch failed: %v)", t.name(), err, cut)
		}
		return fmt.Errorf("write %s: %w", t.name(), err)
	}
	t.size += int64(len(p))
	return nil
}

// cover widens the tail's time range by the batch's rows.
func (t *tail) cover(b *batch) {
	ts := b.vectors[0].values
	for i, x := range ts {
		if t.rows == 0 && i == 0 {
			t.fromNS, t.toNS = x, x
		}
		t.fromNS, t.toNS = min(t.fromNS, x), max(t.toNS, x)
	}
	t.rows += int64(b.rows)
}
