package trace

import (
	"cmp"
	"slices"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// asked are events of Go programs whose memory may have no node yet: a slice's
// new array has an address of the process's, and its page may not be there
// before it is written to. Asked for a moment later it mostly is.
type asked struct {
	rows      []export.Event
	unknown   []int // of rows
	addresses []uintptr
	nodes     []int32
}

// askLimit is how many events are asked for at once.
const askLimit = 4096

func (a *asked) add(row export.Event) { a.rows = append(a.rows, row) }

// resolve asks, once for each process, and passes the events on.
func (a *asked) resolve(pass func(export.Event)) {
	a.unknown = a.unknown[:0]
	for i, row := range a.rows {
		if row.GivenNode < 0 {
			a.unknown = append(a.unknown, i)
		}
	}
	pid := func(i int) int32 { return a.rows[i].PID }
	slices.SortStableFunc(a.unknown, func(x, y int) int { return cmp.Compare(pid(x), pid(y)) })
	for from := 0; from < len(a.unknown); {
		to := from + 1
		for to < len(a.unknown) && pid(a.unknown[to]) == pid(a.unknown[from]) {
			to++
		}
		a.ask(a.unknown[from:to])
		from = to
	}
	for _, row := range a.rows {
		pass(row)
	}
	a.rows = a.rows[:0]
}

// ask fills the nodes of one process's events.
func (a *asked) ask(rows []int) {
	a.addresses, a.nodes = a.addresses[:0], a.nodes[:0]
	for _, i := range rows {
		a.addresses, a.nodes = append(a.addresses, uintptr(a.rows[i].Addr)), append(a.nodes, -1)
	}
	if collect.NodesOfPages(int(a.rows[rows[0]].PID), a.addresses, a.nodes) != nil {
		return // gone, or not ours: unknown
	}
	for n, i := range rows {
		a.rows[i].GivenNode = max(a.nodes[n], -1)
	}
}
