package symbols

import (
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

const (
	// mostSymbols bounds a table: 24 MB are kept of so many functions, and
	// twice that needed to sort them.
	mostSymbols = 1_500_000
	// longestSymbol is the longest name that is read.
	longestSymbol = 8 << 10
	symbolBytes   = 24
	// deepestNested bounds how many functions contain each other.
	deepestNested = 32
)

// symbolTable is the functions of a file, by address: parts of which each
// belongs to one function, or to none. Of functions at the same address the
// names are chosen when they are asked for.
type symbolTable struct {
	base   uint64
	cuts   []cut
	first  []uint32 // where a group's names begin; one more at the end
	names  []uint32 // offsets of strings, with globalName
	text   io.ReaderAt
	buffer []byte
}

// cut is where a part begins, from base. It ends with the next.
type cut struct {
	start uint32
	group uint32 // noGroup: nobody's
}

const (
	noGroup    = ^uint32(0)
	globalName = 1 << 31
)

// symbol is a function as the file has it.
type symbol struct {
	start, size, name uint32
	code              bool // said to be a function, not a place only
}

func (t *symbolTable) bytes() int { return 8*len(t.cuts) + 4*len(t.first) + 4*len(t.names) }

// readSymbols reads the functions of a file that lie in segments. Those of
// .dynsym alone are not all: nothing is concluded from what is not in it.
func readSymbols(e *elf.File, segments []segment) (*symbolTable, error) {
	s, all := e.SectionByType(elf.SHT_SYMTAB), true
	if s == nil {
		s, all = e.SectionByType(elf.SHT_DYNSYM), false
	}
	if s == nil || int(s.Link) >= len(e.Sections) || s.Link == 0 || s.Type == elf.SHT_NOBITS {
		return nil, fmt.Errorf("it has no symbol table")
	}
	base := segments[0].addr
	for _, g := range segments {
		base = min(base, g.addr)
	}
	found, err := functions(s, base, segments, all)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	t := &symbolTable{base: base, text: e.Sections[s.Link].ReaderAt}
	t.build(found, ends(segments, base))
	return t, nil
}

// functions streams through a symbol table.
func functions(s *elf.Section, base uint64, segments []segment, all bool) ([]symbol, error) {
	var found []symbol
	chunk := make([]byte, symbolBytes*2048)
	for at := uint64(0); at+symbolBytes <= s.FileSize; {
		n, err := s.ReaderAt.ReadAt(chunk[:min(uint64(len(chunk)), (s.FileSize-at)/symbolBytes*symbolBytes)], int64(at))
		n -= n % symbolBytes
		if n == 0 {
			return nil, fmt.Errorf("read its symbol table: %w", err)
		}
		for b := chunk[:n]; len(b) > 0; b = b[symbolBytes:] {
			if f, ok := functionOf(b, base, segments, all); ok {
				found = append(found, f)
			}
		}
		if len(found) > mostSymbols {
			return nil, fmt.Errorf("its symbol table has more than %d functions", mostSymbols)
		}
		at += uint64(n)
	}
	return found, nil
}

// functionOf reads an entry: name, info, other, section, value, size.
func functionOf(b []byte, base uint64, segments []segment, all bool) (symbol, bool) {
	name, section := binary.LittleEndian.Uint32(b), elf.SectionIndex(binary.LittleEndian.Uint16(b[6:]))
	value, size := binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])
	kind, bind := elf.ST_TYPE(b[4]), elf.ST_BIND(b[4])
	code := kind == elf.STT_FUNC || kind == elf.STT_GNU_IFUNC
	if name == 0 || name >= globalName || section == elf.SHN_UNDEF || section == elf.SHN_ABS || !code && !(all && kind == elf.STT_NOTYPE) || size == 0 && !all {
		return symbol{}, false
	}
	for _, g := range segments {
		if value < g.addr || value-g.addr >= g.size {
			continue
		}
		start := value - base
		if size = min(size, g.addr+g.size-value); start+size >= 1<<32 {
			return symbol{}, false
		}
		if bind != elf.STB_LOCAL {
			name |= globalName
		}
		return symbol{start: uint32(start), size: uint32(size), name: name, code: code}, true
	}
	return symbol{}, false
}

