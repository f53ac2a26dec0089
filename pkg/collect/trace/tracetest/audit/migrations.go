package audit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

// Moves holds the pages that system calls moved, and those that they could
// not. nodes says that the kernel can be asked where they came from and went
// to: of mbind it does not tell the latter.
func (r *Run) Moves(a *tracetest.Account, nodes bool) *Ledger {
	l := &Ledger{}
	rows, unknown := 0, 0
	for i := range a.Moves {
		m := &a.Moves[i]
		what := fmt.Sprintf("%s from node %d to %d", m.Reason, m.From, m.To)
		var moved, failed int64
		for _, row := range r.Migrations {
			if row.Kind != export.TracedMigration || row.Reason != m.Reason || !m.Contains(r.monotonic(row.TS)) {
				continue
			}
			rows++
			moved, failed = moved+row.Moved, failed+row.Failed
			if m.From < 0 {
				continue // whoever did it
			}
			if int(row.PID) != a.PID || row.Comm != m.Comm || int(row.CPU) != m.CPU {
				l.wrong("%s: by %+v on CPU %d, want %s on %d", what, row.Owner, row.CPU, m.Comm, m.CPU)
			}
			if row.FromNode < 0 || row.ToNode < 0 && row.Reason != "mempolicy_mbind" {
				unknown++
			}
			if row.FromNode >= 0 && int(row.FromNode) != m.From || row.ToNode >= 0 && int(row.ToNode) != m.To {
				l.wrong("%s: told to be from node %d to %d", what, row.FromNode, row.ToNode)
			}
		}
		want(l, what+": pages moved", moved, m.Moved)
		want(l, what+": pages that stayed", failed, m.Failed)
	}
	l.tell("%d calls that move pages, %d rows, the nodes of %d of them not known", len(a.Moves), rows, unknown)
	if nodes && unknown > 0 {
		l.wrong("%d of %d rows have no nodes", unknown, rows)
	}
	return l.end()
}

// Balance holds what NUMA balancing moved against the kernel's counts, and
// threads one by one against the kernel's own telling.
func (r *Run) Balance(a *tracetest.Account) *Ledger {
	l, b := &Ledger{}, a.Balance
	during := tracetest.Span{BeganNS: b.BeganNS, EndedNS: b.EndedNS}
	var moved, failed, arrived int64
	var tasks []export.Migration
	for _, row := range r.Migrations {
		switch {
		case !during.Contains(r.monotonic(row.TS)):
		case row.Kind == export.TracedTask:
			tasks = append(tasks, row)
		case row.Reason == "numa_misplaced":
			moved, failed = moved+row.Moved, failed+row.Failed
			if int(row.PID) == a.PID && row.Comm == "nl-balance" && row.ToNode == int32(b.To) && (row.FromNode == int32(b.From) || row.FromNode < 0) {
				arrived += row.Moved
			}
		}
	}
	want(l, "pages that balancing moved", moved, b.Balanced)
	want(l, "pages that balancing did not move", failed, b.Failed)
	if moved > b.Counted {
		l.wrong("balancing moved %d pages, and the kernel counted %d", moved, b.Counted)
	}
	if arrived < b.Arrived || b.Arrived == 0 {
		l.wrong("%d pages of the area came to node %d, and %d by rows", b.Arrived, b.To, arrived)
	}
	l.tell("%d pages balanced, %d of one area; %d threads", moved, arrived, len(tasks))
	r.tasks(l, b.Tasks, tasks)
	return l.end()
}

func (r *Run) tasks(l *Ledger, should []tracetest.TaskMove, got []export.Migration) {
	type task struct{ pid, from, to int }
	var a, b []task
	for _, t := range should {
		a = append(a, task{t.PID, t.FromNode, t.ToNode})
	}
	for _, m := range got {
		b = append(b, task{int(m.PID), int(m.FromNode), int(m.ToNode)})
		if m.Moved != 1 || m.Failed != 0 {
			l.wrong("a thread's row has moved %d, failed %d", m.Moved, m.Failed)
		}
	}
	order := func(x, y task) int {
		return cmp.Or(cmp.Compare(x.pid, y.pid), cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to))
	}
	slices.SortFunc(a, order)
	slices.SortFunc(b, order)
	if !slices.Equal(a, b) {
		l.wrong("threads moved (process, from, to): %v, and the kernel told of %v", b, a)
	}
	if len(should) == 0 {
		l.wrong("balancing moved no thread")
	}
}
