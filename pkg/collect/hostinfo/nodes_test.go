package hostinfo

import "testing"

func TestMemTotal(t *testing.T) {
	for in, want := range map[string]int64{
		"Node 5 MemTotal:        8388608 kB\nNode 5 MemFree: 1 kB\n": 8 << 30,
		"MemTotal:       0 kB":              0,
		"MemTotal: 5":                       5 << 10,
		"MemTotal: -1 kB":                   -1,
		"MemTotal: 99999999999999999999 kB": -1,
		"Node 0 MemFree:        8388608 kB": -1,
		"":                                  -1,
	} {
		got, ok := memTotal(in)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d (-1 is unknown)", in, got, want)
		}
	}
}

func FuzzMemTotal(f *testing.F) {
	f.Add("Node 0 MemTotal:       16765440 kB")
	f.Add("MemTotal:")
	f.Fuzz(func(t *testing.T, s string) {
		if bytes, ok := memTotal(s); bytes < 0 || !ok && bytes != 0 {
			t.Errorf("%q: %d, %v", s, bytes, ok)
		}
	})
}
