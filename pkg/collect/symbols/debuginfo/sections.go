package debuginfo

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// mostInflated bounds the sections that have to be decompressed, at some
// 100 MB a second.
const mostInflated = 16 << 20

// ErrNone says that a file has no debugging information.
var ErrNone = errors.New("no debugging information")

// sections are the DWARF sections of a file.
type sections struct {
	info, abbrev, line, lineStr, str []byte
	ranges, rngLists, addr, strOffs  []byte
	aranges                          []byte

	mapped   [][]byte
	inflated int
}

func (s *sections) named() map[string]*[]byte {
	return map[string]*[]byte{
		"info": &s.info, "abbrev": &s.abbrev, "line": &s.line, "line_str": &s.lineStr, "str": &s.str, "ranges": &s.ranges,
		"rnglists": &s.rngLists, "addr": &s.addr, "str_offsets": &s.strOffs, "aranges": &s.aranges,
	}
}

// readSections maps them. A mapping of a file that is made shorter meanwhile
// faults when it is read: readers guard against that.
func readSections(e *elf.File, f *os.File) (*sections, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	s := &sections{}
	into := s.named()
	for _, section := range e.Sections {
		name, found := strings.CutPrefix(section.Name, ".debug_")
		if !found || into[name] == nil || section.Type == elf.SHT_NOBITS {
			continue
		}
		if *into[name], err = s.content(section, f, info.Size()); err != nil {
			s.close()
			return nil, fmt.Errorf("section %s: %w", section.Name, err)
		}
	}
	if len(s.info) == 0 || len(s.abbrev) == 0 {
		s.close()
		return nil, ErrNone
	}
	return s, nil
}

func (s *sections) content(section *elf.Section, f *os.File, size int64) ([]byte, error) {
	if section.Flags&elf.SHF_COMPRESSED == 0 {
		return s.mapPart(section.Offset, section.FileSize, f, size)
	}
	if section.Size > mostInflated-uint64(s.inflated) {
		return nil, fmt.Errorf("of the compressed sections, %d bytes are beyond the %d that are read", section.Size, mostInflated)
	}
	s.inflated += int(section.Size)
	return section.Data()
}

func (s *sections) mapPart(off, size uint64, f *os.File, fileSize int64) ([]byte, error) {
	if off > uint64(fileSize) || size > uint64(fileSize)-off {
		return nil, errors.New("it lies outside of the file")
	}
	if size == 0 {
		return nil, nil
	}
	before := off % uint64(os.Getpagesize())
	m, err := unix.Mmap(int(f.Fd()), int64(off-before), int(size+before), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", size, err)
	}
	s.mapped = append(s.mapped, m)
	return m[before:], nil
}

func (s *sections) close() error {
	var all []error
	for _, m := range s.mapped {
		all = append(all, unix.Munmap(m))
	}
	*s = sections{}
	return errors.Join(all...)
}
