package export

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
)

// tracedRun is a run of rows made at random: a live tail behind a sealed
// segment, drains of uneven length, now and then one that comes late.
type tracedRun struct {
	w    *Writer
	rows []Allocation
	end  int64
}

func writeTraced(t testing.TB, root string, rng *rand.Rand, drains int) *tracedRun {
	t.Helper()
	m := Manifest{Host: "h", Run: "r", StartNS: testStart, Tables: []TableInfo{{Name: TableAllocations, PeriodNS: 1e9, Scopes: []string{"page", "kmalloc"}}}}
	run := &tracedRun{w: create(t, testOptions(root), m), end: testStart}
	for d := range drains {
		run.end += 5e8 + rng.Int64N(1e9)
		ts := run.end
		if rng.IntN(8) == 0 {
			ts -= 2e9 // out of the order of time, across batches
		}
		for range rng.IntN(20) {
			r := Allocation{TS: max(ts, testStart+1), Kind: []Traced{TracedPage, TracedKmalloc}[rng.IntN(2)], Stack: rng.Int64N(6), CPUNode: int32(rng.IntN(3)) - 1, GivenNode: int32(rng.IntN(3)) - 1,
				Owner: Owner{PID: int32(rng.IntN(4)), Comm: []string{"", "a", "b"}[rng.IntN(3)], Container: []string{"", "c1"}[rng.IntN(2)]}, Bytes: rng.Int64N(1000), Count: 1 + rng.Int64N(3)}
			r.Weight = r.Count
			run.rows = append(run.rows, r)
			run.w.Allocation(r)
		}
		ok(t, run.w.Flush())
		if d == drains/2 {
			ok(t, run.w.Rotate())
		}
	}
	return run
}

// TestTracedSums holds the sums against a plain walk over all rows: of a tail
// that grows, and sealed.
func TestTracedSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	root := t.TempDir()
	run := writeTraced(t, root, rng, 60)
	files, err := Dir(root)
	ok(t, err)
	follower := NewReader(files)
	checkTraced(t, follower, run, rng)
	ok(t, run.w.Seal(func(m *Manifest) { m.EndNS = run.end }))
	checkTraced(t, follower, run, rng)
	checkTraced(t, NewReader(files), run, rng)
}

func checkTraced(t *testing.T, r *Reader, run *tracedRun, rng *rand.Rand) {
	t.Helper()
	for range 200 {
		edges := randomEdges(rng, run.end)
		kind := []Traced{TracedPage, TracedKmalloc}[rng.IntN(2)]
		got, err := r.TracedSums(context.Background(), "h", "r", TracedRequest{Table: TableAllocations, Kind: kind, EdgesNS: edges})
		ok(t, err)
		want := map[Route][2][]int64{}
		for _, row := range run.rows {
			c, _ := slices.BinarySearch(edges, row.TS+1)
			route := Route{row.CPUNode, row.GivenNode}
			if row.Kind != kind || c == 0 || c == len(edges) {
				continue
			}
			if want[route][0] == nil {
				want[route] = [2][]int64{make([]int64, len(edges)-1), make([]int64, len(edges)-1)}
			}
			want[route][0][c-1] += row.Bytes
			want[route][1][c-1] += row.Weight
		}
		if len(got.Routes) != len(want) {
			t.Fatalf("%d routes, want %d", len(got.Routes), len(want))
		}
		for i, route := range got.Routes {
			if !slices.Equal(got.Bytes[i], want[route][0]) || !slices.Equal(got.Count[i], want[route][1]) {
				t.Fatalf("%+v: %v %v, want %v", route, got.Bytes[i], got.Count[i], want[route])
			}
		}
	}
}

func randomEdges(rng *rand.Rand, end int64) []int64 {
	edges := []int64{testStart + rng.Int64N(end-testStart)}
	for range 1 + rng.IntN(20) {
		edges = append(edges, edges[len(edges)-1]+1+rng.Int64N(5e9))
	}
	return edges
}

// TestKnownTime: what a column's rows are of, by drains, detachments and the
// quiet.
func TestKnownTime(t *testing.T) {
	const s = 1e9
	k := func(running []span, drains ...int64) *known {
		return &known{running: running, drains: drains, period: s}
	}
	for name, c := range map[string]struct {
		of   *known
		cols []span
		want []int64
	}{
		"a drain a second":       {k([]span{{0, 8 * s}}, s, 2*s, 3*s, 4*s), []span{{0, 2 * s}, {2 * s, 4 * s}}, []int64{s, 2 * s}},
		"drains are slow":        {k([]span{{0, 40 * s}}, 5*s, 10*s, 15*s), []span{{0, 10 * s}, {10 * s, 20 * s}}, []int64{5 * s, 10 * s}},
		"quiet":                  {k([]span{{0, 8 * s}}), []span{{0, 2 * s}, {2 * s, 4 * s}}, []int64{2 * s, 2 * s}},
		"after long quiet":       {k([]span{{0, 99 * s}}, s, 60*s), []span{{0, 2 * s}, {60 * s, 62 * s}}, []int64{s, 10 * s}},
		"detached":               {k([]span{{0, 2 * s}, {6 * s, 9 * s}}, s, 2*s, 7*s), []span{{0, 2 * s}, {2 * s, 4 * s}, {4 * s, 6 * s}, {6 * s, 8 * s}}, []int64{s, s, 0, s}},
		"attached, not yet read": {k([]span{{3 * s, 9 * s}}), []span{{2 * s, 4 * s}, {4 * s, 6 * s}}, []int64{0, 2 * s}},
		"removed":                {&known{running: []span{{0, 9 * s}}, removed: []span{{0, 3 * s}}, period: s}, []span{{0, 2 * s}, {2 * s, 4 * s}, {4 * s, 6 * s}}, []int64{0, 0, 2 * s}},
		"as they happen":         {&known{running: []span{{s, 9 * s}}}, []span{{0, 2 * s}, {2 * s, 4 * s}}, []int64{s, 2 * s}},
	} {
		for i, col := range c.cols {
			if got := c.of.of(col); got != c.want[i] {
				t.Errorf("%s, column %d: %d ns, want %d", name, i, got, c.want[i])
			}
		}
	}
}

func TestNotesOfWhatWasLost(t *testing.T) {
	pages := TracedRequest{Table: TableAllocations, Kind: TracedPage}
	moved := TracedRequest{Table: TableMigrations, Kind: TracedMigration}
	for _, c := range []struct {
		table, text  string
		pages, moved bool
	}{
		{TableAllocations, "page: found no room", true, false},
		{TableAllocations, "kmalloc: found no room", false, false},
		{TableAllocations, "migrations: left out", false, true},
		{TableAllocations, "rows came faster than they were written", true, false},
		{TableAllocations + "/page", "lost", true, false},
		{TableMigrations, "rows came faster than they were written", false, true},
		{TableEvents, "page: found the ring full", false, false},
		{TableCounters, "rows came faster than they were written", false, false},
	} {
		n := &Note{Table: c.table, Text: c.text}
		if pages.concerns(n) != c.pages || moved.concerns(n) != c.moved {
			t.Errorf("%s, %q: pages %v, migrations %v", c.table, c.text, pages.concerns(n), moved.concerns(n))
		}
	}
}
