package counters

import (
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect/collecttest"
)

// TestOvertakenSamples: a sample that the kernel takes between the drain of
// the ring and a reading by system call comes out of the ring after it. It
// would look like a count that fell.
func TestOvertakenSamples(t *testing.T) {
	o := options(t)
	o.Hz = 1000
	c, _ := openCPUs(t, o)
	var rows collecttest.Rows
	for range 200 {
		c.drainRing(c.cpus[0], &rows)
		time.Sleep(time.Millisecond)
		c.read(c.cpus[0], &rows)
	}
	c.Finish(&rows)
	checkSeries(t, rows.Counters, len(o.CPUs))
}

func TestGaps(t *testing.T) {
	const period = 100 * time.Millisecond
	const second = int64(time.Second)
	for _, c := range []struct {
		name     string
		cpu      cpu
		now      int64
		watching bool
		want     bool
	}{
		{name: "all there", cpu: cpu{sampled: 10}, now: second},
		{name: "one late", cpu: cpu{sampled: 9}, now: second},
		{name: "idle half of the time", cpu: cpu{sampled: 5}, now: second, want: true},
		{name: "idle", cpu: cpu{}, now: second, want: true},
		{name: "lost", cpu: cpu{sampled: 5, lost: true}, now: second},
		{name: "just drained", cpu: cpu{drainedNS: second - 4e8}, now: second},
		{name: "watched, sampled", cpu: cpu{aliveNS: second - 99e6}, now: second, watching: true},
		{name: "watched, idle", cpu: cpu{aliveNS: second - 199e6}, now: second, watching: true, want: true},
	} {
		if got := c.cpu.hasGap(c.now, period, c.watching); got != c.want {
			t.Errorf("%s: gap %v, want %v", c.name, got, c.want)
		}
	}
}
