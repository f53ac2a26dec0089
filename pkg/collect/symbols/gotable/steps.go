package gotable

import "math"

// span is a value and the offsets from a function's entry where it holds.
type span struct {
	value      int32
	start, end uint32
}

func (s span) and(o span) span {
	s.start, s.end = max(s.start, o.start), min(s.end, o.end)
	return s
}

// cursor reads numbers of seven bits a byte.
type cursor struct {
	p    *pages
	off  uint64
	rest []byte
}

func (c *cursor) number() (uint32, bool) {
	var x uint32
	for shift := 0; shift < 35; shift += 7 {
		if len(c.rest) == 0 {
			if c.rest = c.p.rest(c.off); len(c.rest) == 0 {
				return 0, false
			}
		}
		b := c.rest[0]
		c.rest = c.rest[1:]
		c.off++
		x |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return x, true
		}
	}
	return 0, false
}

// step finds the value of a table at an offset from the function's entry. A
// table is pairs of numbers: by how much the value changes, zigzag, and for
// how many instructions it holds. Without a table the value is -1, and so it
// is after its end, in what fills up the space to the next function.
func (t *Table) step(table, at uint32) (span, bool) {
	if table == 0 {
		return span{value: -1, end: math.MaxUint32}, true
	}
	if uint64(table) >= t.steps.size {
		return span{}, false
	}
	c := cursor{p: t.pages, off: t.steps.off + uint64(table)}
	value, pc := int32(-1), uint64(0)
	for first := true; ; first = false {
		delta, ok := c.number()
		if !ok {
			return span{}, false
		}
		if delta == 0 && !first {
			return span{value: -1, start: uint32(pc), end: math.MaxUint32}, true
		}
		length, ok := c.number()
		if !ok {
			return span{}, false
		}
		value += int32(-(delta & 1) ^ (delta >> 1))
		end := pc + uint64(length)*t.quantum
		if end > math.MaxUint32 {
			return span{}, false
		}
		if uint64(at) < end {
			return span{value: value, start: uint32(pc), end: uint32(end)}, true
		}
		pc = end
	}
}
