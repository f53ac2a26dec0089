package audit

import (
	"math"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

// defaultRate is the runtime's MemProfileRate unless a program sets it, and
// what is taken for it where a program is stripped of the name.
const defaultRate = 512 << 10

// Heap holds the sampled objects of each site. The workload had all sampled;
// rateKnown says that its program still has the name of the variable in which
// that is told. Where it has not, weights are those of the default.
func (r *Run) Heap(a *tracetest.Account, rateKnown bool) *Ledger {
	l := &Ledger{}
	for _, s := range a.Heap {
		weight := int64(1)
		if !rateKnown {
			weight = max(1, int64(math.Round(1/(1-math.Exp(-float64(s.Size)/defaultRate)))))
		}
		var events, others, otherBytes int64
		for i := range r.Events {
			e := &r.Events[i]
			if e.Kind != export.TracedHeap || int(e.PID) != a.PID || !r.passes(e.Stack, s.Function) {
				continue
			}
			if e.Size != s.Size { // of a collection that began there
				others, otherBytes = others+1, otherBytes+e.Bytes
				continue
			}
			events++
			if e.Bytes != s.Size || e.Addr == 0 || e.Goroutine == 0 || e.Weight != weight {
				l.wrong("%s: %d bytes at %#x, goroutine %d, weight %d, want %d", s.Function, e.Bytes, e.Addr, e.Goroutine, e.Weight, weight)
			}
		}
		want(l, s.Function+": events", events, s.Count)
		count, bytes := r.summed(a, export.TracedHeap, func(x *export.Allocation) bool { return r.passes(x.Stack, s.Function) })
		want(l, s.Function+": the sum of objects", count, s.Count+others)
		if rateKnown {
			want(l, s.Function+": the sum of bytes", bytes, s.Count*s.Size+otherBytes)
		}
		l.tell("%s: %d objects of %d bytes; the runtime's profile has %d", s.Function, events, s.Size, s.ProfileCount)
	}
	return l.end()
}
