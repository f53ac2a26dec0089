package goprogram

import (
	"debug/elf"
	"encoding/binary"
	"io"
)

// pclntab is the table of functions that a Go program carries. Its layout is
// that of src/runtime/symtab.go (pcHeader) and src/cmd/link/internal/ld/pcln.go
// of Go 1.18 to 1.26.
type pclntab struct {
	r         io.ReaderAt // begins at the header
	size      uint64
	address   uint64
	functions uint64
	text      uint64 // what entries are counted from
	names     uint64 // offset of the names
	table     uint64 // offset of the functions
}

// The first word of the header.
const (
	pclntab118 = 0xfffffff0 // Go 1.18, 1.19
	pclntab120 = 0xfffffff1 // Go 1.20 and later
)

// functions looks for the wanted names in the program's own table.
func (m *image) functions() names {
	t, ok := m.pclntab()
	if !ok {
		return nil
	}
	at := search(t.r, t.names, min(t.table, t.size))
	return t.find(at)
}

// pclntab finds the table by the name of its section or, since the C linker
// merges sections, by its first bytes.
func (m *image) pclntab() (pclntab, bool) {
	for _, s := range m.elf.Sections {
		if s.Type == elf.SHT_PROGBITS && readable(s) && (s.Name == ".gopclntab" || s.Name == ".data.rel.ro.gopclntab") {
			if t, ok := m.header(s, s.Size, s.Addr); ok {
				return t, true
			}
		}
	}
	for _, p := range m.elf.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		if t, ok := m.headerIn(p); ok {
			return t, true
		}
	}
	return pclntab{}, false
}

// headerIn looks for the header in a segment; it is aligned to 8 bytes at
// least.
func (m *image) headerIn(p *elf.Prog) (t pclntab, ok bool) {
	chunks(p, 0, p.Filesz, 8, func(at uint64, b []byte) bool {
		for i := 0; i+8 <= len(b); i += 8 {
			if b[i+1] != 0xff || b[i+2] != 0xff || b[i+3] != 0xff {
				continue
			}
			offset := at + uint64(i)
			rest := io.NewSectionReader(p, int64(offset), int64(p.Filesz-offset))
			if t, ok = m.header(rest, p.Filesz-offset, p.Vaddr+offset); ok {
				return false
			}
		}
		return true
	})
	return t, ok
}

func (m *image) header(r io.ReaderAt, size, address uint64) (pclntab, bool) {
	var h [72]byte
	if _, err := r.ReadAt(h[:], 0); err != nil {
		return pclntab{}, false
	}
	magic := binary.LittleEndian.Uint32(h[:])
	if magic != pclntab118 && magic != pclntab120 || h[4] != 0 || h[5] != 0 || h[7] != 8 {
		return pclntab{}, false
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(h[8+8*i:]) }
	t := pclntab{r: r, size: size, address: address, functions: word(0), names: word(3), table: word(7)}
	if t.functions == 0 || t.functions > size/8 || t.names >= size || t.table >= size {
		return pclntab{}, false
	}
	text, ok := m.textStart(address)
	t.text = text
	return t, ok
}

// textStart is what the table counts from: its header has it up to Go 1.25.
// From 1.26 on the word is not used, and only moduledata has it, which the
// linker puts into a section of its own.
func (m *image) textStart(header uint64) (uint64, bool) {
	if at, ok := m.pointer(header + 24); ok && at != 0 {
		return at, true
	}
	for _, s := range m.elf.Sections {
		if s.Name != ".go.module" {
			continue
		}
		if first, ok := m.pointer(s.Addr); ok && first == header {
			return m.pointer(s.Addr + moduledataText)
		}
	}
	return 0, false
}

// moduledataText is the offset of text in runtime.moduledata of Go 1.26:
// behind a pointer, six slices and three words (src/runtime/symtab.go).
const moduledataText = 8 + 6*24 + 3*8

// find reads the functions whose names are at the offsets. Each lasts until
// the next begins.
func (t *pclntab) find(at map[uint64]string) names {
	all := names{}
	if len(at) == 0 {
		return all
	}
	w := windowed{r: t.r, size: t.size}
	chunks(t.r, t.table, t.table+8*t.functions, 8, func(_ uint64, b []byte) bool {
		for ; len(b) >= 8; b = b[8:] {
			entry, function := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
			name, ok := w.word(t.table + uint64(function) + 4)
			if !ok {
				return false
			}
			if s := at[uint64(name)]; s != "" && len(all[meant(s)]) < maxFound {
				all[meant(s)] = append(all[meant(s)], found{meant(s), t.text + uint64(entry), t.length(function, entry)})
			}
		}
		return true
	})
	return all
}

// length of a function is the distance to the one behind it.
func (t *pclntab) length(function, entry uint32) uint64 {
	length := uint64(0)
	chunks(t.r, t.table, t.table+8*(t.functions+1), 8, func(_ uint64, b []byte) bool {
		for ; len(b) >= 8; b = b[8:] {
			if next := binary.LittleEndian.Uint32(b); next > entry {
				length = uint64(next - entry)
				return false
			}
		}
		return true
	})
	return length
}

// windowed reads words that lie near to each other.
type windowed struct {
	r     io.ReaderAt
	size  uint64
	start uint64
	bytes []byte
}

func (w *windowed) word(at uint64) (uint32, bool) {
	if at+4 > w.size || at+4 < at {
		return 0, false
	}
	if at < w.start || at+4 > w.start+uint64(len(w.bytes)) {
		if w.bytes == nil {
			w.bytes = make([]byte, window)
		}
		w.bytes = w.bytes[:cap(w.bytes)]
		n, _ := w.r.ReadAt(w.bytes[:min(uint64(len(w.bytes)), w.size-at)], int64(at))
		w.start, w.bytes = at, w.bytes[:n]
		if n < 4 {
			return 0, false
		}
	}
	return binary.LittleEndian.Uint32(w.bytes[at-w.start:]), true
}
