package export

import "slices"

// strand is one event of one series within one segment: its cumulative
// values, and the steps between readings that count nothing.
type strand struct {
	ts, values       []int64
	enabled, running []int64 // nil: both are the time
	known            []int64 // of a level: the time in which it was counted; nil: it is the time
	breaks           []stepBreak
	epochs           [2]int64 // of the first and the newest reading

	taken int  // the line's readings that were seen, null or not
	own   bool // ts, enabled and running are its own, because some values are null
	from  int  // the line's reading behind the newest value
	next  int  // of the line's epochs, the first not yet begun
}

// stepBreak leaves out the step that ends at reading at. The sums are over
// this and all breaks before it.
type stepBreak struct {
	at   int32
	left sums
}

// sums of what grew: the count, the time, and the group's enabled and
// running times.
type sums struct{ value, time, enabled, running int64 }

func (a sums) plus(b sums) sums {
	return sums{a.value + b.value, a.time + b.time, a.enabled + b.enabled, a.running + b.running}
}

func (a sums) minus(b sums) sums {
	return sums{a.value - b.value, a.time - b.time, a.enabled - b.enabled, a.running - b.running}
}

// unknown tells whether nothing is known of what was counted within a step:
// across a gap, after a step down, or while the group never ran.
func (d sums) unknown(maxStep int64) bool {
	return maxStep > 0 && d.time > maxStep || d.time <= 0 || d.value < 0 || d.enabled < 0 || d.running < 0 || d.enabled > 0 && d.running == 0
}

// event holds one event of one scope of one segment.
type event struct {
	of      *readings
	maxStep int64 // a longer step is a gap; 0 is none
	chunks  int   // taken so far
	strands []strand
	seen    []strand // the last view, of as many chunks as were then taken
	seenAt  int
}

// take adds the event's values of the next chunk.
func (e *event) take(v *vector) {
	for len(e.strands) < len(e.of.lines) {
		e.strands = append(e.strands, strand{})
	}
	for _, run := range e.of.chunks[e.chunks] {
		e.strands[run.line].take(&e.of.lines[run.line], v, int(run.row), int(run.n), e.maxStep)
	}
	e.chunks++
}

// view gives the strands as they are now. They may be read while the event
// goes on growing.
func (e *event) view() []strand {
	if e.seen != nil && e.seenAt == e.chunks {
		return e.seen
	}
	for i := range e.strands {
		if s, l := &e.strands[i], &e.of.lines[i]; !s.own {
			n := len(s.values)
			s.ts = l.ts[:n]
			if l.enabled != nil {
				s.enabled, s.running = l.enabled[:n], l.running[:n]
			}
			if l.known != nil {
				s.known = l.known[:n]
			}
		}
	}
	e.seen, e.seenAt = slices.Clone(e.strands), e.chunks
	return e.seen
}

func (e *event) bytes() int64 {
	var n int64
	for i := range e.strands {
		n += e.strands[i].bytes()
	}
	return n
}

func (s *strand) bytes() int64 {
	n := int64(len(s.values))*8 + int64(len(s.breaks))*40 + 200
	if s.own {
		n += int64(len(s.values)) * 24
	}
	return n
}

func (s *strand) take(l *line, v *vector, row, n int, maxStep int64) {
	if end := min(row+n, len(v.null)); !s.own && end > row && slices.Contains(v.null[row:end], true) {
		s.part(l)
	}
	s.values = slices.Grow(s.values, n)
	for r := row; r < row+n; r++ {
		if !v.isNull(r) {
			s.add(l, v.values[r], maxStep)
		}
		s.taken++
	}
}

// part gives the strand times of its own: some of its values are null, and
// it leaves their readings out.
func (s *strand) part(l *line) {
	s.own = true
	s.ts = slices.Clone(l.ts[:s.taken])
	if l.enabled != nil {
		s.enabled, s.running = slices.Clone(l.enabled[:s.taken]), slices.Clone(l.running[:s.taken])
	}
	if l.known != nil {
		s.known = slices.Clone(l.known[:s.taken])
	}
}

// add takes the value of the line's reading number taken.
func (s *strand) add(l *line, value int64, maxStep int64) {
	i, n := s.taken, len(s.values)
	fresh := false
	for s.next < len(l.epochs) && int(l.epochs[s.next].at) <= i {
		s.epochs[1] = l.epochs[s.next].epoch
		s.next++
		fresh = true
	}
	if n == 0 {
		s.epochs[0] = s.epochs[1]
	} else {
		d := sums{value: value - s.values[n-1], time: l.ts[i] - l.ts[s.from]}
		if l.known != nil {
			d.time = l.known[i] - l.known[s.from]
		}
		d.enabled, d.running = d.time, d.time
		if l.enabled != nil {
			d.enabled, d.running = l.enabled[i]-l.enabled[s.from], l.running[i]-l.running[s.from]
		}
		if fresh || d.unknown(maxStep) {
			s.breaks = append(s.breaks, stepBreak{int32(n), s.left(n).plus(d)})
		}
	}
	s.values = append(s.values, value)
	s.from = i
	if s.own {
		s.ts = append(s.ts, l.ts[i])
		if l.enabled != nil {
			s.enabled, s.running = append(s.enabled, l.enabled[i]), append(s.running, l.running[i])
		}
		if l.known != nil {
			s.known = append(s.known, l.known[i])
		}
	}
}

// left sums the steps up to reading i that count nothing.
func (s *strand) left(i int) sums {
	b := s.breaks
	if len(b) == 0 || int(b[0].at) > i {
		return sums{}
	}
	if last := len(b) - 1; int(b[last].at) <= i {
		return b[last].left
	}
	k, found := slices.BinarySearchFunc(b, int32(i), func(b stepBreak, i int32) int { return int(b.at - i) })
	if !found {
		k--
	}
	return b[k].left
}

// broken tells whether the step that ends at reading i counts nothing.
func (s *strand) broken(i int) bool {
	if len(s.breaks) == 0 {
		return false
	}
	_, found := slices.BinarySearchFunc(s.breaks, int32(i), func(b stepBreak, i int32) int { return int(b.at - i) })
	return found
}

// raw is the reading as it was read.
func (s *strand) raw(i int) sums {
	r := sums{value: s.values[i], time: s.ts[i], enabled: s.ts[i], running: s.ts[i]}
	if s.enabled != nil {
		r.enabled, r.running = s.enabled[i], s.running[i]
	}
	if s.known != nil {
		r.time = s.known[i]
	}
	return r
}
