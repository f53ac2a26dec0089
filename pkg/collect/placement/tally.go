package placement

import (
	"cmp"
	"slices"

	"github.com/numalens/numalens/pkg/export"
)

// tally sums mappings, or samples, into rows.
type tally map[tallyKey]*sums

type tallyKey struct {
	node      int32
	kind      export.PlacementKind
	policy    string
	pageBytes int64
}

type sums struct {
	pages       int64
	anon, dirty int64 // -1 once a part is not known
	samples     int64
}

func (t tally) at(k tallyKey) *sums {
	if t[k] == nil {
		t[k] = &sums{}
	}
	return t[k]
}

// add counts a mapping's pages.
func (t tally) add(m mapping) {
	var all int64
	for _, p := range m.pages {
		all += p.pages
	}
	for _, p := range m.pages {
		if p.pages == 0 {
			continue
		}
		s := t.at(tallyKey{p.node, m.kind, m.policy, m.pageBytes})
		s.pages += p.pages
		s.anon = plus(s.anon, part(m.anon, p.pages, all))
		s.dirty = plus(s.dirty, part(m.dirty, p.pages, all))
	}
}

// part is how many of a node's pages are of a sort that the mapping counts as
// a whole: known where all of them are, or none, or where all are on the node.
func part(sort, onNode, all int64) int64 {
	switch {
	case onNode == all:
		return min(sort, all)
	case sort == 0:
		return 0
	case sort == all:
		return onNode
	}
	return -1
}

func plus(a, b int64) int64 {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}

// rows are in a fixed order.
func (t tally) rows() []export.PlacementRow {
	var rows []export.PlacementRow
	for k, s := range t {
		row := export.PlacementRow{Node: k.node, Kind: k.kind, Policy: k.policy, PageBytes: k.pageBytes, Pages: s.pages, Anon: s.anon, Dirty: s.dirty, Samples: s.samples}
		if s.samples > 0 {
			row.Anon, row.Dirty = -1, -1
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b export.PlacementRow) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.PageBytes, b.PageBytes))
	})
	return rows
}
