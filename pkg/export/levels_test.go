package export

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// wildLong makes readings of a longer run, with long gaps too, as of a CPU
// that was taken off.
func wildLong(rng *rand.Rand, n int, period int64) []reading {
	rs := wild(rng, n, period)
	var shift int64
	for i := range rs {
		if rng.IntN(n/4) == 0 {
			shift += period * (5 + rng.Int64N(int64(n/3)))
			if rng.IntN(2) == 0 {
				for k := i; k < n; k++ {
					rs[k].epoch++
				}
			}
		}
		rs[i].ts += shift
	}
	return rs
}

// levelRun writes readings of three CPUs, one of which comes late, and calls
// each after every flush.
func levelRun(t *testing.T, w *Writer, rng *rand.Rand, n int, each func(all map[int32][]reading)) map[int32][]reading {
	t.Helper()
	data := [][]reading{wildLong(rng, n, 100e6), wildLong(rng, n, 100e6), wildLong(rng, n/2, 100e6)}
	all := map[int32][]reading{}
	next := make([]int, len(data))
	for now := int64(testStart); ; now += 5e9 {
		left := false
		for cpu, rs := range data {
			from := next[cpu]
			for next[cpu] < len(rs) && rs[next[cpu]].ts < now {
				w.Counter(CounterRow{Scope: ScopeCPU, Group: 1}.at(rs[next[cpu]], int32(cpu)))
				next[cpu]++
			}
			all[int32(cpu)] = append(all[int32(cpu)], rs[from:next[cpu]]...)
			left = left || next[cpu] < len(rs)
		}
		ok(t, w.Flush())
		if each != nil && len(all[0]) > 0 {
			each(all)
		}
		if !left {
			return all
		}
	}
}

// TestLevelsTellWhatRawRowsTell compares what is read through each level with
// the merge rule over all readings, between the readings that a cell says it
// rests on, and on ticks between the nearest ones.
func TestLevelsTellWhatRawRowsTell(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 21))
		w := create(t, testOptions(t.TempDir()), wildManifest)
		files, err := Dir(w.o.Root)
		ok(t, err)
		r := NewReader(files)
		all := levelRun(t, w, rng, 12000, func(all map[int32][]reading) {
			if rng.IntN(10) == 0 {
				checkLevels(t, r, all, rng, 3)
			}
			if rng.IntN(60) == 0 {
				ok(t, w.Rotate())
			}
		})
		checkLevels(t, NewReader(files), all, rng, 40)
		ok(t, w.Seal(nil))
		checkLevels(t, r, all, rng, 40)
		checkLevels(t, NewReader(files), all, rng, 40)
		m, err := r.Manifest(context.Background(), "h", "r")
		ok(t, err)
		for _, l := range levels[:3] {
			if len(m.segmentsOf(l.table, 0, 1<<62, 0)) == 0 {
				t.Errorf("no level %s", l.table)
			}
		}
	}
}

func checkLevels(t *testing.T, r *Reader, all map[int32][]reading, rng *rand.Rand, tries int) {
	t.Helper()
	var lo, hi int64 = 1 << 62, 0
	for _, rs := range all {
		if len(rs) > 0 {
			lo, hi = min(lo, rs[0].ts), max(hi, rs[len(rs)-1].ts)
		}
	}
	for range tries {
		width := []int64{1e9, 2e9, 5e9, 10e9, 20e9, 30e9, 60e9, 120e9, 600e9}[rng.IntN(9)]
		from := (lo - 2e9 + rng.Int64N(hi-lo+4e9)) / width * width
		if rng.IntN(4) == 0 {
			from, width = from+rng.Int64N(width), width*100+rng.Int64N(width) // off the ticks
		}
		edges := []int64{from}
		for range 1 + rng.IntN(50) {
			edges = append(edges, edges[len(edges)-1]+width)
		}
		got, err := r.Increments(context.Background(), "h", "r", IncrementsRequest{Table: TableCounters, Scope: ScopeCPU, Columns: []string{"b", "a"}, EdgesNS: edges})
		ok(t, err)
		for i, instance := range got.Instances {
			for c := range got.Columns {
				checkLevelCell(t, got, i, c, all[instance], edges)
			}
		}
	}
}

func checkLevelCell(t *testing.T, got *Increments, i, c int, rs []reading, edges []int64) {
	t.Helper()
	s, k := got.Series[1], i*got.Columns+c
	where := fmt.Sprintf("cpu %d, column %d of %d from %d (%v)", got.Instances[i], c, got.Columns, edges[c]-testStart, time.Duration(edges[1]-edges[0]))
	if s.SpanNS[k] == 0 {
		// Nothing is known: nothing may be known well inside of it. An edge off
		// the ticks falls on a row up to a hundredth of a column away.
		beside := int64(1e9) + (edges[1]-edges[0])/offTicks
		for n := 1; n < len(rs); n++ {
			if a, z := rs[n-1], rs[n]; a.ts > edges[c]+beside && z.ts < edges[c+1]-beside {
				if d, _, _, known := naiveCell([]reading{a, z}, a.ts, z.ts, 250e6); known {
					t.Fatalf("%s: null, though %v were counted at %d", where, d, z.ts-testStart)
				}
			}
		}
		return
	}
	d, from, to, _ := naiveCell(rs, s.FromNS[k], s.ToNS[k], 250e6)
	want := fmt.Sprint(d.value, d.time, d.enabled, d.running)
	have := fmt.Sprint(s.Delta[k], s.SpanNS[k], s.EnabledNS[k], s.RunningNS[k])
	if want != have || got.Series[0].Delta[k] != 2*s.Delta[k] || from < s.FromNS[k] || to > s.ToNS[k] {
		t.Fatalf("%s: got %s (%d to %d), want %s (%d to %d)", where, have, s.FromNS[k]-testStart, s.ToNS[k]-testStart, want, from-testStart, to-testStart)
	}
	if s.FromNS[k] > edges[c+1] || s.ToNS[k] < edges[c] {
		t.Fatalf("%s: rests on %d to %d, all of it outside", where, s.FromNS[k]-testStart, s.ToNS[k]-testStart)
	}
}
