package export

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// reading is one row as a test wrote it.
type reading struct{ ts, value, enabled, running, epoch int64 }

// naiveCell is the merge rule, word by word, over all readings of a series.
func naiveCell(rs []reading, from, to, maxStep int64) (d sums, fromNS, toNS int64, ok bool) {
	if len(rs) == 0 {
		return
	}
	nearest := func(e int64) int {
		best := 0
		for i, r := range rs {
			if abs(r.ts-e) < abs(rs[best].ts-e) {
				best = i
			}
		}
		return best
	}
	known := func(i int) bool { // the step from i-1 to i
		a, b := rs[i-1], rs[i]
		return b.ts-a.ts <= maxStep && b.epoch == a.epoch && b.value >= a.value &&
			b.enabled >= a.enabled && b.running >= a.running && (b.enabled == a.enabled || b.running > a.running)
	}
	a, z := nearest(from), nearest(to)
	if a == z {
		if mid := from + (to-from)/2; rs[a].ts <= mid {
			z++
		} else {
			a--
		}
		if a < 0 || z >= len(rs) || !known(z) {
			return sums{}, 0, 0, false
		}
	}
	first, last := -1, -1
	for i := a + 1; i <= z; i++ {
		if !known(i) {
			continue
		}
		if first < 0 {
			first = i - 1
		}
		last = i
		x, y := rs[i-1], rs[i]
		d = d.plus(sums{y.value - x.value, y.ts - x.ts, y.enabled - x.enabled, y.running - x.running})
	}
	if first < 0 {
		return sums{}, 0, 0, false
	}
	return d, rs[first].ts, rs[last].ts, true
}

func abs(x int64) int64 { return max(x, -x) }

// wild makes readings with jitter, gaps, epochs, resets and groups that did
// not run.
func wild(rng *rand.Rand, n int, period int64) []reading {
	rs := make([]reading, 0, n)
	r := reading{ts: testStart, value: rng.Int64N(1000), enabled: 0, running: 0}
	for range n {
		step := period + rng.Int64N(period/2) - period/4
		if rng.IntN(20) == 0 {
			step = period * int64(2+rng.IntN(8))
		}
		r.ts += step
		r.enabled += step
		ran := step
		switch rng.IntN(12) {
		case 0:
			ran = 0
		case 1, 2:
			ran = step / 3
		}
		r.running += ran
		if ran > 0 {
			r.value += rng.Int64N(10000)
		}
		switch rng.IntN(40) {
		case 0:
			r.epoch++
			r.value, r.enabled, r.running = rng.Int64N(10), step, step
		case 1:
			r.value /= 2
		}
		rs = append(rs, r)
	}
	return rs
}

func (c CounterRow) at(r reading, instance int32) CounterRow {
	c.TS, c.Instance, c.Values, c.Enabled, c.Running, c.Epoch = r.ts, instance, []int64{r.value, r.value * 2}, r.enabled, r.running, int32(r.epoch)
	return c
}

var wildManifest = Manifest{Host: "h", Run: "r", StartNS: testStart,
	Groups: []Group{{Name: "other", Events: []GroupEvent{{Name: "x"}}}, {Name: "g", Events: []GroupEvent{{Name: "a"}, {Name: "b"}}}},
	Tables: []TableInfo{{Name: TableCounters, PeriodNS: 100e6}}}

