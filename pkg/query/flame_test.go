package query

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestBoxesFitAndAddUp: of random trees, whatever the limit: no more boxes
// than asked for, every value its self and its children's, and the greatest
// kept.
func TestBoxesFitAndAddUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 7))
	for range 300 {
		root := &branch{label: flameRoot, node: -1}
		var total int64
		for range 1 + rng.IntN(60) {
			var path []string
			for range 1 + rng.IntN(6) {
				path = append(path, fmt.Sprint("f", rng.IntN(4)))
			}
			w := weight{value: rng.Int64N(50)}
			total += w.value
			root.add(path, 0, w)
		}
		limit := 2 + rng.IntN(40)
		out, all := boxes(root, limit)
		if len(out) > limit || len(out) > all || len(out) < min(all, limit/2) {
			t.Fatalf("%d boxes of %d, at most %d", len(out), all, limit)
		}
		if out[0].Value != total || out[0].Level != 0 {
			t.Fatalf("root %+v, want %d", out[0], total)
		}
		checkSums(t, out)
	}
}

func checkSums(t *testing.T, out []Box) {
	t.Helper()
	for i, b := range out {
		rest, last := b.Value-b.Self, int64(1<<62)
		for _, c := range out[i+1:] {
			if c.Level <= b.Level {
				break
			}
			if c.Level == b.Level+1 {
				rest -= c.Value
				if c.Value > last && c.Label != Others {
					t.Errorf("%s is greater than the sibling before", c.Label)
				}
				last = c.Value
			}
		}
		if rest != 0 {
			t.Fatalf("%s: value %d, self %d, and %d in nobody", b.Label, b.Value, b.Self, rest)
		}
	}
}

// TestSmallLimits: the root and the rest, at least.
func TestSmallLimits(t *testing.T) {
	for limit, want := range map[int]int{1: 2, 2: 2, 3: 2, 4: 4, 5: 5} {
		root := &branch{label: flameRoot, node: -1}
		root.add([]string{"node 0", "a"}, 0, weight{value: 3})
		root.add([]string{"node 1", "b"}, 1, weight{value: 2})
		out, total := boxes(root, limit)
		if len(out) != want || total != 5 {
			t.Errorf("limit %d: %d boxes of %d: %+v", limit, len(out), total, out)
		}
		checkSums(t, out)
	}
}
