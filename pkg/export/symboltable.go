package export

import (
	"cmp"
	"slices"
	"sort"
)

// symbolTable holds a file's symbols.
type symbolTable struct {
	rows []Symbol // by start, the wider ranges first, then by depth
	// ends[i] is the greatest end of rows up to and including i.
	ends []uint64
}

// arrange sorts, and leaves out what was looked up twice.
func (t *symbolTable) arrange() {
	slices.SortStableFunc(t.rows, compareSymbols)
	t.rows = slices.CompactFunc(t.rows, func(a, b Symbol) bool { return compareSymbols(a, b) == 0 })
	t.ends = make([]uint64, len(t.rows))
	end := uint64(0)
	for i, s := range t.rows {
		end = max(end, s.End)
		t.ends[i] = end
	}
}

func compareSymbols(a, b Symbol) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(a.Depth, b.Depth))
}

// find gives the rows of the narrowest range around an offset, innermost
// first: a range may be a function's, where no more was known, or a line's
// within it.
func (t *symbolTable) find(offset uint64) []Symbol {
	if t == nil {
		return nil
	}
	i := sort.Search(len(t.rows), func(i int) bool { return t.rows[i].Start > offset }) - 1
	for i >= 0 && t.rows[i].End <= offset && t.ends[i] > offset {
		i--
	}
	if i < 0 || t.rows[i].End <= offset {
		return nil
	}
	first := i
	for first > 0 && t.rows[first-1].Start == t.rows[i].Start && t.rows[first-1].End == t.rows[i].End {
		first--
	}
	return t.rows[first : i+1]
}
