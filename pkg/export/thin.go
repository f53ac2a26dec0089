package export

import "context"

// A question whose columns are wide needs only the readings near their edges.
// Of sealed segments the reader then keeps every 4th, 16th, 64th … reading,
// at least thinColumn to a column, and those on both sides of each step that
// does not count. Nothing is averaged: what was counted between two readings
// that are kept is exact. So memory follows the number of columns, however
// long the range.

// thinColumn is how many readings a column has at least.
const thinColumn = 12

// thinness gives the number of readings of which one is kept, for columns of
// a width.
func thinness(width, period int64) int {
	every := 1
	for period > 0 && every < 1<<16 && width/(4*int64(every)*period) >= thinColumn {
		every *= 4
	}
	return every
}

type thinKey struct {
	eventKey
	every int
}

// thinned gives the events with fewer readings. What is decoded on the way
// is not kept.
func (l *loader) thinned(ctx context.Context, every int) ([]strandView, error) {
	if views, ok := l.cachedThin(every); ok {
		return views, nil
	}
	l.state, l.apart = &segmentState{readings: newReadings(l.s.Table, l.key.scope)}, true
	views, err := l.load(ctx)
	if err != nil {
		return nil, err
	}
	for i := range views {
		var bytes int64
		for k := range views[i].strands {
			views[i].strands[k] = views[i].strands[k].thin(every)
			bytes += views[i].strands[k].bytes()
		}
		kept := views[i]
		l.r.cache.put(thinKey{eventKey{l.key, l.columns[i]}, every}, &kept, bytes)
	}
	return views, nil
}

// cachedThin finds the events in the cache, thinned alike.
func (l *loader) cachedThin(every int) ([]strandView, bool) {
	views := make([]strandView, len(l.columns))
	for i, c := range l.columns {
		v, ok := l.r.cache.get(thinKey{eventKey{l.key, c}, every}).(*strandView)
		if !ok {
			return nil, false
		}
		views[i] = *v
	}
	return views, true
}

// thin copies every so-manieth reading, the first and the last, and those
// beside a break.
func (s *strand) thin(every int) strand {
	t := strand{epochs: s.epochs, own: true}
	n := len(s.values)
	room := n/every + 2*len(s.breaks) + 2
	t.ts, t.values = make([]int64, 0, room), make([]int64, 0, room)
	if s.enabled != nil {
		t.enabled, t.running = make([]int64, 0, room), make([]int64, 0, room)
	}
	next := 0 // of the breaks, the first at or after i
	for i := range n {
		breaks := next < len(s.breaks) && int(s.breaks[next].at) == i
		if breaks {
			t.breaks = append(t.breaks, stepBreak{int32(len(t.ts)), s.breaks[next].left})
			next++
		}
		before := next < len(s.breaks) && int(s.breaks[next].at) == i+1
		if i%every != 0 && i != n-1 && !breaks && !before {
			continue
		}
		t.ts, t.values = append(t.ts, s.ts[i]), append(t.values, s.values[i])
		if s.enabled != nil {
			t.enabled, t.running = append(t.enabled, s.enabled[i]), append(t.running, s.running[i])
		}
	}
	return t
}
