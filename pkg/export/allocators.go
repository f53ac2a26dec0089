package export

import (
	"context"
	"errors"
	"slices"
)

// AllocatorsRequest asks who allocated within a time range.
type AllocatorsRequest struct {
	Kind         Traced
	FromNS, ToNS int64
	// Remote keeps only what was given on another node than the CPU's, both
	// known.
	Remote bool
	// Owners tells owners apart; else the sums are by stack and nodes.
	Owners bool
	// ByCount says which are the small ones, where there are more than are
	// held: those of few allocations, not of few bytes.
	ByCount bool
}

// Allocator is whose stack was given memory where.
type Allocator struct {
	Owner
	Stack              int64 // 0 is none
	CPUNode, GivenNode int32 // -1 is not known
}

// Remote tells whether the memory is another node's than the CPU's, and
// whether that is known.
func (a *Allocator) Remote() (remote, known bool) { return isRemote(a.CPUNode, a.GivenNode) }

func isRemote(cpu, given int32) (remote, known bool) {
	return cpu != given, cpu >= 0 && given >= 0
}

// AllocatedSum is what an allocator was given in all.
type AllocatedSum struct {
	Bytes, Count int64 // Count is how many allocations they stand for
	Sampled      bool  // both are estimates
}

// Add adds another's sum.
func (s *AllocatedSum) Add(t AllocatedSum) {
	s.Bytes += t.Bytes
	s.Count += t.Count
	s.Sampled = s.Sampled || t.Sampled
}

// Allocators answers an AllocatorsRequest.
type Allocators struct {
	By  []Allocator
	Sum []AllocatedSum // of By, in its order, which is none in particular
	// All is of the kind, whatever was asked to be kept.
	All AllocatedSum
	// Rest is of those that were too many, and small: each of them has been
	// given at most RestMost (bytes, or of ByCount allocations), and one that
	// is in By may lack as much.
	Rest     AllocatedSum
	RestMost int64
}

// mostAllocators bounds how many are held at once, and with them the memory
// of a question: some 150 bytes each.
const mostAllocators = 1 << 18

// Allocators sums while it reads. Of sealed segments that lie in the range as
// a whole the sums are kept, unless there are very many.
func (r *Reader) Allocators(ctx context.Context, host, run string, q AllocatorsRequest) (*Allocators, error) {
	return again(ctx, r, host, run, func(m *Manifest) (*Allocators, error) {
		t := newTally(q, mostAllocators)
		for _, s := range m.segmentsOf(TableAllocations, q.FromNS, q.ToNS, 0) {
			whole := s.Format == formatParquet && s.FromNS >= q.FromNS && s.ToNS < q.ToNS
			if !whole {
				if err := r.eachIn(ctx, m, s, between(q.FromNS, q.ToNS), allocatorColumns, t.take); err != nil {
					return nil, err
				}
				continue
			}
			if err := r.wholeSegment(ctx, m, s, t); err != nil {
				return nil, err
			}
		}
		return t.answer(), nil
	})
}

// mostKept is how many allocators of a segment are worth a place in the cache.
const mostKept = 1 << 16

// wholeSegment adds a sealed segment's sums, from the cache where they are.
func (r *Reader) wholeSegment(ctx context.Context, m *Manifest, s Segment, t *tally) error {
	key := "allocators\x00" + string(t.q.Kind) + "\x00" + m.identity(s)
	if kept, ok := r.cache.get(key).(*Allocators); ok {
		t.addAll(kept)
		return nil
	}
	all := newTally(AllocatorsRequest{Kind: t.q.Kind, FromNS: s.FromNS, ToNS: s.ToNS + 1, Owners: true}, mostKept)
	all.stop = true
	err := r.eachIn(ctx, m, s, between(s.FromNS, s.ToNS+1), allocatorColumns, all.take)
	if errors.Is(err, errTooMany) {
		return r.eachIn(ctx, m, s, between(t.q.FromNS, t.q.ToNS), allocatorColumns, t.take)
	}
	if err != nil {
		return err
	}
	kept := all.answer()
	r.cache.put(key, kept, int64(len(kept.By))*150)
	t.addAll(kept)
	return nil
}

// isEstimate tells whether a row is made from samples: those of the heap are
// the runtime's own.
func isEstimate(kind Traced, count, weight int64) bool {
	return kind == TracedHeap || weight > count
}

// Traceds are the kinds of the table allocations.
func Traceds() []Traced {
	return []Traced{TracedPage, TracedKmalloc, TracedFlush, TracedGrowslice, TracedHeap}
}

// IsAllocation tells whether a kind is of the table allocations.
func (k Traced) IsAllocation() bool { return slices.Contains(Traceds(), k) }
