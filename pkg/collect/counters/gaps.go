package counters

import (
	"fmt"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// The kernel's timer samples only what it interrupts, and on some virtual
// machines the timer of an idle CPU expires outside of any interrupt: such a
// CPU has no readings while it is idle (seen on one of the two CPUs of a
// nested guest, kernel 6.18; perf record shows the same). Where that happens
// the collector asks to be drained at the full rate, and reads by system call
// the CPUs of which no sample came. A busy CPU is still sampled by its timer.

// watchFor is how long it goes on after the last gap.
const watchFor = 10 * time.Second

// gaps is the state of filling them.
type gaps struct {
	watching bool
	untilNS  int64
	told     bool
}

// fillGaps reads the CPUs that were not sampled as often as they should.
func (c *Collector) fillGaps(nowNS int64, sink collect.Sink) {
	c.paced(nowNS, sink, func() {
		for _, p := range c.cpus {
			if len(p.groups) == 0 || !p.hasGap(nowNS, c.period, c.gaps.watching) {
				continue
			}
			c.read(p, sink)
			c.gaps.untilNS = nowNS + int64(watchFor)
			c.tellGap(p, sink)
		}
	})
	c.gaps.watching = nowNS < c.gaps.untilNS
}

// hasGap tells whether samples are missing: drained at the full rate, when
// the last one is too old; else, when there were too few of them.
func (p *cpu) hasGap(nowNS int64, period time.Duration, watching bool) bool {
	expected := (nowNS - p.drainedNS) / int64(period)
	if expected < 5 && !watching {
		return false // too few to say: one may be due at this moment
	}
	few := 10*p.sampled < 9*expected && !p.lost
	p.sampled, p.lost, p.drainedNS = 0, false, nowNS
	if watching {
		return nowNS-p.aliveNS > int64(period)*11/10
	}
	return few
}

func (c *Collector) tellGap(p *cpu, sink collect.Sink) {
	if c.gaps.told {
		return
	}
	c.gaps.told = true
	c.note(sink, export.NoteMark, 0, fmt.Sprintf("the kernel does not sample CPU %d while it is idle: gaps are filled by system call", p.id))
}
