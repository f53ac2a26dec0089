package export

// thread is one event of one series across the segments of a run, as one
// monotone accumulator. A step from one segment to the next is a step like
// any other.
type thread struct {
	parts   []part
	maxStep int64
	rough   bool // some step does not count
}

// part is a strand's readings from lo on.
type part struct {
	strand
	lo     int
	base   sums // what the accumulator is at reading lo, plus what is raw there
	joined bool // the step from the part before counts
}

// spot is a reading of a thread.
type spot struct{ part, i int }

// join appends the next segment's strand. Readings that are not newer than
// what is there are left out.
func (t *thread) join(s strand) {
	if len(s.ts) == 0 {
		return
	}
	p := part{strand: s}
	if len(t.parts) > 0 {
		last := &t.parts[len(t.parts)-1]
		end := len(last.ts) - 1
		p.lo = seek(s.ts, 0, last.ts[end]+1)
		if p.lo == len(s.ts) {
			return
		}
		if last.known != nil && s.known == nil && p.lo > 0 && s.ts[p.lo-1] == last.ts[end] {
			t.descend(p)
			return
		}
		maxStep := t.maxStep
		if s.known != nil {
			maxStep = 0 // a level's rows know of gaps
		}
		step := s.raw(p.lo).minus(last.raw(end))
		p.base = t.at(spot{len(t.parts) - 1, end})
		if p.joined = last.epochs[1] == s.epochs[0] && !step.unknown(maxStep); p.joined {
			p.base = p.base.plus(step)
		}
		t.rough = t.rough || !p.joined
	}
	p.base = p.base.minus(s.raw(p.lo)).plus(s.left(p.lo))
	t.rough = t.rough || len(s.breaks) > 0
	t.parts = append(t.parts, p)
}

// descend goes on with raw readings where a level ends: its last row is the
// reading before p.lo.
func (t *thread) descend(p part) {
	last := len(t.parts) - 1
	p.base = t.at(spot{last, len(t.parts[last].ts) - 1}).minus(p.raw(p.lo - 1)).plus(p.left(p.lo - 1))
	p.joined = !p.broken(p.lo)
	t.rough = t.rough || len(p.breaks) > 0
	t.parts = append(t.parts, p)
}

// at is the accumulator at a reading.
func (t *thread) at(s spot) sums {
	p := &t.parts[s.part]
	a := p.raw(s.i).plus(p.base)
	if len(p.breaks) > 0 {
		a = a.minus(p.left(s.i))
	}
	return a
}

func (t *thread) ts(s spot) int64 { return t.parts[s.part].ts[s.i] }

// next and prev are the readings beside s.
func (t *thread) next(s spot) (spot, bool) {
	if s.i+1 < len(t.parts[s.part].ts) {
		return spot{s.part, s.i + 1}, true
	}
	if s.part+1 < len(t.parts) {
		return spot{s.part + 1, t.parts[s.part+1].lo}, true
	}
	return s, false
}

func (t *thread) prev(s spot) (spot, bool) {
	if s.i > t.parts[s.part].lo {
		return spot{s.part, s.i - 1}, true
	}
	if s.part > 0 {
		return spot{s.part - 1, len(t.parts[s.part-1].ts) - 1}, true
	}
	return s, false
}

// counts tells whether the step that ends at s counts.
func (t *thread) counts(s spot) bool {
	p := &t.parts[s.part]
	if s.i == p.lo {
		return p.joined
	}
	return !p.broken(s.i)
}

// after finds the first reading at or after a time, from a reading on;
// false when there is none.
func (t *thread) after(from spot, ts int64) (spot, bool) {
	for k := from.part; k < len(t.parts); k++ {
		p := &t.parts[k]
		if p.ts[len(p.ts)-1] < ts {
			continue
		}
		i := p.lo
		if k == from.part {
			i = from.i
		}
		return spot{k, seek(p.ts, i, ts)}, true
	}
	return from, false
}

// nearest gives for each edge the reading nearest to it. The thread has at
// least one.
func (t *thread) nearest(edges []int64, spots []spot) {
	at := spot{0, t.parts[0].lo}
	end := spot{len(t.parts) - 1, len(t.parts[len(t.parts)-1].ts) - 1}
	stride := 0 // from one edge's reading to the next's, where they are regular
	for k, e := range edges {
		var s spot
		if ts, i := t.parts[at.part].ts, at.i+stride; stride > 0 && i < len(ts) && ts[i] >= e && ts[i-1] < e {
			s = spot{at.part, i}
		} else {
			var ok bool
			if s, ok = t.after(at, e); !ok {
				spots[k], at = end, end
				continue
			}
			if stride = 0; s.part == at.part {
				stride = s.i - at.i
			}
		}
		at = s
		if b, ok := t.prev(s); ok && e-t.ts(b) <= t.ts(s)-e {
			s = b
		}
		spots[k] = s
	}
}

// seek finds the first of ascending xs, from index i on, that is at least x;
// len(xs) when none is. It gallops: edges come in order and lie close.
func seek(xs []int64, i int, x int64) int {
	if i >= len(xs) || xs[i] >= x {
		return i
	}
	step := 1
	for i+step < len(xs) && xs[i+step] < x {
		i += step
		step *= 2
	}
	lo, hi := i+1, min(i+step, len(xs)) // xs[i] < x, and xs[hi] is not
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if xs[mid] < x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// beside gives the step at a reading that both edges of a column hit: the one
// towards the column's middle, if it counts; else a == z. A column is then
// never null only because of jitter, or because it is narrower than the
// period.
func (t *thread) beside(s spot, mid int64) (a, z spot, d sums) {
	a, z = s, s
	ok := false
	if t.ts(s) <= mid {
		z, ok = t.next(s)
	} else {
		a, ok = t.prev(s)
	}
	if !ok || !t.counts(z) {
		return s, s, d
	}
	return a, z, t.at(z).minus(t.at(a))
}

// tighten moves both ends inwards past steps that do not count: a cell rests
// on what lies between.
func (t *thread) tighten(a, z spot) (spot, spot) {
	for a != z {
		n, ok := t.next(a)
		if !ok || t.counts(n) {
			break
		}
		a = n
	}
	for a != z && !t.counts(z) {
		p, ok := t.prev(z)
		if !ok {
			break
		}
		z = p
	}
	return a, z
}
