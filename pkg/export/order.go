package export

import (
	"slices"
	"strings"
)

// sorted gives the order of rows by the columns named; rows that are equal
// keep theirs.
func (b *batch) sorted(by []string, order []int32) []int32 {
	order = order[:0]
	for r := range b.rows {
		order = append(order, int32(r))
	}
	var keys [][]int64
	for _, name := range by {
		i := slices.IndexFunc(b.columns, func(c Column) bool { return c.Name == name })
		v := &b.vectors[i]
		if b.columns[i].Type == TypeName {
			keys = append(keys, v.ranks())
		} else {
			keys = append(keys, v.values)
		}
	}
	slices.SortStableFunc(order, func(x, y int32) int {
		for _, k := range keys {
			if k[x] != k[y] {
				if k[x] < k[y] {
					return -1
				}
				return 1
			}
		}
		return 0
	})
	return order
}

// ranks replaces each name by its place in the order of the words.
func (v *vector) ranks() []int64 {
	byText := make([]int32, len(v.words.list))
	for i := range byText {
		byText[i] = int32(i)
	}
	slices.SortFunc(byText, func(x, y int32) int { return strings.Compare(v.words.list[x], v.words.list[y]) })
	rank := make([]int64, len(byText))
	for place, i := range byText {
		rank[i] = int64(place)
	}
	out := make([]int64, len(v.values))
	for r, x := range v.values {
		if !v.isNull(r) {
			out[r] = rank[x]
		}
	}
	return out
}
