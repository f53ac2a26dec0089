package counters

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// readShare is the most of one core that reading by system call may take. A
// reading goes through every thread of the command, so a large command on a
// large host would take more at the rate asked for.
const readShare = 0.003

// pace makes readings rarer when they are expensive.
type pace struct {
	average float64 // CPU time of one pass over all CPUs, ns, smoothed
	nextNS  int64   // no pass before, monotonic
	slowed  bool    // and told so
}

// due tells whether a pass may be made.
func (p *pace) due(nowNS int64) bool { return nowNS >= p.nextNS }

// took takes the CPU time of a pass that began at nowNS, and gives the
// interval between passes when it has become longer than the period.
func (p *pace) took(nowNS int64, cpu, period time.Duration) (interval time.Duration, slowed bool) {
	p.average += (float64(cpu) - p.average) / 8
	interval = time.Duration(p.average / readShare)
	if interval <= period {
		return period, false
	}
	p.nextNS = nowNS + int64(interval)
	slowed, p.slowed = !p.slowed, true
	return interval, slowed
}

// readAll reads every CPU by system call, if the pace allows it.
func (c *Collector) readAll(nowNS int64, sink collect.Sink) {
	c.paced(nowNS, sink, func() {
		for _, p := range c.cpus {
			c.read(p, sink)
		}
	})
}

// paced makes one pass over CPUs.
func (c *Collector) paced(nowNS int64, sink collect.Sink, pass func()) {
	if !c.pace.due(nowNS) {
		return
	}
	runtime.LockOSThread() // whose time is taken
	defer runtime.UnlockOSThread()
	before := threadNS()
	pass()
	interval, slowed := c.pace.took(nowNS, time.Duration(threadNS()-before), c.period)
	if slowed {
		c.note(sink, export.NoteMark, 0, fmt.Sprintf("one reading of the counters takes %v of CPU time: they are read every %v, not every %v",
			time.Duration(c.pace.average).Round(time.Microsecond), interval.Round(time.Millisecond), c.period))
	}
}

// threadNS is the CPU time of this thread.
func threadNS() int64 {
	var ts unix.Timespec
	// It cannot fail on Linux, and is too short to tell the scheduler of.
	unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_THREAD_CPUTIME_ID, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}
