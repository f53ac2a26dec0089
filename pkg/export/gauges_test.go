package export

import (
	"context"
	"math/rand/v2"
	"testing"
)

// gaugeReading is one reading of a node; two columns, each of which may be
// null.
type gaugeReading struct {
	ts     int64
	values [2]int64
	valid  [2]bool
}

// naiveGauge is the rule, word by word: the last reading within the column,
// or the one before when no gap lies between it and the one after.
func naiveGauge(rs []gaugeReading, col int, from, to, maxStep int64) (int64, bool) {
	last, next := -1, -1
	for i, r := range rs {
		if !r.valid[col] {
			continue
		}
		if r.ts < to {
			last = i
		} else if next < 0 {
			next = i
		}
	}
	switch {
	case last < 0:
		return 0, false
	case rs[last].ts >= from, next >= 0 && rs[next].ts-rs[last].ts <= maxStep:
		return rs[last].values[col], true
	}
	return 0, false
}

func TestGaugesAgreeWithNaiveRule(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 9))
		root := t.TempDir()
		m := Manifest{Host: "h", Run: "r", StartNS: testStart, Tables: []TableInfo{{Name: TableNodes, PeriodNS: 100e6}}}
		w := create(t, testOptions(root), m)
		r := NewReader(counting(t, root))
		all := [2][]gaugeReading{}
		ts := int64(testStart)
		for range 10 {
			for range 30 {
				ts += 80e6 + rng.Int64N(40e6)
				if rng.IntN(15) == 0 {
					ts += rng.Int64N(1e9)
				}
				for n := range all {
					g := gaugeReading{ts, [2]int64{rng.Int64N(100), rng.Int64N(100)}, [2]bool{true, rng.IntN(3) > 0}}
					all[n] = append(all[n], g)
					w.Node(NodeRow{TS: ts, Node: int32(n * 7), Values: g.values[:], Valid: g.valid[:]})
				}
			}
			ok(t, w.Flush())
			if rng.IntN(3) == 0 {
				ok(t, w.Rotate())
			}
			checkGauges(t, r, all, rng, ts)
		}
	}
}

func checkGauges(t *testing.T, r *Reader, all [2][]gaugeReading, rng *rand.Rand, end int64) {
	t.Helper()
	for range 10 {
		edges := []int64{testStart - 1e9 + rng.Int64N(end-testStart+2e9)}
		width := 1e6 + rng.Int64N([]int64{1e8, 1e9}[rng.IntN(2)])
		for range 30 {
			edges = append(edges, edges[len(edges)-1]+width)
		}
		g, err := r.Gauges(context.Background(), "h", "r", GaugesRequest{Columns: testNodeColumns, EdgesNS: edges})
		ok(t, err)
		for i, node := range g.Instances {
			for c := range g.Columns {
				for col := range testNodeColumns {
					want, valid := naiveGauge(all[node/7], col, edges[c], edges[c+1], 250e6)
					k := i*g.Columns + c
					if s := g.Series[col]; s.Values[k] != want || s.Valid[k] != valid {
						t.Fatalf("node %d, column %d, %s: %d %v, want %d %v", node, c, s.Name, s.Values[k], s.Valid[k], want, valid)
					}
				}
			}
		}
	}
}
