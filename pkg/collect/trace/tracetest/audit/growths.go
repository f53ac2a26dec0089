package audit

import (
	"cmp"
	"slices"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

// Growths holds every growth of every goroutine, in its order.
func (r *Run) Growths(a *tracetest.Account) *Ledger {
	l := &Ledger{}
	should := map[int64][]tracetest.Growth{}
	for _, g := range a.Growths {
		should[g.Goroutine] = append(should[g.Goroutine], g)
	}
	got := map[int64][]export.Event{}
	for _, e := range r.Events {
		if e.Kind == export.TracedGrowslice && int(e.PID) == a.PID && should[e.Goroutine] != nil {
			got[e.Goroutine] = append(got[e.Goroutine], e)
		}
	}
	known := 0
	for id, growths := range should {
		events := got[id]
		slices.SortStableFunc(events, func(a, b export.Event) int { return cmp.Compare(a.TS, b.TS) })
		if len(events) != len(growths) {
			l.wrong("goroutine %d: %d events of %d growths", id, len(events), len(growths))
			continue
		}
		for i := range growths {
			r.oneGrowth(l, &growths[i], &events[i])
			if events[i].GivenNode >= 0 {
				known++
			}
		}
	}
	l.tell("%d growths by %d goroutines, event by event; the node of %d is known", len(a.Growths), len(should), known)
	r.growthSums(l, a, got)
	return l.end()
}

func (r *Run) oneGrowth(l *Ledger, g *tracetest.Growth, e *export.Event) {
	if e.Addr != g.NewPointer || e.Size != g.NewLength*g.ElementSize {
		l.wrong("a growth of goroutine %d to %d elements of %d bytes at %#x: the event has %d bytes at %#x", g.Goroutine, g.NewLength, g.ElementSize, g.NewPointer, e.Size, e.Addr)
	}
	// An array may end in less than an element.
	if e.Bytes < g.NewCapacity*g.ElementSize || e.Bytes >= (g.NewCapacity+1)*g.ElementSize {
		l.wrong("a growth to a capacity of %d × %d bytes: the event has %d bytes given", g.NewCapacity, g.ElementSize, e.Bytes)
	}
	if e.Weight != 1 || e.Rule == "" {
		l.wrong("a growth of weight %d by rule %q; all were to be kept", e.Weight, e.Rule)
	}
	if !r.passes(e.Stack, "tracetest.AppendOne", "tracetest.AppendFew") || !r.passes(e.Stack, "tracetest.growOne") {
		l.wrong("a growth: the functions that append are not in the stack %v", r.Functions(e.Stack))
	}
}

// growthSums: the table allocations has all that the workload's functions
// grew, and what events say of it.
func (r *Run) growthSums(l *Ledger, a *tracetest.Account, got map[int64][]export.Event) {
	var bytes int64
	for _, events := range got {
		for _, e := range events {
			bytes += e.Bytes
		}
	}
	count, summed := r.summed(a, export.TracedGrowslice, func(s *export.Allocation) bool {
		// The runtime grows slices of its own, also while it allocates for one.
		f := r.Functions(s.Stack)
		return len(f) > 1 && (isNamed(f[1], "tracetest.AppendOne") || isNamed(f[1], "tracetest.AppendFew"))
	})
	want(l, "the sum of growths", count, int64(len(a.Growths)))
	want(l, "the sum of their bytes", summed, bytes)
}
