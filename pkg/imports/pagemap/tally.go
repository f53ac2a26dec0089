package pagemap

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
)

// placed is what pages have in common that are counted together.
type placed struct {
	pid       int64
	comm      string
	node      int32
	kind      export.PlacementKind
	policy    string
	pageBytes int64
}

type sums struct{ pages, anon, dirty int64 }

type tally struct {
	at   map[placed]*sums
	line int
}

// maxPlaced bounds what is kept.
const maxPlaced = 1 << 14

// add counts pages; anon and dirty are -1 where they are not told.
func (d *dump) add(k placed, pages, anon, dirty int64) error {
	t := &d.tally
	t.line = d.lines.Number()
	if t.at == nil {
		t.at = map[placed]*sums{}
	}
	s := t.at[k]
	if s == nil {
		if len(t.at) >= maxPlaced {
			return d.lines.Wrong("fewer processes, policies and sizes of pages")
		}
		s = &sums{}
		t.at[k] = s
	}
	s.pages += pages
	s.anon, s.dirty = plus(s.anon, anon), plus(s.dirty, dirty)
	return nil
}

func plus(sum, n int64) int64 {
	if sum < 0 || n < 0 {
		return -1
	}
	return sum + n
}

// tell gives the rows, and figures of the same.
func (t *tally) tell(d *dump) {
	keys := slices.SortedFunc(maps.Keys(t.at), func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.pid, b.pid), cmp.Compare(a.comm, b.comm), cmp.Compare(a.node, b.node), cmp.Compare(a.kind, b.kind), cmp.Compare(a.policy, b.policy), cmp.Compare(a.pageBytes, b.pageBytes))
	})
	for _, k := range keys {
		s := t.at[k]
		f := imports.NewFigure(t.line)
		f.Timed, f.TimeNS = d.timed, d.timeNS
		f.Scope, f.Kind, f.Name, f.Unit, f.Value = imports.ScopeProcess, imports.KindLevel, "pages", "1", float64(s.pages)
		f.Labels = map[string]string{"kind": string(k.kind), "page_bytes": strconv.FormatInt(k.pageBytes, 10)}
		if k.pid > 0 {
			f.Instance = strconv.FormatInt(k.pid, 10)
		}
		for label, value := range map[string]string{"comm": k.comm, "policy": k.policy} {
			if value != "" {
				f.Labels[label] = value
			}
		}
		if k.node >= 0 {
			f.Labels["node"] = strconv.Itoa(int(k.node))
		}
		d.sink.Figure(f)
		row := export.PlacementRow{PID: int32(k.pid), Comm: k.comm, Node: k.node, Kind: k.kind, Policy: k.policy, PageBytes: k.pageBytes, Pages: s.pages, Anon: s.anon, Dirty: s.dirty}
		if d.timed {
			row.TS = d.timeNS
		}
		d.sink.Placement(t.line, row)
	}
}
