package numamaps

import (
	"cmp"
	"maps"
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
)

// tally adds up the mappings of one look at a process.
type tally struct {
	at   map[tallied]*sums
	line int // of the last mapping
}

type tallied struct {
	node      int
	kind      export.PlacementKind
	policy    string
	pageBytes int64
}

// sums of pages; anon and dirty are -1 where a mapping lies on several nodes.
type sums struct{ pages, anon, dirty int64 }

// maxTallied bounds what is kept: no process has so many policies.
const maxTallied = 1 << 12

func (t *tally) add(o *mapping) {
	if t.at == nil {
		t.at = map[tallied]*sums{}
	}
	t.line = o.line
	for _, c := range o.nodes {
		k := tallied{c.node, o.kind(), o.policy, o.pageBytes}
		s := t.at[k]
		if s == nil {
			if len(t.at) >= maxTallied {
				return
			}
			s = &sums{}
			t.at[k] = s
		}
		s.pages += c.n
		anon, _ := o.get("anon")
		dirty, _ := o.get("dirty")
		s.anon, s.dirty = part(s.anon, anon, len(o.nodes)), part(s.dirty, dirty, len(o.nodes))
	}
}

// part adds a mapping's to a sum, if it can be told of which node it is.
func part(sum, n int64, nodes int) int64 {
	if sum < 0 || n > 0 && nodes > 1 {
		return -1
	}
	return sum + n
}

// rows gives what was added up, and begins anew.
func (t *tally) rows(s imports.Sink, ts int64, pid int32) {
	keys := slices.SortedFunc(maps.Keys(t.at), func(a, b tallied) int {
		return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.kind, b.kind), cmp.Compare(a.policy, b.policy), cmp.Compare(a.pageBytes, b.pageBytes))
	})
	for _, k := range keys {
		x := t.at[k]
		s.Placement(t.line, export.PlacementRow{TS: ts, PID: pid, Node: int32(k.node), Kind: k.kind, Policy: k.policy, PageBytes: k.pageBytes, Pages: x.pages, Anon: x.anon, Dirty: x.dirty})
	}
	t.at = nil
}