// ends are where segments end, from base.
func ends(segments []segment, base uint64) []uint32 {
	var all []uint32
	for _, g := range segments {
		all = append(all, uint32(min(g.addr+g.size-base, 1<<32-1)))
	}
	slices.Sort(all)
	return all
}

// build sorts functions into parts. One within another has its part of it. A
// function without a size reaches to the next one; such a place within a
// function that has one is a label.
func (t *symbolTable) build(found []symbol, ends []uint32) {
	slices.SortFunc(found, func(a, b symbol) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.size, a.size), cmp.Compare(a.name, b.name))
	})
	t.cuts = make([]cut, 0, len(found))
	t.names = make([]uint32, 0, len(found))
	var open []opened
	for i, next := 0, 0; i < len(found); i = next {
		for next = i + 1; next < len(found) && found[next].start == found[i].start; next++ {
		}
		start, end := found[i].start, found[i].start+found[i].size
		open = t.closeBefore(open, start)
		if end == start {
			if len(open) > 0 {
				continue
			}
			end = reach(found, next, start, ends)
		}
		if len(open) == deepestNested {
			continue
		}
		t.addGroup(found[i:next])
		open = append(open, opened{end, uint32(len(t.first) - 1)})
		t.cut(start, uint32(len(t.first)-1))
	}
	t.closeBefore(open, 1<<32-1)
	t.first = append(t.first, uint32(len(t.names)))
}

// opened is a function whose end is to come.
type opened struct {
	end   uint32
	group uint32
}

func (t *symbolTable) cut(start, group uint32) {
	if n := len(t.cuts); n > 0 && t.cuts[n-1].start == start {
		t.cuts[n-1].group = group
		return
	}
	t.cuts = append(t.cuts, cut{start, group})
}

// closeBefore ends what does not reach over start.
func (t *symbolTable) closeBefore(open []opened, start uint32) []opened {
	for len(open) > 0 && open[len(open)-1].end <= start {
		end := open[len(open)-1].end
		for len(open) > 0 && open[len(open)-1].end <= end {
			open = open[:len(open)-1]
		}
		group := noGroup
		if len(open) > 0 {
			group = open[len(open)-1].group
		}
		t.cut(end, group)
	}
	return open
}

// reach is where a function without a size ends.
func reach(found []symbol, next int, start uint32, ends []uint32) uint32 {
	for _, end := range ends {
		if end > start {
			if next < len(found) {
				return min(end, found[next].start)
			}
			return end
		}
	}
	return start
}

// addGroup keeps the names at one address: of functions, if there are any.
func (t *symbolTable) addGroup(found []symbol) {
	t.first = append(t.first, uint32(len(t.names)))
	code := slices.ContainsFunc(found, func(s symbol) bool { return s.code })
	for _, s := range found {
		if s.code == code {
			t.names = append(t.names, s.name)
		}
	}
}

// name gives the function of an address and the range that is its own.
func (t *symbolTable) name(addr uint64) (name string, e extent, ok bool) {
	if addr < t.base || addr-t.base >= 1<<32 {
		return "", e, false
	}
	at := uint32(addr - t.base)
	i, found := slices.BinarySearchFunc(t.cuts, at, func(c cut, at uint32) int { return cmp.Compare(c.start, at) })
	if !found {
		i--
	}
	if i < 0 || i+1 >= len(t.cuts) || t.cuts[i].group == noGroup {
		return "", e, false
	}
	var best candidate
	for _, offset := range t.names[t.first[t.cuts[i].group]:t.first[t.cuts[i].group+1]] {
		if s, ok := t.textAt(offset &^ globalName); ok {
			best = best.or(candidate{name: s, global: offset&globalName != 0})
		}
	}
	return best.name, extent{t.base + uint64(t.cuts[i].start), t.base + uint64(t.cuts[i+1].start)}, best.name != ""
}

func (t *symbolTable) textAt(offset uint32) (string, bool) {
	for size := 128; size <= longestSymbol; size *= 8 {
		if len(t.buffer) < size {
			t.buffer = make([]byte, size)
		}
		n, _ := t.text.ReadAt(t.buffer[:size], int64(offset))
		if end := bytes.IndexByte(t.buffer[:n], 0); end >= 0 {
			return string(t.buffer[:end]), true
		}
		if n < size {
			break
		}
	}
	return "", false
}