// checkIncrements compares the reader with the naive rule over random edges.
func checkIncrements(t *testing.T, r *Reader, all map[int32][]reading, rng *rand.Rand, tries int) {
	t.Helper()
	var lo, hi int64 = 1 << 62, 0
	for _, rs := range all {
		if len(rs) > 0 {
			lo, hi = min(lo, rs[0].ts), max(hi, rs[len(rs)-1].ts)
		}
	}
	for range tries {
		edges := []int64{lo - 1e9 + rng.Int64N(hi-lo+2e9)}
		width := 1e6 + rng.Int64N([]int64{5e7, 3e8, 4e9}[rng.IntN(3)])
		for range 1 + rng.IntN(50) {
			edges = append(edges, edges[len(edges)-1]+width)
		}
		got, err := r.Increments(context.Background(), "h", "r", IncrementsRequest{Table: TableCounters, Scope: ScopeCPU, Columns: []string{"b", "a"}, EdgesNS: edges})
		if err != nil {
			t.Fatal(err)
		}
		for i, instance := range got.Instances {
			for c := range got.Columns {
				d, from, to, _ := naiveCell(all[instance], edges[c], edges[c+1], 250e6)
				k := i*got.Columns + c
				s := got.Series[1]
				want := fmt.Sprint(d.value, d.time, d.enabled, d.running, from, to)
				have := fmt.Sprint(s.Delta[k], s.SpanNS[k], s.EnabledNS[k], s.RunningNS[k], s.FromNS[k], s.ToNS[k])
				if want != have || got.Series[0].Delta[k] != 2*s.Delta[k] {
					t.Fatalf("cpu %d, column %d of %d (%d ns): got %s, want %s", instance, c, got.Columns, width, have, want)
				}
			}
		}
	}
}

func TestIncrementsAgreeWithNaiveRule(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 7))
		w := create(t, testOptions(t.TempDir()), wildManifest)
		files, err := Dir(w.o.Root)
		ok(t, err)
		r := NewReader(files) // the same one throughout: it follows the tail, and its sealing
		all := map[int32][]reading{}
		data := [][]reading{wild(rng, 300, 100e6), wild(rng, 300, 100e6), wild(rng, 5, 100e6)}
		next := make([]int, len(data))
		for range 12 {
			for cpu, rs := range data {
				n := min(rng.IntN(60), len(rs)-next[cpu])
				for _, x := range rs[next[cpu] : next[cpu]+n] {
					w.Counter(CounterRow{Scope: ScopeCPU, Group: 1}.at(x, int32(cpu)))
					w.Counter(CounterRow{Scope: ScopeCPU, Group: 0, Instance: int32(cpu), TS: x.ts, Values: []int64{1}})
					w.Counter(CounterRow{Scope: ScopeProcessCPU, Group: 1}.at(reading{ts: x.ts, value: 5}, int32(cpu)))
				}
				all[int32(cpu)] = append(all[int32(cpu)], rs[next[cpu]:next[cpu]+n]...)
				next[cpu] += n
			}
			ok(t, w.Flush())
			if rng.IntN(4) == 0 {
				ok(t, w.Rotate())
			}
			if len(all[0]) > 0 {
				checkIncrements(t, r, all, rng, 10)
			}
		}
		ok(t, w.Seal(nil))
		checkIncrements(t, r, all, rng, 30)
		checkIncrements(t, NewReader(files), all, rng, 30)
	}
}

// TestWideColumns asks for columns so wide that not every reading is kept:
// the edges may be off by a little, but what is counted between the readings
// that a cell says it rests on is exact.
func TestWideColumns(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 13))
		w := create(t, testOptions(t.TempDir()), wildManifest)
		rs := wild(rng, 8000, 100e6)
		for i, x := range rs {
			w.Counter(CounterRow{Scope: ScopeCPU, Group: 1}.at(x, 0))
			if i%700 == 699 {
				ok(t, w.Flush())
				ok(t, w.Rotate())
			}
		}
		ok(t, w.Flush())
		r := NewReader(counting(t, w.o.Root))
		for range 20 {
			width := 5e9 + rng.Int64N(2e11)
			every := int64(thinness(width, 100e6))
			edges := []int64{rs[0].ts - rng.Int64N(width)}
			for edges[len(edges)-1] < rs[len(rs)-1].ts {
				edges = append(edges, edges[len(edges)-1]+width)
			}
			got, err := r.Increments(context.Background(), "h", "r", IncrementsRequest{Table: TableCounters, Scope: ScopeCPU, Columns: []string{"a"}, EdgesNS: edges})
			ok(t, err)
			s := got.Series[0]
			for c := range got.Columns {
				inside := c > 0 && c < got.Columns-1
				if s.SpanNS[c] == 0 {
					if inside {
						t.Fatalf("every %d, column %d is null", every, c)
					}
					continue
				}
				d, from, to, _ := naiveCell(rs, s.FromNS[c], s.ToNS[c], 250e6)
				want := fmt.Sprint(d.value, d.time, d.enabled, d.running)
				have := fmt.Sprint(s.Delta[c], s.SpanNS[c], s.EnabledNS[c], s.RunningNS[c])
				// A level's row may have steps beside it that do not count.
				if want != have || from < s.FromNS[c] || to > s.ToNS[c] {
					t.Fatalf("every %d, column %d: got %s, want %s", every, c, have, want)
				}
				// Both may pass by steps that do not count, of at most 1.1 s.
				_, near, _, _ := naiveCell(rs, edges[c], edges[c+1], 250e6)
				if off := abs(s.FromNS[c] - near); inside && off > every*1.1e9 {
					t.Errorf("every %d, column %d of %d ns begins %d ns off", every, c, width, off)
				}
			}
		}
	}
}

