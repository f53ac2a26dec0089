package counters

import (
	"testing"
	"time"
)

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
