package trace

import (
	"math"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// heap adds up samples of Go heaps. The runtime takes one each rate bytes on
// the average, at exponentially distributed distances, so an allocation of
// size bytes is a sample with probability 1 - exp(-size/rate), and stands for
// one over that (runtime/mprof.go; it is how pprof scales heap profiles).
type heap struct {
	sums map[heapKey]*heapSum
}

type heapKey struct {
	owner          export.Owner
	stack          int64
	cpuNode, given int32
}

type heapSum struct {
	count         int64
	weight, bytes float64
}

// defaultRate is the runtime's MemProfileRate, unless a program sets it.
const defaultRate = 512 << 10

func newHeap() *heap { return &heap{sums: map[heapKey]*heapSum{}} }

// weigh corrects a sample's weight for the runtime's own sampling, whose rate
// stands in the event where it was known.
func (h *heap) weigh(row *export.Event) float64 {
	w, rate := float64(row.Weight), float64(row.GFP)
	if row.GFP <= 0 {
		rate = defaultRate
	}
	row.GFP = -1
	if rate > 1 && row.Size > 0 {
		w /= 1 - math.Exp(-float64(row.Size)/rate)
	}
	row.Weight = max(int64(math.Round(w)), 1)
	return w
}

// add enters a sample whose node was asked for.
func (h *heap) add(row export.Event, weight float64) {
	k := heapKey{row.Owner, row.Stack, row.CPUNode, row.GivenNode}
	s := h.sums[k]
	if s == nil {
		s = &heapSum{}
		h.sums[k] = s
	}
	s.count++
	s.weight += weight
	s.bytes += weight * float64(row.Size)
}

// drain turns what was added up into rows.
func (h *heap) drain(sink collect.Sink, ts int64) {
	for k, s := range h.sums {
		sink.Allocation(export.Allocation{TS: ts, Owner: k.owner, Kind: export.TracedHeap, Stack: k.stack, CPUNode: k.cpuNode, GivenNode: k.given,
			Bytes: int64(math.Round(s.bytes)), Count: s.count, Weight: int64(math.Round(s.weight))})
	}
	clear(h.sums)
}
