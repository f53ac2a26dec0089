package export

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestAllocators holds what is found against a plain walk over all rows.
func TestAllocators(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	root := t.TempDir()
	run := writeTraced(t, root, rng, 60)
	files, err := Dir(root)
	ok(t, err)
	follower := NewReader(files)
	checkAllocators(t, follower, run, rng)
	ok(t, run.w.Seal(func(m *Manifest) { m.EndNS = run.end }))
	checkAllocators(t, follower, run, rng)
	checkAllocators(t, follower, run, rng) // from what was kept of whole segments
}

func checkAllocators(t *testing.T, r *Reader, run *tracedRun, rng *rand.Rand) {
	t.Helper()
	for i := range 300 {
		q := AllocatorsRequest{Kind: TracedPage, FromNS: testStart + rng.Int64N(run.end-testStart), Owners: rng.IntN(2) == 0, Remote: rng.IntN(3) == 0}
		q.ToNS = q.FromNS + rng.Int64N(40e9)
		if i%3 == 0 {
			q.FromNS, q.ToNS = testStart, run.end+1
		}
		got, err := r.Allocators(context.Background(), "h", "r", q)
		ok(t, err)
		want, all := naiveAllocators(run.rows, q)
		found := map[Allocator]AllocatedSum{}
		for i, by := range got.By {
			found[by] = got.Sum[i]
		}
		if !maps.Equal(found, want) || got.All != all || got.Rest != (AllocatedSum{}) {
			t.Fatalf("%+v:\n%v of %v\nwant\n%v of %v", q, found, got.All, want, all)
		}
	}
}

func naiveAllocators(rows []Allocation, q AllocatorsRequest) (by map[Allocator]AllocatedSum, all AllocatedSum) {
	by = map[Allocator]AllocatedSum{}
	for _, r := range rows {
		if r.Kind != q.Kind || r.TS < q.FromNS || r.TS >= q.ToNS {
			continue
		}
		s := AllocatedSum{Bytes: r.Bytes, Count: r.Weight}
		all.Add(s)
		a := Allocator{Owner: r.Owner, Stack: r.Stack, CPUNode: r.CPUNode, GivenNode: r.GivenNode}
		if remote, known := a.Remote(); q.Remote && (!known || !remote) {
			continue
		}
		if !q.Owners {
			a.Owner = Owner{}
		}
		sum := by[a]
		sum.Add(s)
		by[a] = sum
	}
	return by, all
}

// TestTallyIsBounded: of more allocators than are held the small ones go
// together, nothing is lost of the sum, and no great one lacks more than is
// said.
func TestTallyIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	tally := newTally(AllocatorsRequest{Kind: TracedPage, Owners: true}, 64)
	truth := map[int64]int64{}
	for range 200_000 {
		stack := rng.Int64N(5000)
		if rng.IntN(3) == 0 {
			stack %= 10 // some are great
		}
		ok(t, tally.add(tallyKey{stack: stack}, AllocatedSum{Bytes: 100, Count: 1}))
		truth[stack] += 100
	}
	got := tally.answer()
	sum := got.Rest
	for i, by := range got.By {
		sum.Add(got.Sum[i])
		if lacks := truth[by.Stack] - got.Sum[i].Bytes; lacks < 0 || lacks > got.RestMost {
			t.Errorf("stack %d lacks %d, and at most %d are said", by.Stack, lacks, got.RestMost)
		}
	}
	if sum != got.All || sum.Count != 200_000 || len(got.By) > 64 {
		t.Errorf("%d allocators with %+v in all, of %+v", len(got.By), sum, got.All)
	}
	for stack := range int64(10) {
		if !slices.ContainsFunc(got.By, func(a Allocator) bool { return a.Stack == stack }) {
			t.Errorf("stack %d is great and was put together with the small", stack)
		}
	}
}
