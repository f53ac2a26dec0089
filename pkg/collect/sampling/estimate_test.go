package sampling

import (
	"math"
	"math/rand/v2"
	"testing"
)

// estimate sums up events that were kept, as a reader of the export does.
type estimate struct{ sum, variance, truth float64 }

// add shows an event to the head's coin: random % N.
func (e *estimate) add(rng *rand.Rand, x float64, every uint32) {
	e.truth += x
	if rng.Uint32()%every != 0 {
		return
	}
	w := float64(every)
	e.sum += w * x
	e.variance += w * (w - 1) * x * x
}

// off is by how many standard errors the estimate misses.
func (e *estimate) off() float64 {
	if e.variance == 0 {
		return 0 // nothing was thinned
	}
	return math.Abs(e.sum-e.truth) / math.Sqrt(e.variance)
}

// sizeClasses are kmalloc's.
var sizeClasses = []float64{8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192}

// classSums estimates the bytes of every class: sizes spread within it,
// rates that change all the time as the governor's do, some events kept by a
// rule.
func classSums(seed uint64) []estimate {
	rng := rand.New(rand.NewPCG(seed, 11))
	sums := make([]estimate, len(sizeClasses))
	for second := range 30 {
		every := []uint32{1, 7, 40, 60, 25}[second/6]
		for range 30_000 {
			i := rng.IntN(len(sizeClasses))
			size := math.Ceil(sizeClasses[i] * (0.5 + 0.5*rng.Float64()))
			if rng.IntN(50) == 0 {
				sums[i].add(rng, size, 1)
				continue
			}
			sums[i].add(rng, size, every)
		}
	}
	return sums
}

// The variance of Σwx is Σ(w-1)x² over all events, each kept by a coin of its
// own with probability 1/w; Σw(w-1)x² over those kept estimates it without
// bias. Three standard errors then hold 99.7 % of the sums.
func TestSampledSumsAreWithinThreeStandardErrors(t *testing.T) {
	const seeds = 20
	missed, all := 0, 0
	for seed := range uint64(seeds) {
		for i, e := range classSums(seed) {
			all++
			if off := e.off(); off > 3 {
				missed++
				t.Logf("seed %d, class %.0f: %.0f for %.0f, %.1f standard errors", seed, sizeClasses[i], e.sum, e.truth, off)
			}
		}
	}
	t.Logf("%d of %d sums are within three standard errors", all-missed, all)
	if float64(missed) > 0.01*float64(all) {
		t.Errorf("%d of %d sums are not within three standard errors", missed, all)
	}
}

// The rates of a governor that reacts to the events themselves leave the sum
// unbiased: no event's coin has to do with its own rate.
func TestGovernedSumsAreUnbiased(t *testing.T) {
	const seeds = 100
	mean, square := 0.0, 0.0
	for seed := range uint64(seeds) {
		a := newAgent(t, seed, wide)
		var e estimate
		for second := range 40 {
			a.load[0] = 5e3 + 25e3*float64(second%2)
			every := a.decision.Every[0]
			a.pass()
			for range int(a.load[0]) {
				e.add(a.rng, 64+float64(a.rng.IntN(4096)), every)
			}
		}
		z := (e.sum - e.truth) / math.Sqrt(e.variance)
		mean, square = mean+z/seeds, square+z*z/seeds
	}
	t.Logf("misses by %.2f standard errors in the mean, their square %.2f", mean, square)
	if math.Abs(mean) > 3/math.Sqrt(seeds) || square > 1.5 || square < 0.6 {
		t.Errorf("misses have mean %.2f and mean square %.2f, want 0 and 1", mean, square)
	}
}
