package trace

import (
	"cmp"
	"slices"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// asked are events of Go programs whose memory's node has to be asked for: a
// slice's new array has an address of the process's, and its pages may not be
// there before it is written to. Asked a moment later they mostly are.
type asked struct {
	rows      []export.Event
	addresses []uintptr
	nodes     []int32
}

// askLimit bounds a drain's questions; what comes above has no node.
const askLimit = 4096

func (a *asked) add(row export.Event) { a.rows = append(a.rows, row) }

// resolve asks, once for each process, and passes the events on.
func (a *asked) resolve(pass func(export.Event)) {
	slices.SortStableFunc(a.rows, func(x, y export.Event) int { return cmp.Compare(x.PID, y.PID) })
	for from := 0; from < min(len(a.rows), askLimit); {
		to := from + 1
		for to < len(a.rows) && a.rows[to].PID == a.rows[from].PID {
			to++
		}
		a.ask(a.rows[from:to])
		from = to
	}
	for _, row := range a.rows {
		pass(row)
	}
	a.rows = a.rows[:0]
}

func (a *asked) ask(rows []export.Event) {
	if rows[0].GivenNode >= 0 {
		return // the host has one node
	}
	a.addresses, a.nodes = a.addresses[:0], a.nodes[:0]
	for _, row := range rows {
		a.addresses, a.nodes = append(a.addresses, uintptr(row.Addr)), append(a.nodes, -1)
	}
	if collect.NodesOfPages(int(rows[0].PID), a.addresses, a.nodes) != nil {
		return // gone, or not ours: unknown
	}
	for i := range rows {
		rows[i].GivenNode = max(a.nodes[i], -1)
	}
}
