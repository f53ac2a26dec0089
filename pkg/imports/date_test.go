package imports

import (
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	want := time.Date(2021, 8, 30, 7, 17, 40, 0, time.UTC).UnixNano()
	for _, c := range []struct {
		line  string
		zoned bool
		off   time.Duration
	}{
		{"Mon Aug 30 07:17:40 2021", false, 0},
		{"Mon Aug 30 07:17:40 UTC 2021", true, 0},
		{"Mon Aug 30 07:17:40 CEST 2021", false, 0},
		{"Mon 30 Aug 2021 07:17:40 AM UTC", true, 0},
		{"2021-08-30T09:17:40+02:00", true, 0},
		{"2021-08-30 07:17:40", false, 0},
		{"2021-08-30 09:17:40.5 +0200", true, 500 * time.Millisecond},
		{"1630307860", true, 0},
		{"1630307860.000000001", true, 1},
	} {
		ns, zoned, ok := ParseDate(c.line)
		if !ok || zoned != c.zoned || ns != want+int64(c.off) {
			t.Errorf("%s: got %v, zoned %v, ok %v", c.line, time.Unix(0, ns).UTC(), zoned, ok)
		}
	}
	for _, line := range []string{"", "numa_hit 1 2", "12266105", "Mon Aug 30", "9999999999999", "Every 2.0s: numastat"} {
		if ns, _, ok := ParseDate(line); ok {
			t.Errorf("%q is taken for the date %v", line, time.Unix(0, ns))
		}
	}
}
