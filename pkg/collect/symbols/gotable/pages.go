package gotable

import "io"

const (
	pageBytes = 4096
	// heldPages bounds what a table keeps in memory: 512 kB.
	heldPages = 128
)

// pages reads a file through a few of its pages. A look-up touches a dozen of
// them, mostly the same ones; the tables themselves run to tens of megabytes.
type pages struct {
	r     io.ReaderAt
	held  map[uint64]int // number of a page to its slot
	slots []slot
	hand  int
	torn  [64]byte // what lies across two pages
}

type slot struct {
	number uint64
	n      int
	used   bool
	bytes  [pageBytes]byte
}

func newPages(r io.ReaderAt) *pages { return &pages{r: r, held: map[uint64]int{}} }

// page gives a page's bytes, fewer at the end of the file. They are valid
// until the next call.
func (p *pages) page(number uint64) []byte {
	if i, ok := p.held[number]; ok {
		p.slots[i].used = true
		return p.slots[i].bytes[:p.slots[i].n]
	}
	s := p.free()
	s.number, s.used = number, true
	s.n, _ = p.r.ReadAt(s.bytes[:], int64(number*pageBytes))
	p.held[number] = p.hand
	return s.bytes[:s.n]
}

// free gives the slot under the hand, which moves on past those used lately.
func (p *pages) free() *slot {
	if len(p.slots) < heldPages {
		p.slots = append(p.slots, slot{})
		p.hand = len(p.slots) - 1
		return &p.slots[p.hand]
	}
	for {
		p.hand = (p.hand + 1) % len(p.slots)
		s := &p.slots[p.hand]
		if !s.used {
			delete(p.held, s.number)
			return s
		}
		s.used = false
	}
}

// rest gives what the page of an offset has from there on; nothing at the end
// of the file.
func (p *pages) rest(off uint64) []byte {
	if off >= 1<<62 {
		return nil
	}
	b := p.page(off / pageBytes)
	return b[min(off%pageBytes, uint64(len(b))):]
}

// at gives n bytes, at most 64, valid until the next call.
func (p *pages) at(off uint64, n int) ([]byte, bool) {
	b := p.rest(off)
	if len(b) >= n {
		return b[:n], true
	}
	have := copy(p.torn[:n], b)
	have += copy(p.torn[have:n], p.rest(off+uint64(have)))
	return p.torn[:n], have == n
}

// text gives the string that ends with a zero before limit bytes.
func (p *pages) text(off uint64, limit int) (string, bool) {
	var long []byte
	for len(long) < limit {
		b := p.rest(off)
		if len(b) == 0 {
			return "", false
		}
		for i, c := range b {
			if c == 0 {
				return string(append(long, b[:i]...)), true
			}
		}
		long = append(long, b...)
		off += uint64(len(b))
	}
	return "", false
}
