package collect

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/export"
)

// monotonicBase ties the Go runtime's monotonic clock, which is read without
// a system call, to the kernel's number for the same clock.
var monotonicBase = readBase()

type base struct {
	ns int64
	at time.Time
}

func readBase() base {
	var best base
	narrowest := time.Duration(-1)
	for range 5 {
		var ts unix.Timespec
		at := time.Now()
		// CLOCK_MONOTONIC cannot fail on Linux.
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
		if width := time.Since(at); narrowest < 0 || width < narrowest {
			narrowest = width
			best = base{ns: ts.Nano(), at: at.Add(width / 2)}
		}
	}
	return best
}

// MonotonicNS reads the clock by which everything is sampled, CLOCK_MONOTONIC.
// Perf events are told to use the same one, so that all rows of a run are in
// one order.
func MonotonicNS() int64 { return monotonicBase.ns + int64(time.Since(monotonicBase.at)) }

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