func TestThinness(t *testing.T) {
	for _, tt := range []struct {
		width, period int64
		want          int
	}{{1e9, 100e6, 1}, {4.7e9, 100e6, 1}, {4.8e9, 100e6, 4}, {22e9, 100e6, 16}, {605e9, 100e6, 256}, {1e18, 1, 1 << 16}, {1e9, 0, 1}} {
		if got := thinness(tt.width, tt.period); got != tt.want {
			t.Errorf("columns of %d ns at a period of %d: every %d, want %d", tt.width, tt.period, got, tt.want)
		}
	}
}

func TestEdgesHitOneReading(t *testing.T) {
	const p = int64(100)
	s := strand{ts: []int64{0, p, 2 * p, 6 * p, 7 * p}, values: []int64{0, 10, 20, 60, 70}}
	s.breaks = []stepBreak{{3, sums{40, 4 * p, 4 * p, 4 * p}}}
	th := &thread{maxStep: p * 5 / 2}
	th.join(s)
	tests := []struct {
		from, to    int64
		value, span int64
	}{
		{p + 10, p + 40, 10, p},        // narrow, within a step
		{p - 40, p - 10, 10, p},        // and before its reading
		{p - 30, p + 30, 10, p},        // around a reading
		{2*p + 10, 2*p + 60, 0, 0},     // in a gap
		{2*p + 10, 5*p + 90, 0, 0},     // most of a gap
		{p, 7 * p, 20, 2 * p},          // across it
		{-100 * p, 100 * p, 30, 3 * p}, // all there is
		{-100 * p, -50 * p, 0, 0},      // before the first
		{100 * p, 101 * p, 0, 0},       // after the last
		{7*p - 10, 9 * p, 0, 0},        // the live edge
	}
	for _, tt := range tests {
		of := &Increments{Instances: []int32{0}, Columns: 1}
		of.fill(&threadSet{byColumn: []map[int32]*thread{{0: th}}}, []string{""}, []int64{tt.from, tt.to})
		s := of.Series[0]
		if s.Delta[0] != tt.value || s.SpanNS[0] != tt.span {
			t.Errorf("[%d,%d): %d in %d, want %d in %d", tt.from, tt.to, s.Delta[0], s.SpanNS[0], tt.value, tt.span)
		}
	}
}

func TestSeek(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		xs := make([]int64, rng.IntN(40))
		for i := range xs {
			xs[i] = rng.Int64N(60)
		}
		slices.Sort(xs)
		from := rng.IntN(len(xs) + 1)
		x := rng.Int64N(70)
		want := from
		for want < len(xs) && xs[want] < x {
			want++
		}
		if got := seek(xs, from, x); got != want {
			t.Fatalf("seek(%v, %d, %d) = %d, want %d", xs, from, x, got, want)
		}
	}
}
