package symbols

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
)

// mostNotes bounds what is read of a file's notes.
const mostNotes = 64 << 10

// segment is a part of a file that is loaded to be executed.
type segment struct{ offset, size, addr uint64 }

// address is where the file wants an offset to be loaded: what its symbols
// count in. A position-independent file is loaded elsewhere.
func (s *segment) address(offset uint64) uint64 { return offset - s.offset + s.addr }

// segment finds the one that an offset lies in.
func (f *file) segment(offset uint64) *segment {
	for i := range f.segments {
		if s := &f.segments[i]; offset >= s.offset && offset-s.offset < s.size {
			return s
		}
	}
	return nil
}

// readSegments reads where code lies in the file, and its build-id.
func (f *file) readSegments() error {
	e, err := elf.NewFile(f.reader)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	if e.Class != elf.ELFCLASS64 || e.Data != elf.ELFDATA2LSB {
		return fmt.Errorf("%s: %v, %v: only 64-bit little-endian files are read", f.name, e.Class, e.Data)
	}
	f.segments = segmentsOf(e)
	f.buildID = buildIDOf(e)
	if len(f.segments) == 0 {
		return fmt.Errorf("%s: %w", f.name, errors.New("nothing in it is loaded to be executed"))
	}
	return nil
}

func segmentsOf(e *elf.File) []segment {
	var all []segment
	for _, p := range e.Progs {
		if p.Type == elf.PT_LOAD && p.Flags&elf.PF_X != 0 && p.Filesz > 0 && p.Off+p.Filesz > p.Off && p.Vaddr+p.Filesz > p.Vaddr {
			all = append(all, segment{offset: p.Off, size: p.Filesz, addr: p.Vaddr})
		}
	}
	return all
}

// buildIDOf reads the notes that are loaded, and where there are none (in a
// debug file) those of sections.
func buildIDOf(e *elf.File) string {
	for _, p := range e.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		if id := buildID(someOf(p, p.Filesz)); id != "" {
			return id
		}
	}
	for _, s := range e.Sections {
		if s.Type != elf.SHT_NOTE {
			continue
		}
		if id := buildID(someOf(s, s.FileSize)); id != "" {
			return id
		}
	}
	return ""
}

func someOf(r io.ReaderAt, size uint64) []byte {
	b := make([]byte, min(size, mostNotes))
	n, _ := r.ReadAt(b, 0)
	return b[:n]
}
