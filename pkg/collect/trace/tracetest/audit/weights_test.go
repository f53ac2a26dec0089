package audit

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

// sampledRun is a storm of which one event in every is kept, by a coin.
func sampledRun(seed uint64, count int64, every int64) (*Run, *tracetest.Account) {
	a := &tracetest.Account{PID: pid, Machine: machine()}
	r := &Run{Clock: export.Clock{WallNS: wall, MonotonicNS: base}}
	r.nameStacks()
	coin := rand.New(rand.NewPCG(seed, 1))
	for _, size := range tracetest.StormNoiseSizes {
		s := span(tracetest.StormNoise, 9, 0, 0)
		a.Kmalloc = append(a.Kmalloc, tracetest.Batch{Span: s, By: "poll", Size: size, Count: count})
		for range count {
			if coin.Int64N(every) == 0 {
				e := r.event(export.TracedKmalloc, &s, 2, size, size, 0xffff888000004000, 0)
				e.Weight, e.Rule = every, ""
			}
		}
	}
	return r, a
}

func TestEstimatesKnowTheirErrors(t *testing.T) {
	within, sum, all := 0, 0.0, 0
	for seed := range uint64(20) {
		r, a := sampledRun(seed, 5000, 20)
		for _, e := range r.Estimates(a, tracetest.StormNoise) {
			all++
			sum += e.Errors * e.Errors
			if math.Abs(e.Errors) <= 3 {
				within++
			}
			if e.Sampled == 0 || e.True != 5000 {
				t.Fatalf("%+v", e)
			}
		}
	}
	// Standard errors of what is estimated without bias have squares of 1 on
	// the average.
	if spread := sum / float64(all); within < all*99/100 || spread < 0.6 || spread > 1.5 {
		t.Errorf("%d of %d estimates are within 3 standard errors, whose squares are %.2f on the average", within, all, spread)
	}
}

func TestABiasIsSeen(t *testing.T) {
	r, a := sampledRun(1, 50000, 20)
	for i := range a.Kmalloc {
		a.Kmalloc[i].Count = a.Kmalloc[i].Count * 11 / 10
	}
	for _, e := range r.Estimates(a, tracetest.StormNoise) {
		if math.Abs(e.Errors) <= 3 {
			t.Errorf("a tenth too few: %+v", e)
		}
	}
}
