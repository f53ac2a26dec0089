package collect

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/export"
)

// MonotonicNS reads the clock by which everything is sampled. Perf events are
// told to use the same one, so that all rows of a run are in one order.
func MonotonicNS() int64 {
	var ts unix.Timespec
	// CLOCK_MONOTONIC cannot fail on Linux.
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}

// ReadClock ties the monotonic clock to the wall clock. Of several readings
// it keeps the one with the least time between its two ends, so that a
// preemption in between does not shift a whole run.
func ReadClock() (export.Clock, error) {
	var best export.Clock
	narrowest := int64(-1)
	for range 5 {
		var wall unix.Timespec
		before := MonotonicNS()
		if err := unix.ClockGettime(unix.CLOCK_REALTIME, &wall); err != nil {
			return best, fmt.Errorf("read the wall clock: %w", err)
		}
		after := MonotonicNS()
		if width := after - before; narrowest < 0 || width < narrowest {
			narrowest = width
			best = export.Clock{WallNS: wall.Nano(), MonotonicNS: before + width/2}
		}
	}
	if best.WallNS < int64(24*time.Hour) {
		return best, fmt.Errorf("the wall clock says %v: set it before recording", time.Unix(0, best.WallNS).UTC())
	}
	return best, nil
}
