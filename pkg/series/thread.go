package series

import (
	"github.com/numalens/numalens/pkg/export"
)

// thread is one group of events on one instance: its newest reading, and what
// it counted in the tick that is being gathered and in the next one.
type thread struct {
	seen             bool
	ts               int64
	enabled, running int64
	epoch            int32
	values           []int64
	maxStep          int64 // a longer step is a gap; 0 is none
	now, next        grown
}

// grown is what grew within a tick.
type grown struct {
	values                 []int64
	time, enabled, running int64
}

func (g *grown) clear() {
	clear(g.values)
	g.time, g.enabled, g.running = 0, 0, 0
}

func newThread(events int, period int64) *thread {
	return &thread{values: make([]int64, events), maxStep: period * 5 / 2, now: grown{values: make([]int64, events)}, next: grown{values: make([]int64, events)}}
}

// take adds the step that ends at a reading; next says that it belongs to the
// tick after the one that is being gathered.
func (t *thread) take(r *export.CounterRow, next bool) {
	if t.seen && r.TS <= t.ts {
		return
	}
	if t.seen && t.known(r) {
		into := &t.now
		if next {
			into = &t.next
		}
		for i, v := range r.Values {
			into.values[i] += v - t.values[i]
		}
		into.time += r.TS - t.ts
		into.enabled += r.Enabled - t.enabled
		into.running += r.Running - t.running
	}
	t.seen, t.ts, t.enabled, t.running, t.epoch = true, r.TS, r.Enabled, r.Running, r.Epoch
	copy(t.values, r.Values)
}

// known tells whether it is known what was counted since the reading before.
func (t *thread) known(r *export.CounterRow) bool {
	enabled, running := r.Enabled-t.enabled, r.Running-t.running
	if r.Epoch != t.epoch || t.maxStep > 0 && r.TS-t.ts > t.maxStep || enabled < 0 || running < 0 || enabled > 0 && running == 0 {
		return false
	}
	for i, v := range r.Values {
		if v < t.values[i] {
			return false
		}
	}
	return true
}

// turn begins the next tick.
func (t *thread) turn() {
	t.now.clear()
	t.now, t.next = t.next, t.now
}

// place is where the counts of a group are summed: a node, a socket, the host.
type place struct {
	totals                    []count
	counted, enabled, running int64 // ns
	longest                   int64 // time counted in this tick, of any instance
	series                    []*Series
	times                     [3]*Series
	scale                     []float64 // what makes of a count the series' unit
}

// add sums what an instance counted within the tick.
func (p *place) add(g *grown) {
	if g.time <= 0 {
		return
	}
	scale := 1.0
	if g.running < g.enabled && g.running > 0 {
		scale = float64(g.enabled) / float64(g.running)
	}
	for i, v := range g.values {
		p.totals[i].add(float64(v) * scale)
	}
	p.enabled += g.enabled
	p.running += g.running
	p.longest = max(p.longest, g.time)
}

func (p *place) samples(into []Sample) []Sample {
	p.counted += p.longest
	p.longest = 0
	for i, s := range p.series {
		if s != nil {
			into = append(into, Sample{s, float64(p.totals[i].whole) * p.scale[i]})
		}
	}
	for i, ns := range [3]int64{p.counted, p.enabled, p.running} {
		into = append(into, Sample{p.times[i], float64(ns) / 1e9})
	}
	return into
}
