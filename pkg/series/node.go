package series

import (
	"github.com/numalens/numalens/pkg/export"
)

// nodeThread is one node's row of the table of nodes.
type nodeThread struct {
	seen      bool
	ts        int64
	values    []int64
	valid     []bool
	totals    []int64
	counted   int64
	now, next grown
	states    [2]states // of the tick that is being gathered, and the next
	series    []*Series // nil is a column that is no series
	time      *Series
}

// states are the newest values of gauges within a tick.
type states struct {
	values []int64
	valid  []bool
}

func newStates(n int) states { return states{make([]int64, n), make([]bool, n)} }

func newNodeThread(columns int) *nodeThread {
	return &nodeThread{values: make([]int64, columns), valid: make([]bool, columns), totals: make([]int64, columns), series: make([]*Series, columns),
		now: grown{values: make([]int64, columns)}, next: grown{values: make([]int64, columns)},
		states: [2]states{newStates(columns), newStates(columns)}}
}

func (t *nodeThread) take(r *export.NodeRow, next bool, maxStep int64) {
	if t.seen && r.TS <= t.ts {
		return
	}
	into, state := &t.now, &t.states[0]
	if next {
		into, state = &t.next, &t.states[1]
	}
	step := t.seen && (maxStep <= 0 || r.TS-t.ts <= maxStep)
	for i := range t.values {
		ok := i < len(r.Values) && (r.Valid == nil || i < len(r.Valid) && r.Valid[i])
		if ok && step && t.valid[i] && r.Values[i] > t.values[i] {
			into.values[i] += r.Values[i] - t.values[i]
		}
		if t.valid[i] = ok; ok {
			t.values[i] = r.Values[i]
			state.values[i], state.valid[i] = r.Values[i], true
		}
	}
	if step {
		into.time += r.TS - t.ts
	}
	t.seen, t.ts = true, r.TS
}

// samples gives the node's series. A gauge that was not read within the tick
// has no sample.
func (t *nodeThread) samples(into []Sample) []Sample {
	for i, s := range t.series {
		switch {
		case s == nil:
		case s.Kind == Counter:
			t.totals[i] += t.now.values[i]
			into = append(into, Sample{s, float64(t.totals[i])})
		case t.states[0].valid[i]:
			into = append(into, Sample{s, float64(t.states[0].values[i])})
		}
	}
	t.counted += t.now.time
	t.now.clear()
	t.now, t.next = t.next, t.now
	clear(t.states[0].valid)
	t.states[0], t.states[1] = t.states[1], t.states[0]
	return append(into, Sample{t.time, float64(t.counted) / 1e9})
}

func (t *nodeThread) joinNext() {
	t.now.join(&t.next)
	for i, ok := range t.states[1].valid {
		if ok {
			t.states[0].values[i], t.states[0].valid[i] = t.states[1].values[i], true
		}
	}
	clear(t.states[1].valid)
}
