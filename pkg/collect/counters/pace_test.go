package counters

import (
	"testing"
	"time"
)

// TestPaceBoundsTheCost: readings of 2 ms at 10 Hz would take 2 % of a core.
func TestPaceBoundsTheCost(t *testing.T) {
	var p pace
	const period = 100 * time.Millisecond
	now, passes, told := int64(1), 0, 0
	for range 600 { // a minute
		if p.due(now) {
			passes++
			if _, slowed := p.took(now, 2*time.Millisecond, period); slowed {
				told++
			}
		}
		now += int64(period)
	}
	if share := float64(passes) * 0.002 / 60; share > readShare*1.05 || passes < 60 {
		t.Errorf("%d passes of 2 ms in a minute are %.2f %% of a core", passes, 100*share)
	}
	if told != 1 {
		t.Errorf("told %d times that it is slower, want once", told)
	}
}

func TestPaceLeavesCheapReadingsAlone(t *testing.T) {
	var p pace
	for i := range 1000 {
		now := int64(i) * 1e8
		if !p.due(now) {
			t.Fatalf("pass %d was left out", i)
		}
		cpu := 20 * time.Microsecond
		if i%100 == 99 {
			cpu = time.Millisecond // one that was unlucky
		}
		if _, slowed := p.took(now, cpu, 100*time.Millisecond); slowed {
			t.Fatalf("slowed at pass %d", i)
		}
	}
}
