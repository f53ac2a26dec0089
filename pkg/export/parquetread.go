package export

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// maxGroupRows bounds what a lying row count can make us allocate. Ours have
// some 100,000 rows, DuckDB and pyarrow write up to a million.
const maxGroupRows = 1 << 22

// sealedReader decodes the columns of a sealed segment.
type sealedReader struct {
	f *parquet.File
	w *window
}

func openSealed(f File) (s *sealedReader, err error) {
	defer caught(&err)
	w := &window{r: f, size: f.Size(), chunk: 64 << 10}
	if err := checkFooter(w); err != nil {
		return nil, err
	}
	pf, err := parquet.OpenFile(w, f.Size(), parquet.SkipMagicBytes(true), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(64<<10))
	if err != nil {
		return nil, err
	}
	for i, g := range pf.RowGroups() {
		if n := g.NumRows(); n < 0 || n > maxGroupRows {
			return nil, fmt.Errorf("row group %d of %d rows makes no sense", i, n)
		}
	}
	if err := checkCodecs(pf); err != nil {
		return nil, err
	}
	return &sealedReader{pf, w}, nil
}

// checkCodecs refuses the codecs that we never write: a lying size makes some
// of their decoders ask for tens of gigabytes, which no recover catches.
func checkCodecs(pf *parquet.File) error {
	for i, g := range pf.Metadata().RowGroups {
		for _, c := range g.Columns {
			if k := c.MetaData.Codec; k != format.Zstd && k != format.Uncompressed {
				return fmt.Errorf("row group %d is compressed with %s; segments are compressed with ZSTD", i, k)
			}
		}
	}
	return nil
}

func (s *sealedReader) groups() int       { return len(s.f.RowGroups()) }
func (s *sealedReader) rows(g int) int    { return int(s.f.RowGroups()[g].NumRows()) }
func (s *sealedReader) has(c string) bool { return s.leaf(c) >= 0 }

// leaf gives a column's index, -1 when there is none.
func (s *sealedReader) leaf(name string) int {
	c := s.f.Root().Column(name)
	if c == nil || !c.Leaf() || c.Repeated() {
		return -1
	}
	return c.Index()
}

// holds tells from a row group's statistics whether a name can occur in it.
func (s *sealedReader) holds(g int, column, name string) bool {
	i := s.leaf(column)
	if i < 0 || g >= len(s.f.Metadata().RowGroups) || i >= len(s.f.Metadata().RowGroups[g].Columns) {
		return true
	}
	st := s.f.Metadata().RowGroups[g].Columns[i].MetaData.Statistics
	if st.MinValue == nil || st.MaxValue == nil {
		return true
	}
	return string(st.MinValue) <= name && name <= string(st.MaxValue)
}

// columns decodes columns of one row group.
func (s *sealedReader) columns(g int, names []string) (cols []vector, err error) {
	cols = make([]vector, len(names))
	for i, n := range names {
		if cols[i], err = s.column(g, n); err != nil {
			return nil, fmt.Errorf("row group %d, column %q: %w", g, n, err)
		}
	}
	return cols, nil
}

func (s *sealedReader) column(g int, name string) (v vector, err error) {
	defer caught(&err)
	i := s.leaf(name)
	if i < 0 {
		return v, fmt.Errorf("not in the schema")
	}
	if err := s.checkPages(g, i); err != nil {
		return v, err
	}
	rows := s.rows(g)
	pages := s.f.RowGroups()[g].ColumnChunks()[i].Pages()
	defer pages.Close()
	text := s.f.Root().Column(name).Type().Kind() == parquet.ByteArray
	if text {
		v.words = newWords()
	}
	v.values = make([]int64, 0, rows)
	for {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return v, err
		}
		err = v.page(p, rows)
		parquet.Release(p)
		if err != nil {
			return v, err
		}
	}
	if len(v.values) != rows {
		return v, fmt.Errorf("%d values for %d rows", len(v.values), rows)
	}
	return v, nil
}

// page appends a page's values. Of a column that may be null, a page holds
// the values that are there and, by row, whether one is.
func (v *vector) page(p parquet.Page, rows int) error {
	n := int(p.NumValues())
	at := len(v.values)
	if n < 0 || n > rows-at {
		return fmt.Errorf("a page of %d values, more than the rows that are left", n)
	}
	nulls := int(p.NumNulls())
	if nulls == 0 {
		return v.dense(p, n)
	}
	levels := p.DefinitionLevels()
	if nulls < 0 || nulls > n || len(levels) != n {
		return fmt.Errorf("a page of %d values with %d nulls and %d levels", n, nulls, len(levels))
	}
	for len(v.null) < at {
		v.null = append(v.null, false)
	}
	if err := v.dense(p, n-nulls); err != nil {
		return err
	}
	return v.spread(at, n-nulls, levels)
}

