package serve

import (
	"fmt"
	"testing"
)

func TestParseContentRange(t *testing.T) {
	for s, want := range map[string][2]int64{
		"bytes 0-99/1000":    {0, 1000},
		"bytes 999-999/1000": {999, 1000},
		"bytes */1000":       {1000, 1000},
		"bytes */0":          {0, 0},
		"bytes 4611686018427387904-4611686018427387905/4611686018427387906": {1 << 62, 1<<62 + 2},
	} {
		first, size, err := parseContentRange(s)
		if err != nil || first != want[0] || size != want[1] {
			t.Errorf("%q: %d, %d, %v; want %v", s, first, size, err, want)
		}
	}
	for _, s := range []string{"", "bytes", "bytes 0-99", "bytes 0-99/*", "bytes 5-4/10", "bytes 0-10/10", "bytes -1-4/10", "bytes 0--1/0", "0-9/10", "bytes 0-9/99999999999999999999", "items 0-9/10"} {
		if _, _, err := parseContentRange(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

func FuzzParseContentRange(f *testing.F) {
	f.Add("bytes 0-99/1000")
	f.Add("bytes */5")
	f.Fuzz(func(t *testing.T, s string) {
		first, size, err := parseContentRange(s)
		if err == nil && (first < 0 || size < 0 || first > size) {
			t.Errorf("%q: first %d of %d", s, first, size)
		}
	})
}

func TestRangeOf(t *testing.T) {
	if got := rangeOf(10, 20); got != "bytes=10-19" {
		t.Error(fmt.Sprint(got))
	}
}
