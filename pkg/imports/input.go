package imports

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Input is a file to import. It is read twice, so it must give the same bytes
// each time.
type Input struct {
	Name     string // in messages and in the table
	Modified time.Time
	open     func() (io.ReadCloser, error)
}

// File is a file on disk, compressed or not.
func File(path string) (Input, error) {
	st, err := os.Stat(path)
	if err != nil {
		return Input{}, err
	}
	if !st.Mode().IsRegular() {
		return Input{}, fmt.Errorf("%s is not a file; `-` reads standard input", path)
	}
	return Input{Name: filepath.Base(path), Modified: st.ModTime(), open: func() (io.ReadCloser, error) { return os.Open(path) }}, nil
}

// FileIn is a file below a directory that others write to: a link that leaves
// the directory is not followed.
func FileIn(root *os.Root, name string) (Input, error) {
	st, err := root.Lstat(name)
	if err != nil {
		return Input{}, err
	}
	if !st.Mode().IsRegular() {
		return Input{}, fmt.Errorf("%s is not a file", name)
	}
	return Input{Name: filepath.Base(name), Modified: st.ModTime(), open: func() (io.ReadCloser, error) { return root.Open(name) }}, nil
}

// Spool keeps what can be read but once in a file of its own, which remove
// takes away.
func Spool(name string, r io.Reader) (in Input, remove func(), err error) {
	f, err := os.CreateTemp("", "numalens-import-")
	if err != nil {
		return in, nil, err
	}
	remove = func() { os.Remove(f.Name()) }
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Close()); err == nil {
		in, err = File(f.Name())
	}
	if err != nil {
		remove()
		return in, nil, fmt.Errorf("read %s: %w", name, err)
	}
	in.Name = name
	return in, remove, nil
}

// Bytes is an input that lies in memory.
func Bytes(name string, modified time.Time, p []byte) Input {
	return Input{Name: name, Modified: modified, open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p)), nil }}
}

// headBytes is how much of an input a format is recognised by.
const headBytes = 64 << 10

// stream is an opened input, unpacked.
type stream struct {
	io.Reader
	head  []byte
	close func() error
	// file is the input itself where it lies unpacked on a disk.
	file *os.File
	// lines are what a parser reads of it.
	lines *Lines
}

// line is how far a parser is; 0 is not known.
func (s *stream) line() int {
	if s.lines == nil {
		return 0
	}
	return s.lines.Number()
}

// openStream opens an input and unpacks it.
func (in Input) openStream() (*stream, error) {
	f, err := in.open()
	if err != nil {
		return nil, err
	}
	r, err := unpacked(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	head, err := io.ReadAll(io.LimitReader(r, headBytes))
	if err != nil && len(head) == 0 {
		f.Close()
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	rest := r
	if err != nil {
		// What came before the damage is read; then its reader hears of it.
		rest = failing{err}
	}
	s := &stream{Reader: io.MultiReader(bytes.NewReader(head), rest), head: head, close: f.Close}
	if _, plain := r.(asItIs); plain {
		s.file, _ = f.(*os.File)
	}
	return s, nil
}

// asItIs is a file that was not packed.
type asItIs struct{ io.Reader }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// unpackMemory bounds what unpacking may take.
const unpackMemory = 32 << 20

// unpacked tells by the first bytes how a file is compressed: names lie.
func unpacked(r io.Reader) (io.Reader, error) {
	var first [6]byte
	n, err := io.ReadFull(r, first[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	r = io.MultiReader(bytes.NewReader(first[:n:n]), r)
	is := func(magic string) bool { return bytes.HasPrefix(first[:n], []byte(magic)) }
	switch {
	case is("\x1f\x8b"):
		return gzip.NewReader(r)
	case is("BZh"):
		return bzip2.NewReader(r), nil
	case is("\xfd7zXZ\x00"):
		return unxz(r)
	case is("\x28\xb5\x2f\xfd"):
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(unpackMemory), zstd.WithDecoderMaxWindow(unpackMemory), zstd.WithDecoderLowmem(true))
	}
	return asItIs{r}, nil
}
