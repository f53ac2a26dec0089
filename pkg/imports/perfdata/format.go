package perfdata

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/numalens/numalens/pkg/imports"
)

// Format reads perf.data.
func Format() imports.Format {
	return imports.Format{
		Name:   "perf-data",
		Doc:    "perf.data of perf record or perf mem record, with samples of memory accesses",
		Detect: detect,
		Read:   Read,
	}
}

func detect(head []byte) int {
	for _, magic := range []string{magicV2, magicSwapped, magicV1} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return 100
		}
	}
	return 0
}

// Read tells the sink what a perf.data file holds.
func Read(r io.Reader, s imports.Sink) error {
	if at, size, ok := randomAccess(r); ok {
		return readAt(at, size, s)
	}
	head := make([]byte, pipeHeaderBytes)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	h, err := parseMagic(head[:n])
	if err != nil {
		return err
	}
	if h.piped {
		return newReading(s).pipe(r)
	}
	return spool(io.MultiReader(bytes.NewReader(head), r), s)
}

// randomAccess tells whether r can be read at any place, and how long it is.
func randomAccess(r io.Reader) (io.ReaderAt, int64, bool) {
	if sized, is := r.(interface {
		io.ReaderAt
		Size() int64
	}); is {
		return sized, sized.Size(), true
	}
	at, isAt := r.(io.ReaderAt)
	seeker, isSeeker := r.(io.Seeker)
	if !isAt || !isSeeker {
		return nil, 0, false
	}
	from, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, 0, false
	}
	to, err := seeker.Seek(0, io.SeekEnd)
	if err != nil || to < from {
		return nil, 0, false
	}
	return io.NewSectionReader(at, from, to-from), to - from, true
}

// spool copies r to a temporary file: a compressed file's features lie behind
// its records.
func spool(r io.Reader, s imports.Sink) error {
	f, err := os.CreateTemp("", "numalens-perf-data-*")
	if err != nil {
		return fmt.Errorf("a perf.data that can be read only once is copied first: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	size, err := io.Copy(f, r)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // what came before a cut is worth reading
		return fmt.Errorf("copying a perf.data to %s: %w", f.Name(), err)
	}
	return readAt(f, size, s)
}

func readAt(r io.ReaderAt, size int64, s imports.Sink) error {
	h, err := readHeader(r, size)
	if err != nil {
		return err
	}
	reading := newReading(s)
	if h.piped {
		return reading.pipe(io.NewSectionReader(r, pipeHeaderBytes, size-pipeHeaderBytes))
	}
	return reading.file(r, size, h)
}
