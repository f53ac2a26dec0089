package faults

import "testing"

func TestRateIsBoundedOnLargeHosts(t *testing.T) {
	for _, c := range []struct {
		cpus int
		want float64
	}{{1, 2000}, {2, 1000}, {16, 125}, {128, 20}, {1024, 20}} {
		if got := maxRate(c.cpus); got != c.want {
			t.Errorf("%d CPUs: %v samples a second and CPU, want %v", c.cpus, got, c.want)
		}
	}
}

// TestLevelFollowsRate: at once to a coarser level, slowly and with room to
// spare to a finer one.
func TestLevelFollowsRate(t *testing.T) {
	levels := levels(0, false)
	const tick, limit = 100e6, 1000
	r := rate{}
	level, now := 0, int64(0)
	step := func(perSecond uint64) int {
		now += tick
		r.see(perSecond/10, now)
		level = r.choose(levels, level, limit)
		return level
	}
	for i, c := range []struct {
		perSecond uint64
		want      int
	}{
		{0, 0}, {900, 0}, {5000, 1}, {500_000, 2}, {5_000_000, 2},
	} {
		if got := step(c.perSecond); got != c.want {
			t.Errorf("step %d, %d faults a second: level %d, want %d", i, c.perSecond, got, c.want)
		}
	}
	if step(500) != 2 {
		t.Error("one quiet tick after a burst, and all is sampled again")
	}
	var passed []int
	for range 300 {
		if before := level; step(300) != before {
			passed = append(passed, level)
		}
	}
	if level != 0 || len(passed) != 2 {
		t.Errorf("after 30 s of quiet: level %d, by way of %v", level, passed)
	}
	for range 20 {
		step(900)
	}
	if level != 0 {
		t.Error("a rate below the limit made it coarser")
	}
	r.see(5, now) // no time passed: nothing to divide by
}
