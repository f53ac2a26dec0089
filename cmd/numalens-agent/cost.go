package main

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/export"
)

// cost is what this process has used since it began to record. Interrupts
// that the sampling causes are the kernel's and not in it.
type cost struct {
	start time.Time
	cpu   time.Duration
}

func startCost() cost { return cost{time.Now(), usedCPU()} }

func (c cost) publish(a *export.Agent) {
	a.CPUSeconds = (usedCPU() - c.cpu).Seconds()
	a.WallSeconds = time.Since(c.start).Seconds()
}

func usedCPU() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// gone tells that a thread or process had ended.
func gone(err error) bool { return errors.Is(err, unix.ESRCH) }
