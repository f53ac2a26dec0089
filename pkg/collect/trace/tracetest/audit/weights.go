package audit

import (
	"math"
	"slices"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

// Estimate is what a sample says of the events of one size.
type Estimate struct {
	Size     int64
	True     int64
	Sampled  int64 // events in the sample
	Weighted int64 // what they stand for
	// Errors is how many standard errors they are off. Each event was kept by
	// a coin of its own, heads one in w: the variance of the sum of weights
	// is estimated without bias by the sum of w(w-1).
	Errors float64
}

// Estimates compares the weighted counts of a process's batches, by size, of
// the threads of one name.
func (r *Run) Estimates(a *tracetest.Account, comm string) []Estimate {
	var all []Estimate
	for i := range a.Kmalloc {
		b := &a.Kmalloc[i]
		if b.Comm != comm {
			continue
		}
		at := slices.IndexFunc(all, func(e Estimate) bool { return e.Size == b.Size })
		if at < 0 {
			at = len(all)
			all = append(all, Estimate{Size: b.Size})
		}
		all[at].True += b.Count
	}
	variance := make([]float64, len(all))
	for i := range r.Events {
		e := &r.Events[i]
		at := slices.IndexFunc(all, func(x Estimate) bool { return x.Size == e.Size })
		if e.Kind != export.TracedKmalloc || int(e.PID) != a.PID || e.Comm != comm || at < 0 || !r.passes(e.Stack, "do_sys_poll") {
			continue
		}
		all[at].Sampled++
		all[at].Weighted += e.Weight
		variance[at] += float64(e.Weight) * float64(e.Weight-1)
	}
	for i := range all {
		off := float64(all[i].Weighted - all[i].True)
		switch {
		case off == 0:
		case variance[i] == 0:
			all[i].Errors = math.Inf(1)
		default:
			all[i].Errors = off / math.Sqrt(variance[i])
		}
	}
	return all
}

// Kept holds the events of a storm that matter: every one, with weight 1.
func (r *Run) Kept(a *tracetest.Account) *Ledger {
	l := &Ledger{}
	for i := range a.Kmalloc {
		b := &a.Kmalloc[i]
		if b.Comm != tracetest.StormKept {
			continue
		}
		found := r.of(export.TracedKmalloc, &b.Span, func(e *export.Event) bool { return e.Size == b.Size })
		for k := range found {
			l.made("a message that matters", a, &b.Span, &found[k])
		}
		want(l, "messages that matter, and were kept", int64(len(found)), b.Count)
		l.tell("%d of %d messages that matter were kept", len(found), b.Count)
	}
	return l.end()
}

// Sums holds the sums of batches whose events were thinned: those are exact.
func (r *Run) Sums(a *tracetest.Account) *Ledger {
	l := &Ledger{}
	r.kmallocSums(l, a)
	return l.end()
}
