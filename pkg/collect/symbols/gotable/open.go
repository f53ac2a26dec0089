package gotable

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

// ErrNone says that a file has no tables of Go's.
var ErrNone = errors.New("no tables of a Go linker")

// Open finds the tables of a binary. A binary of another language gives
// ErrNone; one whose tables are not understood a *numa.Unavailable.
func Open(file *elf.File, r io.ReaderAt) (*Table, error) {
	if file.Class != elf.ELFCLASS64 || file.Data != elf.ELFDATA2LSB {
		return nil, ErrNone
	}
	t := &Table{pages: newPages(r), elf: file}
	if err := t.readHeader(); err != nil {
		return nil, err
	}
	if err := t.readModule(); err != nil {
		return nil, refuse(err)
	}
	if err := t.check(); err != nil {
		return nil, refuse(err)
	}
	return t, nil
}

func refuse(err error) error {
	return &numa.Unavailable{
		Feature: "symbols: a Go binary's own tables", Why: err.Error(),
		Remedy: "names come from its symbol table, without inlining; build it with Go 1.18 to 1.26 and leave section headers in",
	}
}

// readHeader finds the header: at the start of a section of its own, or,
// where the system's linker merged that one into it, within .data.rel.ro.
func (t *Table) readHeader() error {
	for _, s := range t.elf.Sections {
		if s.Type != elf.SHT_PROGBITS {
			continue
		}
		switch {
		case strings.HasSuffix(s.Name, ".gopclntab"):
			err := t.header(s.Offset, s.Addr, s.FileSize)
			if errors.Is(err, ErrNone) {
				err = refuse(errors.New("the header's magic number is not one of Go 1.18 to 1.26"))
			}
			return err
		case s.Name == ".data.rel.ro":
			if err := t.search(s); !errors.Is(err, ErrNone) {
				return err
			}
		}
	}
	return ErrNone
}

// mostSearched bounds what is searched for a header, or a moduledata.
const mostSearched = 64 << 20

func (t *Table) search(s *elf.Section) error {
	if !isGo(t.elf) || s.FileSize > mostSearched {
		return ErrNone
	}
	for at := uint64(0); at+headerBytes <= s.FileSize; at += 8 {
		if err := t.header(s.Offset+at, s.Addr+at, s.FileSize-at); err == nil {
			return nil
		}
	}
	return ErrNone
}

func isGo(file *elf.File) bool {
	return file.Section(".go.buildinfo") != nil || file.Section(".note.go.buildid") != nil
}

// header reads what is at a place if it is a header: magic number, two zeros,
// bytes an instruction and a pointer, then words.
func (t *Table) header(off, addr, size uint64) error {
	b, ok := t.pages.at(off, 8)
	if !ok {
		return ErrNone
	}
	var known bool
	if t.layout, known = layoutOf(binary.LittleEndian.Uint32(b)); !known || b[4] != 0 || b[5] != 0 || b[7] != 8 {
		return ErrNone
	}
	if b[6] != 1 && b[6] != 4 {
		return ErrNone
	}
	t.quantum, t.addr = uint64(b[6]), addr
	var words [8]uint64
	for i := range words {
		if b, ok = t.pages.at(off+8+8*uint64(i), 8); !ok {
			return ErrNone
		}
		words[i] = binary.LittleEndian.Uint64(b)
	}
	// Names, units, files, steps and records follow each other, and each
	// reaches to the next.
	t.count = words[0]
	parts := append(words[3:8:8], size)
	for i, p := range parts[1:] {
		if p < parts[i] || p > size {
			return refuse(fmt.Errorf("part %d of the table at %#x lies outside of its %d bytes", i, addr, size))
		}
	}
	for i, r := range []*region{&t.names, &t.units, &t.files, &t.steps, &t.records} {
		*r = region{off: off + parts[i], size: parts[i+1] - parts[i]}
	}
	if t.count == 0 || t.count > t.records.size/8 {
		return refuse(fmt.Errorf("the table at %#x says %d functions in %d bytes", addr, t.count, t.records.size))
	}
	return nil
}
