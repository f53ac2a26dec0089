package numastat

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/export"
)

// bufferBytes holds any file of sysfs (a page at most, 64 KiB on some arm64
// kernels) in a single read; a second read would make the kernel produce the
// whole content again.
const bufferBytes = 64<<10 + 1

// node is one node's three files, kept open: opening them anew each time
// costs half as much again.
type node struct {
	id     int
	files  []file // those that there are
	failed bool   // since the last read that worked
}

// file is one of them. Its lines come in the same order at every read, so the
// column of a line is nearly always the one expected.
type file struct {
	path    string
	prefix  string // of its columns
	fd      int    // -1 is closed
	names   []string
	columns []int // of the nth line; -1 is left out
	byName  map[string]int
}

// fileNames are the files of a node that are read; vmstat is the youngest
// (2.6.38).
var fileNames = []string{"numastat", "meminfo", "vmstat"}

func newNode(id int, dir string) *node {
	n := &node{id: id}
	for _, name := range fileNames {
		prefix := name + "."
		if name == "numastat" {
			prefix = ""
		}
		n.files = append(n.files, file{path: filepath.Join(dir, name), prefix: prefix, fd: -1})
	}
	return n
}

// probe opens the files for the first time and adds the columns that are not
// yet among those of other nodes. A file that cannot be used is given up and
// told of by name. With withoutNUMA the columns that the kernel does not
// count are left out.
func (n *node) probe(columns *[]string, buf []byte, withoutNUMA bool) map[string]error {
	failed := map[string]error{}
	var usable []file
	for _, f := range n.files {
		err := f.open()
		if err == nil {
			err = f.listColumns(columns, buf, withoutNUMA)
		}
		if err != nil {
			failed[filepath.Base(f.path)] = err
			f.close()
			continue
		}
		usable = append(usable, f)
	}
	n.files = usable
	return failed
}

func (n *node) open() error {
	for i := range n.files {
		if err := n.files[i].open(); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) open() error {
	if f.fd >= 0 {
		return nil
	}
	fd, err := unix.Open(f.path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", f.path, err)
	}
	f.fd = fd
	return nil
}

func (n *node) close() {
	for i := range n.files {
		n.files[i].close()
	}
}

func (f *file) close() {
	if f.fd >= 0 {
		unix.Close(f.fd)
		f.fd = -1
	}
}

func (f *file) listColumns(columns *[]string, buf []byte, withoutNUMA bool) error {
	b, err := f.read(buf)
	if err != nil {
		return err
	}
	err = eachLine(b, func(name []byte, _ int64) {
		column := f.prefix + string(name)
		uncounted := withoutNUMA && (f.prefix == "" || strings.HasPrefix(string(name), "numa_"))
		if !uncounted && !slices.Contains(*columns, column) {
			*columns = append(*columns, column)
		}
		f.names = append(f.names, string(name))
	})
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

// index tells each file the columns of its lines.
func (n *node) index(columns []string) {
	for i := range n.files {
		f := &n.files[i]
		f.byName = map[string]int{}
		for _, column := range columns {
			if name, ok := strings.CutPrefix(column, f.prefix); ok {
				f.byName[name] = slices.Index(columns, column)
			}
		}
		for _, name := range f.names {
			f.columns = append(f.columns, f.column([]byte(name)))
		}
	}
}

func (f *file) column(name []byte) int {
	if c, ok := f.byName[string(name)]; ok {
		return c
	}
	return -1
}

// read fills what the node's files hold; the rest stays not valid.
func (n *node) read(buf []byte, values []int64, valid []bool) error {
	if n.failed {
		// An open file of a node that went away stays dead when it returns.
		n.close()
		if err := n.open(); err != nil {
			return err
		}
	}
	for i := range n.files {
		f := &n.files[i]
		b, err := f.read(buf)
		if err != nil {
			return err
		}
		line := 0
		err = eachLine(b, func(name []byte, value int64) {
			column := -1
			if line < len(f.names) && f.names[line] == string(name) {
				column = f.columns[line]
			} else {
				column = f.column(name)
			}
			line++
			if column >= 0 {
				values[column], valid[column] = value, true
			}
		})
		if err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
	}
	return nil
}

func (f *file) read(buf []byte) ([]byte, error) {
	n, err := unix.Pread(f.fd, buf, 0)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.path, err)
	}
	if n == len(buf) {
		return nil, fmt.Errorf("read %s: longer than a page: not a file of sysfs", f.path)
	}
	return bytes.TrimRight(buf[:n], "\x00"), nil // some copies of /sys are filled up
}

// changed says whether the node has just begun to fail, or to work again.
func (n *node) changed(err error) bool {
	failed := err != nil
	changed := failed != n.failed
	n.failed = failed
	return changed
}

func (n *node) note(ts int64, err error) export.Note {
	note := export.Note{TS: ts, Kind: export.NoteMark, Table: export.TableNodes}
	note.Text = fmt.Sprintf("node %d is read again", n.id)
	if err != nil {
		note.Kind = export.NoteDrop
		note.Text = fmt.Sprintf("node %d is not read: %v", n.id, err)
	}
	return note
}
