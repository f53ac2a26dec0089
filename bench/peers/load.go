package main

import (
	"math/rand/v2"
)

// begin is when the data begins: a multiple of two hours, so that the blocks
// of a time series database lie on it.
const begin = 1_759_996_800

// events are the counters of the load, in the order of its values.
var events = []string{"cycles", "instructions", "LLC-loads", "LLC-load-misses", "dram-loads-local", "dram-loads-remote", "hitm-local", "hitm-remote"}

// Places of the events that the questions are about.
const (
	misses      = 3
	local       = 4
	remote      = 5
	eventsCount = 8
)

// load is the data: what the counters of a host would have been.
type load struct {
	cpus, nodes, hz, seconds int
}

func (l load) ticks() int         { return l.seconds*l.hz + 1 }
func (l load) nodeOf(cpu int) int { return cpu * l.nodes / l.cpus }
func (l load) samples(every int) int64 {
	return int64((l.ticks()+every-1)/every) * int64(l.cpus) * eventsCount
}
func (l load) fromNS() int64 { return begin * 1e9 }
func (l load) toNS() int64   { return (begin + int64(l.seconds)) * 1e9 }

// reading is what one CPU's counters were at one moment.
type reading struct {
	tick, cpu int
	ts        int64
	values    [eventsCount]int64
}

// machine makes the readings of one CPU, one after another.
type machine struct {
	rng    *rand.Rand
	busy   float64 // slowly drifting, or switched on and off
	kind   int
	values [eventsCount]float64
}

// each tells every reading, in the order of time.
func (l load) each(tell func(*reading) error) error {
	cpus := make([]machine, l.cpus)
	for i := range cpus {
		cpus[i] = newMachine(i)
	}
	for tick := range l.ticks() {
		for i := range cpus {
			r := reading{tick: tick, cpu: i}
			cpus[i].step(l, &r)
			if err := tell(&r); err != nil {
				return err
			}
		}
	}
	return nil
}

func newMachine(cpu int) machine {
	m := machine{rng: rand.New(rand.NewPCG(42, uint64(cpu))), busy: 1}
	// Busy, bursty and nearly idle CPUs.
	switch n := m.rng.IntN(100); {
	case n < 45:
		m.kind = 0
	case n < 75:
		m.kind = 1
	default:
		m.kind = 2
	}
	for i := range m.values {
		m.values[i] = float64(1e9 + m.rng.Int64N(1e12))
	}
	return m
}

// step goes to the next reading. Readings are some 30 µs off their tick, each
// CPU's by itself, as a timer's are.
func (m *machine) step(l load, r *reading) {
	r.ts = begin*1e9 + int64(r.tick)*1e9/int64(l.hz) + 1e6 + int64(30e3*m.normal())
	a := m.activity(r.tick)
	instructions := 2e8 * a * (1 + .03*m.normal())
	loads := instructions * .012 * (1 + .05*m.normal())
	missed := loads * .22 * (1 + .08*m.normal())
	far := missed * l.remote(r) * (1 + .06*m.normal())
	for i, d := range [eventsCount]float64{instructions * 1.1 * (1 + .01*m.normal()), instructions, loads, missed, missed - far, far, far * .001 * m.rng.Float64(), far * .004 * m.rng.Float64()} {
		m.values[i] += max(d, 0)
		r.values[i] = int64(m.values[i])
	}
}

// activity is how busy a CPU is, of 1.
func (m *machine) activity(tick int) float64 {
	switch m.kind {
	case 0:
		if tick%10 == 0 {
			m.busy = min(max(m.busy*(1+.006*m.normal()), .3), 1.5)
		}
		return .9 * m.busy
	case 1:
		if tick%50 == 0 {
			m.busy = .02
			if m.rng.Float64() < .4 {
				m.busy = .82
			}
		}
		return m.busy
	}
	if m.rng.Uint32()&1 == 0 {
		return 0
	}
	return .005
}

// remote is the share of what a CPU misses that lies on another node. In the
// fifth tenth and the sixth, node 2 has an incident.
func (l load) remote(r *reading) float64 {
	at := float64(r.tick) / float64(l.ticks())
	if l.nodeOf(r.cpu) == 2 && at > .4 && at < .6 {
		return .6
	}
	return .08 + .04*float64(l.nodeOf(r.cpu))/4
}

// normal is near enough to a normal deviate: four uniform ones of one draw.
func (m *machine) normal() float64 {
	u := m.rng.Uint64()
	sum := int64(u&0xffff) + int64(u>>16&0xffff) + int64(u>>32&0xffff) + int64(u>>48)
	return (float64(sum)/65536 - 2) * 1.7320508
}
