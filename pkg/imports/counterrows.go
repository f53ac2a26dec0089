package imports

import (
	"github.com/numalens/numalens/pkg/export"
)

// counterRows turns counts of intervals into the cumulative ones of the table
// counters.
type counterRows struct {
	rows     *rows
	series   map[counted]*series
	counting *counting

	before, now int64 // ends of the interval before and of this one
	over        bool  // times went back: another capture, of unknown place
	beside      bool  // another file had a series at the same time
}

// series is what was counted of one event so far.
type series struct {
	last                    int64 // time of the last row; 0 is none
	value, enabled, running int64
	epoch                   int32
}

func (c *counterRows) begin(ts int64) {
	c.counting = newCounting()
	c.before, c.now, c.over, c.beside = ts, ts, false, false
}

func (c *counterRows) add(f *Figure, ts int64) {
	k, ok := c.counting.place(f)
	if !ok || c.over || !c.rows.s.countsPlaced() || f.Timed != c.rows.s.relative.any {
		return
	}
	group, ok := c.rows.p.groups[k.name]
	if !ok {
		return
	}
	if ts < c.now {
		c.over = true
		c.rows.warn(f.Line, "times begin again: from here on it is another capture, of which it is not known when it began. Its numbers are in the table figures only; put it into a file of its own")
		return
	}
	if ts > c.now {
		c.before, c.now = c.now, ts
	}
	if c.now == c.before {
		return // no time went by
	}
	k.unit = ""
	s := c.series[k]
	if s == nil {
		s = &series{}
		c.series[k] = s
	}
	c.step(f, k, s, group)
}

// step writes the reading at the interval's end, and where the series was not
// there before, or missed an interval, one at its begin.
func (c *counterRows) step(f *Figure, k counted, s *series, group int) {
	if s.last > c.before {
		if !c.beside {
			c.beside = true
			c.rows.warn(f.Line, "another file has "+k.name+" of the same "+string(k.scope)+" at the same time: queries show that one, the table figures has both")
		}
		return
	}
	if s.last < c.before {
		if s.last != 0 {
			s.epoch++
		}
		c.write(c.before, k, s, group)
	}
	if r := readingOf(f, c.now-c.before); r.ok {
		s.value, s.enabled, s.running = s.value+r.raw, s.enabled+r.enabled, s.running+r.running
	} else {
		s.enabled += r.enabled
	}
	c.write(c.now, k, s, group)
}

func (c *counterRows) write(ts int64, k counted, s *series, group int) {
	s.last = ts
	c.rows.w.Counter(export.CounterRow{TS: ts, Scope: k.scope, Instance: k.instance, Group: group, Values: []int64{s.value}, Enabled: s.enabled, Running: s.running, Epoch: s.epoch})
	c.rows.wrote(7 + len(c.rows.p.groups))
}
