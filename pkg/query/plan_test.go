package query

import (
	"math/rand/v2"
	"testing"
)

func TestPlanCoversTheRangeInNoMoreColumnsThanAsked(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const period = 100e6
	for range 20_000 {
		from := rng.Int64N(2e18)
		to := from + rng.Int64N(1e15)
		most := 1 + rng.IntN(3000)
		p := NewPlan(from, to, period, Rate, most)
		switch {
		case p.Columns > most || p.Columns < 1:
			t.Fatalf("%d columns of at most %d", p.Columns, most)
		case p.StartNS > from || p.EndNS() < to:
			t.Fatalf("plan %+v does not cover %d to %d", p, from, to)
		case p.WidthNS < 2*period || p.WidthNS%period != 0 || p.WidthNS > 1e9 && p.WidthNS%1e9 != 0 || p.StartNS%p.WidthNS != 0:
			t.Fatalf("plan %+v is not on multiples of its width", p)
		}
	}
}

// Wide columns have edges on the ticks of a level with few rows to a column.
func TestWideColumnsLieOnTicks(t *testing.T) {
	for _, tt := range []struct {
		hours        float64
		width, least int64 // seconds, columns
	}{{1, 5, 700}, {6, 30, 700}, {24, 120, 700}, {7 * 24, 1200, 500}, {365 * 24, 12 * 3600, 700}, {9000 * 24, 10 * 86400, 900}} {
		to := int64(1_767_322_811e9)
		p := NewPlan(to-int64(tt.hours*3600e9), to, 100e6, Share, 1000)
		if p.WidthNS != tt.width*1e9 || int64(p.Columns) < tt.least {
			t.Errorf("%v hours: %d columns of %d s, want %d s", tt.hours, p.Columns, p.WidthNS/1e9, tt.width)
		}
	}
}

// A sliding window must keep its columns, or a live picture flickers.
func TestPlanOfASlidingWindowKeepsItsWidth(t *testing.T) {
	const second = 1e9
	for at := range int64(5000) {
		from := 1_767_322_800*int64(second) + at*100_000_000
		if p := NewPlan(from, from+120*second, 100e6, Rate, 1000); p.WidthNS != 200e6 {
			t.Fatalf("two minutes: width %d at step %d", p.WidthNS, at)
		}
		if p := NewPlan(from, from+300*second, 100e6, Rate, 1000); p.WidthNS != 400e6 {
			t.Fatalf("five minutes: width %d at step %d", p.WidthNS, at)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, q := range []string{
		``, `{`, `[]`, `{"view":"nonsense"}`, `{"view":"heatmap"}`, `{"view":"cell","metric":"x"}`,
		`{"view":"heatmap","metric":"x","columns":-1}`, `{"view":"heatmap","metric":"x","columns":100000}`,
		`{"view":"heatmap","metric":"x","from":5,"to":5}`, `{"view":"heatmap","metric":"x","colums":5}`,
	} {
		if _, err := Parse([]byte(q), true); err == nil {
			t.Errorf("%s is taken", q)
		} else {
			t.Log(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"view":"heatmap","metric":"x","by":"cpu","from":1,"to":2,"columns":3}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if q, err := Parse(raw, false); err == nil && q.View == "" {
			t.Errorf("%s has no view and is taken", raw)
		}
	})
}
