package numastat

import (
	"fmt"
	"strings"
	"testing"
)

func TestEachLine(t *testing.T) {
	for _, c := range []struct {
		in, want, bad string
	}{
		{in: "numa_hit 4244346\nnuma_miss 0\n", want: "numa_hit=4244346 numa_miss=0"},
		{in: "Node 0 MemTotal:        9267404 kB\n", want: "MemTotal=9489821696"},
		{in: "Node 12 Active(anon):       1556 kB\nNode 12 HugePages_Total:     3", want: "Active(anon)=1593344 HugePages_Total=3"},
		{in: "\n\nnr_dirty 9223372036854775807\n", want: "nr_dirty=9223372036854775807"},
		{in: "", want: ""},
		{in: "nr_free_pages 1\nnr_dirty 18446744073709551615\n", bad: `line 2: "nr_dirty 18446744073709551615": "18446744073709551615" is not a count`},
		{in: "Node 0 MemTotal: 9223372036854775807 kB", bad: "does not fit"},
		{in: "Node 0 MemTotal: 1 MB", bad: `unit "MB" is not known`},
		{in: "numa_hit", bad: "is not a count"},
		{in: "numa_hit 1 kB more", bad: "is not a name, a number and a unit"},
		{in: "numa_hit -1", bad: "is not a count"},
	} {
		var got []string
		err := eachLine([]byte(c.in), func(name []byte, value int64) {
			got = append(got, fmt.Sprintf("%s=%d", name, value))
		})
		switch {
		case c.bad != "" && (err == nil || !strings.Contains(err.Error(), c.bad)):
			t.Errorf("%q: error %v, want %q", c.in, err, c.bad)
		case c.bad == "" && (err != nil || strings.Join(got, " ") != c.want):
			t.Errorf("%q: %v, %v, want %q", c.in, got, err, c.want)
		}
	}
}

func FuzzEachLine(f *testing.F) {
	f.Add([]byte("numa_hit 4244346\nnuma_miss 0\n"))
	f.Add([]byte("Node 0 MemTotal:        9267404 kB\nNode 0 HugePages_Free: 0\n"))
	f.Add([]byte("Node\n\x00 1\n   3 kB"))
	f.Fuzz(func(t *testing.T, b []byte) {
		lines := 0
		err := eachLine(b, func(name []byte, value int64) {
			lines++
			if len(name) == 0 || value < 0 {
				t.Errorf("name %q, value %d", name, value)
			}
		})
		if all := strings.Count(string(b), "\n") + 1; lines > all || (err == nil && lines == 0 && strings.ContainsAny(string(b), "09az")) {
			t.Errorf("%d lines of %d, error %v", lines, all, err)
		}
	})
}
