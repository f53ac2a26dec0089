package collect

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMonotonicIsTheKernels(t *testing.T) {
	for range 100 {
		var before, after unix.Timespec
		unix.ClockGettime(unix.CLOCK_MONOTONIC, &before)
		got := MonotonicNS()
		unix.ClockGettime(unix.CLOCK_MONOTONIC, &after)
		const slack = 100_000 // the two were tied together by two calls
		if got < before.Nano()-slack || got > after.Nano()+slack {
			t.Fatalf("%d is not between %d and %d", got, before.Nano(), after.Nano())
		}
	}
}

func TestReadClockAgreesWithWallClock(t *testing.T) {
	before := time.Now()
	clock, err := ReadClock()
	if err != nil {
		t.Fatal(err)
	}
	wall := clock.Wall(MonotonicNS())
	if wall < before.UnixNano() || wall > time.Now().Add(time.Second).UnixNano() {
		t.Errorf("the monotonic clock converts to %v, the wall clock said %v", time.Unix(0, wall), before)
	}
}
