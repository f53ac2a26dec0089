package perfdata

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/numalens/numalens/pkg/imports"
)

// The magic numbers; the third is what a big-endian host writes.
const (
	magicV1      = "PERFFILE"
	magicV2      = "PERFILE2"
	magicSwapped = "2ELIFREP"
)

const (
	pipeHeaderBytes = 16  // magic, size
	fileHeaderBytes = 104 // … attr_size, attrs, data, event_types, flags
)

var le = binary.LittleEndian

// section is a part of the file.
type section struct{ offset, size uint64 }

func (s section) within(size int64) bool {
	return s.offset <= uint64(size) && s.size <= uint64(size)-s.offset
}

// header is struct perf_header (tools/perf/Documentation/
// perf.data-file-format.txt in the kernel's sources).
type header struct {
	piped       bool
	attrSize    uint64
	attrs, data section
	features    [4]uint64 // bitmap
}

func (h *header) has(f feature) bool { return h.features[f/64]>>(f%64)&1 != 0 }

func syntax(record int, expected, found string) error {
	return &imports.SyntaxError{Line: record, Expected: expected, Found: found}
}

// parseMagic reads the two words that both kinds of header begin with.
func parseMagic(b []byte) (header, error) {
	if len(b) >= 8 {
		switch string(b[:8]) {
		case magicSwapped:
			return header{}, syntax(0, "a perf.data of a little-endian host; perf script on a host of its kind prints it as text", "one of a big-endian host")
		case magicV1:
			return header{}, syntax(0, "a perf.data of version 2, which perf writes since 3.2", "one of version 1")
		}
	}
	if len(b) < pipeHeaderBytes || string(b[:8]) != magicV2 {
		return header{}, syntax(0, "perf.data, which begins with "+magicV2, string(b[:min(len(b), 8)]))
	}
	switch size := le.Uint64(b[8:]); size {
	case pipeHeaderBytes:
		return header{piped: true}, nil
	case fileHeaderBytes:
		return header{}, nil
	default:
		return header{}, syntax(0, fmt.Sprintf("a header of %d bytes, or %d through a pipe", fileHeaderBytes, pipeHeaderBytes), fmt.Sprint(size, " bytes"))
	}
}

func readHeader(r io.ReaderAt, size int64) (header, error) {
	b := make([]byte, min(size, fileHeaderBytes))
	if _, err := r.ReadAt(b, 0); err != nil && err != io.EOF {
		return header{}, err
	}
	h, err := parseMagic(b)
	if err != nil || h.piped {
		return h, err
	}
	if len(b) < fileHeaderBytes {
		return h, syntax(0, fmt.Sprintf("a header of %d bytes", fileHeaderBytes), fmt.Sprint("a file of ", size))
	}
	at := func(i int) uint64 { return le.Uint64(b[8*i:]) }
	h.attrSize = at(2)
	h.attrs = section{at(3), at(4)}
	h.data = section{at(5), at(6)}
	for i := range h.features {
		h.features[i] = at(9 + i)
	}
	return h, nil
}

// readSection reads a section whole; it must lie in the file and be no longer
// than most.
func readSection(r io.ReaderAt, size int64, s section, most uint64) ([]byte, error) {
	if !s.within(size) {
		return nil, fmt.Errorf("it ends at byte %d of a file of %d", s.offset+s.size, size)
	}
	if s.size > most {
		return nil, fmt.Errorf("it has %d bytes, more than the %d that are read", s.size, most)
	}
	b := make([]byte, s.size)
	if _, err := r.ReadAt(b, int64(s.offset)); err != nil && err != io.EOF {
		return nil, err
	}
	return b, nil
}
