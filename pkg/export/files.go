package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// Files gives the bytes of a tree of exports, wherever it lies: a directory,
// an agent, an object store. It is safe for concurrent use.
type Files interface {
	// Open opens a file by its slash-separated name relative to the root.
	// The error wraps fs.ErrNotExist when there is none.
	Open(ctx context.Context, name string) (File, error)
}

// File is one opened file of an export.
type File interface {
	io.ReaderAt
	io.Closer
	// Size is the file's length when it was opened.
	Size() int64
	// Version changes when bytes that were there before may have changed, as
	// an ETag does; a tail that only grew keeps it. "" is unknown.
	Version() string
}

// Dir gives the files below a directory. Names with `..` and symbolic links
// that leave the directory are refused by the kernel, not by comparing
// strings.
func Dir(root string) (Files, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("exports in %s: %w", root, cause(err))
	}
	return &dirFiles{root: r}, nil
}

// cause leaves out what os repeats of the path.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

type dirFiles struct{ root *os.Root }

func (d *dirFiles) Open(_ context.Context, name string) (File, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("open %q in %s: a name must stay below the root, without `..`", name, d.root.Name())
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, d.refusal(name, err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open %s: %w", path.Join(d.root.Name(), name), err)
	}
	if !st.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("open %s: not a regular file", path.Join(d.root.Name(), name))
	}
	return &dirFile{File: f, size: st.Size(), version: versionOf(name, st)}, nil
}

// refusal words the error of a link that leaves the tree, which os.Root
// reports without saying what to do.
func (d *dirFiles) refusal(name string, err error) error {
	full := path.Join(d.root.Name(), name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("open %s: %w", full, underlying(err))
	}
	return fmt.Errorf("open %s: %w (links that leave the directory are not followed)", full, underlying(err))
}

// underlying strips the operation and path that our own message repeats.
func underlying(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

type dirFile struct {
	*os.File
	size    int64
	version string
}

func (f *dirFile) Size() int64     { return f.size }
func (f *dirFile) Version() string { return f.version }

// versionOf names the inode: our writers replace a file by renaming another
// over it. A tail is only appended to, so its inode alone tells; what was
// renamed over may come back to an inode that was freed, so the others also
// name their time and size.
func versionOf(name string, st fs.FileInfo) string {
	ino, ok := inode(st)
	if !ok {
		return ""
	}
	v := strconv.FormatUint(ino, 16)
	if !strings.HasSuffix(name, "."+formatArrows) {
		v += fmt.Sprintf("-%x-%x", st.ModTime().UnixNano(), st.Size())
	}
	return v
}
