package export

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// parquetWriter writes row groups of one table, a column at a time, so that
// no more than one column is held besides the batch itself. Numbers are
// delta-encoded (cumulative counts have small steps), names by dictionary,
// all of it under zstd.
type parquetWriter struct {
	columns []Column
	w       *file.Writer
	// scratch of one column
	i64  []int64
	i32  []int32
	f64  []float64
	defs []int16
}

func newParquetWriter(sink io.Writer, t Table) (*parquetWriter, error) {
	if err := useSmallZstd(); err != nil {
		return nil, err
	}
	root, err := parquetSchema(t)
	if err != nil {
		return nil, err
	}
	props := []parquet.WriterProperty{
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithDictionaryDefault(false),
		parquet.WithMaxRowGroupLength(1 << 40), parquet.WithDataPageVersion(parquet.DataPageV2),
		parquet.WithCreatedBy("numalens"),
	}
	for _, c := range t.Columns {
		switch c.Type {
		case TypeName:
			props = append(props, parquet.WithDictionaryFor(c.Name, true))
		case TypeText, TypeFloat:
		default:
			props = append(props, parquet.WithEncodingFor(c.Name, parquet.Encodings.DeltaBinaryPacked))
		}
	}
	sorted := make([]parquet.SortingColumn, len(t.Sort))
	for i, s := range t.Sort {
		sorted[i].ColumnIdx = int32(t.column(s))
	}
	props = append(props, parquet.WithSortingColumns(sorted))
	md := metadata.NewKeyValueMetadata()
	for _, kv := range [][2]string{{"numalens.table", t.Name}, {"numalens.version", fmt.Sprint(Version)}} {
		if err := md.Append(kv[0], kv[1]); err != nil {
			return nil, err
		}
	}
	w, err := file.NewParquetWriterWithError(sink, root, file.WithWriterProps(parquet.NewWriterProperties(props...)), file.WithWriteMetadata(md))
	if err != nil {
		return nil, err
	}
	return &parquetWriter{columns: t.Columns, w: w}, nil
}

func parquetSchema(t Table) (*schema.GroupNode, error) {
	fields := make(schema.FieldList, len(t.Columns))
	for i, c := range t.Columns {
		rep := parquet.Repetitions.Required
		if c.Nullable {
			rep = parquet.Repetitions.Optional
		}
		physical, logical := parquetType(c.Type)
		n, err := schema.NewPrimitiveNodeLogical(c.Name, rep, logical, physical, -1, -1)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		fields[i] = n
	}
	return schema.NewGroupNode(t.Name, parquet.Repetitions.Required, fields, -1)
}

func parquetType(t ColumnType) (parquet.Type, schema.LogicalType) {
	switch t {
	case TypeTime:
		return parquet.Types.Int64, schema.NewTimestampLogicalType(true, schema.TimeUnitNanos)
	case TypeInt32:
		return parquet.Types.Int32, schema.NewIntLogicalType(32, true)
	case TypeUint64:
		return parquet.Types.Int64, schema.NewIntLogicalType(64, false)
	case TypeFloat:
		return parquet.Types.Double, schema.NoLogicalType{}
	case TypeName, TypeText:
		return parquet.Types.ByteArray, schema.StringLogicalType{}
	}
	return parquet.Types.Int64, schema.NewIntLogicalType(64, true)
}

// rowGroup writes the rows of b in the given order.
func (p *parquetWriter) rowGroup(b *batch, order []int32) (err error) {
	defer caught(&err)
	rg, err := p.w.AppendRowGroupChecked()
	if err != nil {
		return err
	}
	for i := range p.columns {
		cw, err := rg.NextColumn()
		if err != nil {
			return err
		}
		if err := p.column(cw, p.columns[i], &b.vectors[i], order); err != nil {
			return fmt.Errorf("column %s: %w", p.columns[i].Name, err)
		}
		if err := cw.Close(); err != nil {
			return fmt.Errorf("column %s: %w", p.columns[i].Name, err)
		}
	}
	return rg.Close()
}

func (p *parquetWriter) column(cw file.ColumnChunkWriter, c Column, v *vector, order []int32) error {
	defs := p.definition(c, v, order)
	var err error
	switch w := cw.(type) {
	case *file.Int64ColumnChunkWriter:
		p.i64 = p.i64[:0]
		for _, r := range order {
			if !v.isNull(int(r)) {
				p.i64 = append(p.i64, v.values[r])
			}
		}
		_, err = w.WriteBatch(p.i64, defs, nil)
	case *file.Float64ColumnChunkWriter:
		p.f64 = p.f64[:0]
		for _, r := range order {
			if !v.isNull(int(r)) {
				p.f64 = append(p.f64, math.Float64frombits(uint64(v.values[r])))
			}
		}
		_, err = w.WriteBatch(p.f64, defs, nil)
	case *file.Int32ColumnChunkWriter:
		p.i32 = p.i32[:0]
		for _, r := range order {
			if !v.isNull(int(r)) {
				p.i32 = append(p.i32, int32(v.values[r]))
			}
		}
		_, err = w.WriteBatch(p.i32, defs, nil)
	case *file.ByteArrayColumnChunkWriter:
		if c.Type == TypeName {
			return p.names(w, c, v, order, defs)
		}
		texts := make([]parquet.ByteArray, len(order))
		for i, r := range order {
			texts[i] = parquet.ByteArray(v.texts[r])
		}
		_, err = w.WriteBatch(texts, defs, nil)
	default:
		err = fmt.Errorf("no writer for %T", cw)
	}
	return err
}

// names hands a column over as indices and a dictionary: writing the names
// themselves would look each of them up again.
func (p *parquetWriter) names(w *file.ByteArrayColumnChunkWriter, c Column, v *vector, order []int32, defs []int16) error {
	words := array.NewStringBuilder(memory.DefaultAllocator)
	defer words.Release()
	words.AppendValues(v.words.list, nil)
	dictionary := words.NewArray()
	defer dictionary.Release()
	p.i32 = p.i32[:0]
	bits := make([]byte, (len(order)+7)/8)
	nulls := 0
	for i, r := range order {
		p.i32 = append(p.i32, int32(v.values[r]))
		if v.isNull(int(r)) {
			nulls++
		} else {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	data := array.NewData(arrow.PrimitiveTypes.Int32, len(order), []*memory.Buffer{memory.NewBufferBytes(bits), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(p.i32))}, nil, nulls, 0)
	defer data.Release()
	indices := array.NewInt32Data(data)
	defer indices.Release()
	a := array.NewDictionaryArray(arrowType(TypeName), indices, dictionary)
	defer a.Release()
	return pqarrow.WriteArrowToColumn(context.Background(), w, a, defs, nil, c.Nullable)
}

func (p *parquetWriter) definition(c Column, v *vector, order []int32) []int16 {
	if !c.Nullable {
		return nil
	}
	p.defs = p.defs[:0]
	for _, r := range order {
		d := int16(1)
		if v.isNull(int(r)) {
			d = 0
		}
		p.defs = append(p.defs, d)
	}
	return p.defs
}

func (p *parquetWriter) close() (err error) {
	defer caught(&err)
	return p.w.Close()
}

// caught turns a panic of a library into an error. The Arrow and Parquet
// libraries panic on some malformed input; a reader must not.
func caught(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("malformed: %v", r)
	}
}
