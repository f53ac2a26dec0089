package hostinfo

import (
	"slices"
	"testing"
)

func TestParseDistances(t *testing.T) {
	for _, c := range []struct {
		in                       string
		wanted, online, possible []int
		want                     []int
		bad                      bool
	}{
		{in: "", wanted: []int{0}},
		{in: "10 21\n", wanted: []int{0, 1}, want: []int{10, 21}},
		{in: "21 10", wanted: []int{1}, online: []int{1}, possible: []int{0, 1}, want: []int{10}},
		{in: "10 40", wanted: []int{0}, online: []int{0, 2}, want: []int{10}},
		{in: "10 16 17 18", wanted: []int{0, 2}, online: []int{0, 2}, possible: []int{0, 1, 2, 3}, want: []int{10, 17}},
		{in: "10 21 21", wanted: []int{0, 1}, bad: true},
		{in: "10 -1", wanted: []int{0, 1}, bad: true},
		{in: "10 99999999999", wanted: []int{0, 1}, bad: true},
	} {
		got, err := parseDistances(c.in, c.wanted, c.online, c.possible)
		if (err != nil) != c.bad || !slices.Equal(got, c.want) {
			t.Errorf("%q for %v: %v, %v", c.in, c.wanted, got, err)
		}
	}
}

func FuzzParseDistances(f *testing.F) {
	f.Add("10 21", 2)
	f.Add("21 10 ", 1)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, s string, nodes int) {
		nodes = min(max(nodes, 0), 64)
		wanted, possible := make([]int, nodes), make([]int, nodes+3)
		for i := range possible {
			if possible[i] = i; i < nodes {
				wanted[i] = i
			}
		}
		got, err := parseDistances(s, wanted, possible)
		if err != nil && got != nil || err == nil && got != nil && len(got) != nodes {
			t.Errorf("%q for %d nodes: %v, %v", s, nodes, got, err)
		}
	})
}
