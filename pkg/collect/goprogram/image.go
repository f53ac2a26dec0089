package goprogram

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
)

// image is an ELF executable, read where it is needed.
type image struct {
	file io.ReaderAt
	elf  *elf.File
}

// maxFunction bounds the code that is read of one function; growslice has
// less than 4 kB.
const maxFunction = 1 << 16

// window is how much is read at once.
const window = 1 << 16

// maxRead bounds what is read of a file in all: a hostile one could name the
// same bytes as a thousand tables. A program of 70 MB takes some 10 MB.
const maxRead = 256 << 20

// bounded reads up to a number of bytes.
type bounded struct {
	r    io.ReaderAt
	left int64
}

func (b *bounded) ReadAt(p []byte, at int64) (int, error) {
	if b.left < int64(len(p)) {
		return 0, fmt.Errorf("more than %d bytes of tables", int64(maxRead))
	}
	n, err := b.r.ReadAt(p, at)
	b.left -= int64(n)
	return n, err
}

// readable says whether the file has a section's bytes as they are.
func readable(s *elf.Section) bool {
	return s.ReaderAt != nil && s.Flags&elf.SHF_COMPRESSED == 0 && s.Type != elf.SHT_NOBITS
}

// segment is the part of the file that a virtual address lies in.
func (m *image) segment(addr uint64) (*elf.Prog, bool) {
	for _, p := range m.elf.Progs {
		if p.Type == elf.PT_LOAD && addr >= p.Vaddr && addr-p.Vaddr < p.Filesz {
			return p, true
		}
	}
	return nil, false
}

// fileOffset is where the file has what is loaded at a virtual address.
func (m *image) fileOffset(addr uint64) (uint64, bool) {
	p, ok := m.segment(addr)
	if !ok {
		return 0, false
	}
	return addr - p.Vaddr + p.Off, true
}

// code reads a function. Without a size it reads up to the segment's end.
func (m *image) code(f found) ([]byte, error) {
	p, ok := m.segment(f.entry)
	if !ok || p.Flags&elf.PF_X == 0 {
		return nil, fmt.Errorf("%s is at %#x, where the file has no code", f.name, f.entry)
	}
	n := min(f.size, p.Filesz-(f.entry-p.Vaddr), maxFunction)
	b := make([]byte, n)
	if _, err := p.ReadAt(b, int64(f.entry-p.Vaddr)); err != nil {
		return nil, fmt.Errorf("%s at %#x: %w", f.name, f.entry, err)
	}
	return b, nil
}

// pointer reads an address that the file stores at a virtual address. In a
// position independent executable the dynamic linker fills it in, and the
// file has it in the relocation.
func (m *image) pointer(addr uint64) (uint64, bool) {
	for _, s := range m.elf.Sections {
		if s.Type != elf.SHT_RELA || s.Flags&elf.SHF_ALLOC == 0 || !readable(s) {
			continue
		}
		if value, ok := relative(s, addr); ok {
			return value, true
		}
	}
	p, ok := m.segment(addr)
	if !ok {
		return 0, false
	}
	var b [8]byte
	if _, err := p.ReadAt(b[:], int64(addr-p.Vaddr)); err != nil {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b[:]), true
}

// relative finds the relocation of a word that holds the load address plus a
// constant.
func relative(s *elf.Section, addr uint64) (uint64, bool) {
	const entry = 24 // Elf64_Rela
	value, ok := uint64(0), false
	chunks(s, 0, s.Size, entry, func(_ uint64, b []byte) bool {
		for ; len(b) >= entry; b = b[entry:] {
			kind := uint32(binary.LittleEndian.Uint64(b[8:]))
			if binary.LittleEndian.Uint64(b) == addr && (kind == uint32(elf.R_X86_64_RELATIVE) || kind == uint32(elf.R_AARCH64_RELATIVE)) {
				value, ok = binary.LittleEndian.Uint64(b[16:]), true
				return false
			}
		}
		return true
	})
	return value, ok
}

// chunks reads from start to end in pieces that are a multiple of unit long,
// until visit has enough or the file ends. The piece is overwritten by the
// next.
func chunks(r io.ReaderAt, start, end, unit uint64, visit func(at uint64, b []byte) bool) {
	buffer := make([]byte, max(window/unit, 1)*unit)
	for at := start; at < end; at += uint64(len(buffer)) {
		n, err := r.ReadAt(buffer[:min(uint64(len(buffer)), end-at)], int64(at))
		if n > 0 && !visit(at, buffer[:n]) || err != nil {
			return
		}
	}
}