// spread moves the values from at on to their rows.
func (v *vector) spread(at, have int, levels []byte) error {
	n := len(levels)
	v.values = append(v.values, make([]int64, n-have)...)
	v.null = append(v.null, make([]bool, n)...)
	from := at + have
	for r := n - 1; r >= 0; r-- {
		if levels[r] == 0 {
			v.values[at+r], v.null[at+r] = 0, true
			continue
		}
		if from--; from < at {
			return fmt.Errorf("levels tell of more values than there are")
		}
		v.values[at+r] = v.values[from]
	}
	return nil
}

// dense appends n values.
func (v *vector) dense(p parquet.Page, n int) error {
	if n == 0 {
		return nil
	}
	if d := p.Dictionary(); d != nil && v.words != nil {
		return v.indexed(p, d, n)
	}
	data := p.Data()
	switch kind := data.Kind(); {
	case v.words != nil:
		return v.plainTexts(p)
	case data.Size() == 0:
		return fmt.Errorf("a page without values")
	case p.Type().Kind() == parquet.Int64 && p.Dictionary() == nil:
		return appendNumbers(v, data.Int64(), n)
	case p.Type().Kind() == parquet.Double && p.Dictionary() == nil:
		return v.floats(data.Double(), n)
	case p.Type().Kind() == parquet.Int32 && p.Dictionary() == nil:
		return appendNumbers(v, data.Int32(), n)
	default:
		return v.otherNumbers(p, n, kind.String())
	}
}

func appendNumbers[T int32 | int64](v *vector, xs []T, n int) error {
	if len(xs) < n {
		return fmt.Errorf("%d values, not %d", len(xs), n)
	}
	for _, x := range xs[:n] {
		v.values = append(v.values, int64(x))
	}
	return nil
}

func (v *vector) floats(xs []float64, n int) error {
	if len(xs) < n {
		return fmt.Errorf("%d values, not %d", len(xs), n)
	}
	for _, x := range xs[:n] {
		v.addFloat(x, false, len(v.values))
	}
	return nil
}

// otherNumbers reads what other writers choose for a column of numbers:
// dictionaries of them.
func (v *vector) otherNumbers(p parquet.Page, n int, kind string) error {
	buf := make([]parquet.Value, 256)
	r := p.Values()
	for {
		k, err := r.ReadValues(buf)
		for _, x := range buf[:k] {
			switch {
			case x.IsNull():
			case x.Kind() == parquet.Int64:
				v.values = append(v.values, x.Int64())
			case x.Kind() == parquet.Double:
				v.values = append(v.values, int64(math.Float64bits(x.Double())))
			case x.Kind() == parquet.Int32:
				v.values = append(v.values, int64(x.Int32()))
			default:
				return fmt.Errorf("%s is not a number that this version reads", kind)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (v *vector) indexed(p parquet.Page, d parquet.Dictionary, n int) error {
	data := p.Data()
	idx := data.Int32()
	if len(idx) < n {
		return fmt.Errorf("%d values, not %d", len(idx), n)
	}
	words := make([]int64, d.Len())
	for i := range words {
		words[i] = int64(v.words.index(string(d.Index(int32(i)).ByteArray())))
	}
	for _, x := range idx[:n] {
		if x < 0 || int(x) >= len(words) {
			return fmt.Errorf("word %d of %d", x, len(words))
		}
		v.values = append(v.values, words[x])
	}
	return nil
}

func (v *vector) plainTexts(p parquet.Page) error {
	buf := make([]parquet.Value, 256)
	r := p.Values()
	for {
		n, err := r.ReadValues(buf)
		for _, x := range buf[:n] {
			if !x.IsNull() {
				v.values = append(v.values, int64(v.words.index(string(x.ByteArray()))))
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// names lists the columns, the time first as the layout wants it.
func (s *sealedReader) names() []string {
	var names []string
	for _, c := range s.f.Root().Columns() {
		if c.Leaf() && !c.Repeated() {
			names = append(names, c.Name())
		}
	}
	return names
}
