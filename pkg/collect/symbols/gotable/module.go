package gotable

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
)

// module is the words of a moduledata that are read.
type module [moduleWords]uint64

// readModule finds the moduledata: it begins with the header's address, and
// points to the same parts as the header does.
func (t *Table) readModule() error {
	relative := &relocations{t}
	for _, s := range t.elf.Sections {
		// Go 1.26 gave it a section of its own.
		if s.Type != elf.SHT_PROGBITS || s.Flags&elf.SHF_WRITE == 0 {
			continue
		}
		for _, at := range t.places(s, t.addr) {
			if m := relative.module(at); t.owns(m) {
				return t.take(m)
			}
		}
	}
	for _, at := range relative.pointing(t.addr) {
		if m := relative.module(at); t.owns(m) {
			return t.take(m)
		}
	}
	return errors.New("no moduledata points to the table")
}

// mostPlaces bounds the places where a moduledata may be.
const mostPlaces = 64

// places gives the addresses in a section at which a word is.
func (t *Table) places(s *elf.Section, word uint64) []uint64 {
	var all []uint64
	pattern := binary.LittleEndian.AppendUint64(nil, word)
	chunk := make([]byte, 256<<10)
	for at := uint64(0); at < min(s.FileSize, mostSearched) && len(all) < mostPlaces; at += uint64(len(chunk)) {
		n, _ := s.ReaderAt.ReadAt(chunk[:min(uint64(len(chunk)), s.FileSize-at)], int64(at))
		for b := chunk[:n]; len(all) < mostPlaces; {
			i := bytes.Index(b, pattern)
			if i < 0 {
				break
			}
			// A word does not lie across chunks: sections are aligned.
			if addr := s.Addr + at + uint64(n-len(b)+i); addr%8 == 0 {
				all = append(all, addr)
			}
			b = b[i+1:]
		}
	}
	return all
}

// owns says whether a moduledata is of this header.
func (t *Table) owns(m *module) bool {
	begin := t.records.off - t.names.off
	same := m[moduleHeader] == t.addr
	for word, r := range map[int]region{moduleNames: t.names, moduleUnits: t.units, moduleFiles: t.files, moduleSteps: t.steps, moduleRecords: t.records} {
		same = same && m[word]-m[moduleNames] == r.off-t.names.off
	}
	return same && m[moduleRecords]-m[moduleNames] == begin && m[moduleNames] > t.addr && m[moduleNames]-t.addr < 1<<12
}

func (t *Table) take(m *module) error {
	t.text, t.first, t.last, t.trees = m[moduleText], m[moduleFirst], m[moduleLast], m[t.layout.trees]
	low, _, okLow := t.entry(0)
	high, _, okHigh := t.entry(t.count)
	if !okLow || !okHigh || t.first != t.text+uint64(low) || t.last != t.text+uint64(high) || t.first >= t.last || t.last > m[moduleTextEnd] {
		return fmt.Errorf("functions lie from %#x to %#x, but the text from %#x to %#x: it may be in several sections", t.first, t.last, t.text, m[moduleTextEnd])
	}
	return nil
}

// relocations are the pointers that a loader sets in a position-independent
// binary: where the linker did not leave their values in place as well, they
// stand in the relocation table alone.
type relocations struct{ t *Table }

// plain is the word in the file.
func (r *relocations) plain(addr uint64) uint64 {
	off, ok := r.t.offset(addr)
	if !ok {
		return 0
	}
	b, ok := r.t.pages.at(off, 8)
	if !ok {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// module reads the words at an address, with what relocations make of them.
func (r *relocations) module(at uint64) *module {
	var m module
	for i := range m {
		m[i] = r.plain(at + 8*uint64(i))
	}
	r.each(func(addr, value uint64) bool {
		if i := (addr - at) / 8; addr >= at && i < moduleWords && (addr-at)%8 == 0 {
			m[i] = value
		}
		return true
	})
	return &m
}

// pointing gives the addresses that are set to a value.
func (r *relocations) pointing(value uint64) []uint64 {
	var at []uint64
	r.each(func(addr, v uint64) bool {
		if v == value {
			at = append(at, addr)
		}
		return len(at) < mostPlaces
	})
	return at
}

// each goes through the relocations that add the load address to a value.
func (r *relocations) each(do func(addr, value uint64) bool) {
	relative := map[elf.Machine]uint32{
		elf.EM_X86_64:  uint32(elf.R_X86_64_RELATIVE),
		elf.EM_AARCH64: uint32(elf.R_AARCH64_RELATIVE),
	}[r.t.elf.Machine]
	const size = 24 // address, kind and symbol, value
	for _, s := range r.t.elf.Sections {
		if s.Type != elf.SHT_RELA || relative == 0 {
			continue
		}
		for at := uint64(0); at+size <= s.FileSize; at += size {
			b, ok := r.t.pages.at(s.Offset+at, size)
			if !ok {
				break
			}
			if binary.LittleEndian.Uint32(b[8:]) == relative && !do(binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[16:])) {
				return
			}
		}
	}
}
