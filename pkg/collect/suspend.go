package collect

import (
	"time"

	"golang.org/x/sys/unix"
)

// SuspendWatch tells when the host has slept: CLOCK_MONOTONIC, by which
// everything is sampled, stands still while it does, and CLOCK_BOOTTIME goes
// on. Counts before and after say nothing of the time between, and the
// hardware may have begun anew.
type SuspendWatch struct {
	clocks func() (boot, monotonic int64)
	// slept is at most what the two clocks were apart when last looked at.
	slept int64
}

// shortestSleep is more than two readings of clocks can be apart by chance, and
// less than any host sleeps.
const shortestSleep = 50 * time.Millisecond

// WatchSuspend begins to watch.
func WatchSuspend() *SuspendWatch { return NewSuspendWatch(kernelClocks) }

// NewSuspendWatch watches other clocks, for tests.
func NewSuspendWatch(clocks func() (boot, monotonic int64)) *SuspendWatch {
	w := &SuspendWatch{clocks: clocks}
	boot, monotonic := clocks()
	w.slept = boot - monotonic
	return w
}

// kernelClocks reads the boot clock first: what passes until the other is read
// makes them look nearer, so that being preempted in between is no sleep.
func kernelClocks() (boot, monotonic int64) {
	var b, m unix.Timespec
	// Neither can fail on Linux.
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &b)
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &m)
	return b.Nano(), m.Nano()
}

// Slept is for how long the host has slept since it was last asked; 0 is not
// at all.
func (w *SuspendWatch) Slept() time.Duration {
	boot, monotonic := w.clocks()
	passed := time.Duration(boot - monotonic - w.slept)
	if passed > 0 {
		// The clocks were nearer at the last look than they were in truth.
		w.slept = boot - monotonic
	}
	if passed < shortestSleep {
		return 0
	}
	return passed
}
