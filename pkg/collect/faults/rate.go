package faults

import "time"

// Bounds of the samples a second: of all CPUs together, and of one on a host
// of many.
const (
	hostRate   = 2000
	minCPURate = 20
)

// fadeSeconds is how long a burst is remembered.
const fadeSeconds = 2

// askLimit bounds the samples of one drain whose node is asked for: a whole
// ring's worth costs milliseconds.
const askLimit = 4000

// maxRate divides the host's bound among its CPUs.
func maxRate(cpus int) float64 {
	return float64(max(hostRate/cpus, minCPURate))
}

// levels are the periods between which is chosen. Each is an event of its
// own, because the period of an event cannot be changed for the threads that
// inherited it, while it can be disabled for all of them. The inherited ones
// are fewer: each costs time when a thread starts. Primes do not fall into
// step with what a program does.
func levels(period int, command bool) []uint64 {
	switch {
	case period > 0:
		return []uint64{uint64(period)}
	case command:
		return []uint64{1, 251}
	}
	return []uint64{1, 31, 1021}
}

// rate follows how often a CPU faults.
type rate struct {
	lastNS    int64
	perSecond float64 // smoothed, but quick to rise
}

// see takes the faults that came until now.
func (r *rate) see(faults uint64, nowNS int64) {
	seconds := time.Duration(nowNS - r.lastNS).Seconds()
	if seconds <= 0 {
		return
	}
	r.lastNS = nowNS
	latest := float64(faults) / seconds
	// Looks come by time and by need: what fades does so by time.
	fade := min(seconds/fadeSeconds, 1)
	r.perSecond = max(latest, r.perSecond+(latest-r.perSecond)*fade)
}

// choose gives the level for the rate: the finest that keeps to limit. To a
// finer one than now it goes only with room to spare, so that it does not go
// to and fro.
func (r *rate) choose(levels []uint64, now int, limit float64) int {
	for level, period := range levels {
		room := limit
		if level < now {
			room = limit / 2
		}
		if r.perSecond/float64(period) <= room {
			return level
		}
	}
	return len(levels) - 1
}

// adapt changes a CPU's level if its rate asks for it.
func (c *Collector) adapt(p *cpu, nowNS int64) error {
	if len(p.events) < 2 {
		return nil
	}
	p.rate.see(p.came, nowNS)
	p.came = 0
	level := p.rate.choose(c.levels, p.level, c.maxRate)
	if level == p.level {
		return nil
	}
	// First off, then on: faults in between are not sampled, the other way
	// round they would be twice.
	if err := p.events[p.level].Disable(); err != nil {
		return err
	}
	p.level, p.enabledNS = level, 0
	return p.events[level].Enable()
}
