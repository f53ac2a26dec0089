package export

import (
	"fmt"
	"slices"
)

// batch holds rows of one table in memory, column by column. It is what the
// writer fills, what a tail's batch decodes into, and what a row group is
// made from.
type batch struct {
	columns []Column
	vectors []vector
	rows    int
}

// vector holds one column's values. Every kind of number is kept as int64,
// uint64 and float64 as their bits; names are indices into words.
type vector struct {
	values []int64
	texts  []string // of text columns, instead of values
	null   []bool   // nil when none is
	words  *words   // of name columns
}

func newBatch(columns []Column) *batch {
	b := &batch{columns: columns, vectors: make([]vector, len(columns))}
	for i, c := range columns {
		if c.Type == TypeName {
			b.vectors[i].words = newWords()
		}
	}
	return b
}

// reset empties the batch. It keeps its words, and as much memory as an
// ordinary second needs: what a burst took is given back.
func (b *batch) reset() {
	b.rows = 0
	for i := range b.vectors {
		v := &b.vectors[i]
		if max(cap(v.values), cap(v.texts)) > 2*pieceOf(len(b.columns)) {
			v.values, v.texts, v.null = nil, nil, nil
		}
		clear(v.texts) // they hold memory of others
		v.values, v.texts, v.null = v.values[:0], v.texts[:0], v.null[:0]
	}
}

// What is written at once of a tail. Above 128 KiB in one column, its
// compression would make itself a history of 16 MiB, and keep it, for each
// table.
const (
	pieceRows   = 8192
	pieceBytes  = 100 << 10
	pieceValues = 16 * pieceRows // a table with hundreds of columns has fewer rows
)

func pieceOf(columns int) int { return min(pieceRows, pieceValues/max(1, columns)+1) }

// piece is the end of the rows from one on that can be written at once.
func (b *batch) piece(from int) (to int) {
	to = min(from+pieceOf(len(b.columns)), b.rows)
	for i := range b.vectors {
		texts := b.vectors[i].texts
		if len(texts) == 0 {
			continue
		}
		bytes := 0
		for row := from; row < to; row++ {
			if bytes += len(texts[row]); bytes > pieceBytes {
				to = max(row, from+1)
			}
		}
	}
	return to
}

// part is some of the batch's rows, in its own memory.
func (b *batch) part(from, to int) *batch {
	if from == 0 && to == b.rows {
		return b
	}
	p := &batch{columns: b.columns, vectors: slices.Clone(b.vectors), rows: to - from}
	for i := range p.vectors {
		v := &p.vectors[i]
		if v.texts != nil {
			v.texts = v.texts[from:to]
		} else {
			v.values = v.values[from:to]
		}
		v.null = v.null[min(from, len(v.null)):min(to, len(v.null))]
	}
	return p
}

// bytes is about what the batch holds in memory.
func (b *batch) bytes() int64 {
	var n int64
	for i := range b.vectors {
		v := &b.vectors[i]
		n += int64(len(v.values))*8 + int64(len(v.null)) + int64(len(v.texts))*16
		for _, t := range v.texts {
			n += int64(len(t))
		}
	}
	return n
}

func (v *vector) add(x int64) {
	v.values = append(v.values, x)
	if v.null != nil {
		v.null = append(v.null, false)
	}
}

// addNull marks the next value as null; row is its index.
func (v *vector) addNull(row int) {
	for len(v.null) < row {
		v.null = append(v.null, false)
	}
	v.null = append(v.null, true)
	v.values = append(v.values, 0)
}

func (v *vector) addName(s string) { v.add(int64(v.words.index(s))) }

// addAny takes a value as Append's callers give it.
func (v *vector) addAny(c Column, x any, row int) error {
	if f, ok := x.(float64); ok != (c.Type == TypeFloat && x != nil) {
		return fmt.Errorf("column %s: %T where %s is wanted", c.Name, x, c.Type)
	} else if ok {
		v.addFloat(f, false, row)
		return nil
	}
	if c.Type == TypeText {
		s, ok := x.(string)
		if !ok {
			return fmt.Errorf("column %s: %T is not a string", c.Name, x)
		}
		v.texts = append(v.texts, s)
		return nil
	}
	switch x := x.(type) {
	case nil:
		if !c.Nullable {
			return fmt.Errorf("column %s: must not be null", c.Name)
		}
		v.addNull(row)
	case string:
		if c.Type != TypeName {
			return fmt.Errorf("column %s: a string where %s is wanted", c.Name, c.Type)
		}
		v.addName(x)
	case int:
		v.add(int64(x))
	case int32:
		v.add(int64(x))
	case int64:
		v.add(x)
	case uint64:
		v.add(int64(x))
	default:
		return fmt.Errorf("column %s: %T is none of the types of a row", c.Name, x)
	}
	return nil
}

func (v *vector) isNull(row int) bool { return row < len(v.null) && v.null[row] }

// words is the dictionary of a name column: it only grows, so an index once
// given keeps its meaning.
type words struct {
	list  []string
	where map[string]int32
	bytes int // of those that were looked up
}

// What a segment's dictionary holds at most, about: each tail that goes on
// writes it again when it grows, and sealing holds it several times.
const (
	crowdedWords = 1 << 14
	crowdedBytes = 2 << 20
)

// crowded tells that the batch's words are too many to go on with.
func (b *batch) crowded() bool {
	return slices.ContainsFunc(b.vectors, func(v vector) bool {
		return v.words != nil && (len(v.words.list) > crowdedWords || v.words.bytes > crowdedBytes)
	})
}

func newWords() *words { return &words{where: map[string]int32{}} }

func (w *words) index(s string) int32 {
	if i, ok := w.where[s]; ok {
		return i
	}
	i := int32(len(w.list))
	w.list = append(w.list, s)
	w.bytes += len(s)
	w.where[s] = i
	return i
}

// text is the text at a row, whether the column was stored as names or as
// text: a sealed segment does not tell the two apart.
func (v *vector) text(row int) string {
	if v.words == nil {
		return v.texts[row]
	}
	if v.isNull(row) {
		return ""
	}
	return v.words.list[v.values[row]]
}

// join appends decoded rows.
func (b *batch) join(rows int, cols []vector) {
	for i := range b.vectors {
		to, from := &b.vectors[i], &cols[i]
		if from.null != nil || len(to.null) > 0 {
			for len(to.null) < b.rows {
				to.null = append(to.null, false)
			}
			to.null = append(to.null, from.null...)
			for len(to.null) < b.rows+rows {
				to.null = append(to.null, false)
			}
		}
		to.texts = append(to.texts, from.texts...)
		if to.words == nil {
			to.values = append(to.values, from.values...)
			continue
		}
		same := make([]int64, len(from.words.list))
		for k, s := range from.words.list {
			same[k] = int64(to.words.index(s))
		}
		for r, x := range from.values {
			if from.isNull(r) {
				x = 0
			} else {
				x = same[x]
			}
			to.values = append(to.values, x)
		}
	}
	b.rows += rows
}
