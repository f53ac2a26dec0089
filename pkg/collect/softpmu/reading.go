package softpmu

import "math"

// tries is how often a reading is begun before it is given up. The plugin
// writes some dozen words in between; that it is put aside in the middle of
// that lasts longer than any number of tries, and is waited for by the next
// reading.
const tries = 1000

// reading is a CPU's counts at one moment.
type reading struct {
	values []int64 // of all events
	epoch  int32
	any    bool // values are of an earlier reading
}

// read takes a CPU's counts by its sequence, which is odd while the plugin
// writes and different after it has. Counts that fell began anew.
func (r *reading) read(m memory, at uint64, scratch []uint64) bool {
	if !r.take(m, at, scratch) {
		return false
	}
	fell := false
	for i, v := range scratch {
		if v > math.MaxInt64 {
			return false // no count is that large: it is torn in another way
		}
		fell = fell || r.any && int64(v) < r.values[i]
	}
	if fell {
		r.epoch++
	}
	for i, v := range scratch {
		r.values[i] = int64(v)
	}
	r.any = true
	return true
}

func (r *reading) take(m memory, at uint64, into []uint64) bool {
	for range tries {
		before := m.load(at)
		if before%2 != 0 {
			continue
		}
		for i := range into {
			into[i] = m.load(at + 8 + 8*uint64(i))
		}
		if m.load(at) == before {
			return true
		}
	}
	return false
}
