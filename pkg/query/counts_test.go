package query

import "testing"

// TestSameMoments: groups that are read together divide exactly, others do
// not.
func TestSameMoments(t *testing.T) {
	at := func(from, to int64) series { return series{fromNS: []int64{from}, toNS: []int64{to}} }
	for name, c := range map[string]struct {
		series []series
		want   bool
	}{
		"together":          {[]series{at(1, 2), at(1, 2)}, true},
		"one after another": {[]series{at(1, 2), at(1, 3)}, false},
		"begun apart":       {[]series{at(1, 3), at(2, 3)}, false},
		"not known":         {[]series{at(1, 2), {}}, false},
	} {
		if got := (&counts{series: c.series}).sameMoments(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
