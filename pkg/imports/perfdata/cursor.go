package perfdata

import "bytes"

// cursor reads little-endian fields one after the other. Past the end it
// gives zeros and remembers that: a caller asks once, when it is done.
type cursor struct {
	b     []byte
	short bool
}

func (c *cursor) u64() uint64 {
	if len(c.b) < 8 {
		c.b, c.short = nil, true
		return 0
	}
	x := le.Uint64(c.b)
	c.b = c.b[8:]
	return x
}

func (c *cursor) u32() uint32 {
	if len(c.b) < 4 {
		c.b, c.short = nil, true
		return 0
	}
	x := le.Uint32(c.b)
	c.b = c.b[4:]
	return x
}

// skip passes n bytes.
func (c *cursor) skip(n uint64) {
	if n > uint64(len(c.b)) {
		c.b, c.short = nil, true
		return
	}
	c.b = c.b[n:]
}

// skipWords passes n words of 8 bytes; n may be anything.
func (c *cursor) skipWords(n uint64) {
	if n > uint64(len(c.b))/8 {
		c.b, c.short = nil, true
		return
	}
	c.b = c.b[8*n:]
}

// take gives the next n bytes, which belong to the caller's buffer.
func (c *cursor) take(n uint64) []byte {
	b := c.b
	c.skip(n)
	if c.short {
		return nil
	}
	return b[:n]
}

// text reads a struct perf_header_string: a length, and so many bytes with
// zeros at the end.
func (c *cursor) text() string {
	b := c.take(uint64(c.u32()))
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(b)
}

// texts reads a struct perf_header_string_list.
func (c *cursor) texts() []string {
	n := c.u32()
	var list []string
	for range n {
		if c.short || len(c.b) == 0 {
			c.short = true
			return list
		}
		list = append(list, c.text())
	}
	return list
}
