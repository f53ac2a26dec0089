package folder

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/imports/sysfstree"
)

// Bounds of what is imported of one directory.
const (
	maxFiles   = 1000
	maxBytes   = 4 << 30
	maxDepth   = 4
	maxEntries = 20_000 // that are looked at
)

// rest is how long a file must not have changed before it is read: until then
// it may still be being written.
const rest = 2 * time.Second

// file is a foreign file.
type file struct {
	name     string // within its directory
	bytes    int64
	modified time.Time
}

// fresh tells whether the file may still be being written. One of the future
// is from a machine whose clock is ahead, and is no different tomorrow.
func (f file) fresh(now time.Time) bool {
	age := now.Sub(f.modified)
	return age >= 0 && age < rest
}

// scan is one look at which files there are.
type scan struct {
	root     fs.FS
	isTree   func(dir string) bool // a copy of sysfs is one input
	hosts    map[string]bool       // of the exports that lie there
	groups   map[string][]file
	problems []Problem

	files, entries int
	bytes          int64
	full           bool
}

// scanOf lists the foreign files by directory.
func scanOf(root *os.Root, hosts map[string]bool) *scan {
	isTree := func(dir string) bool { return sysfstree.In(filepath.Join(root.Name(), dir)) }
	s := &scan{root: root.FS(), isTree: isTree, hosts: hosts, groups: map[string][]file{}}
	s.walk(".", 0)
	return s
}

func (s *scan) walk(dir string, depth int) {
	entries, err := fs.ReadDir(s.root, dir)
	if err != nil {
		s.problem(dir, err.Error())
		return
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "run.json" }) {
		return // a run, whether it is listed or not
	}
	for _, e := range entries {
		if s.entries++; s.entries > maxEntries {
			s.once(fmt.Sprintf("there are more than %d files and directories here; the others are not looked at", maxEntries))
			return
		}
		name := path.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir() && depth == 0 && s.hosts[e.Name()]:
		case e.IsDir() && s.isTree(name):
			s.tree(dir, e.Name())
		case e.IsDir() && depth < maxDepth:
			s.walk(name, depth+1)
		case e.IsDir():
			s.problem(name, fmt.Sprintf("is more than %d directories down, and is not looked at", maxDepth))
		case e.Type()&fs.ModeSymlink != 0:
			s.problem(name, "is a symbolic link; links are not followed")
		case e.Type().IsRegular() && !ofExport(e.Name()):
			s.add(dir, e)
		}
	}
}

// ofExport are names that lie in exports, and are no output of a tool.
func ofExport(name string) bool {
	switch name {
	case indexName, "calibration.json", "pause.json":
		return true
	}
	switch path.Ext(name) {
	case ".tmp", ".damaged", ".lock", ".parquet", ".arrows":
		return true
	}
	return false
}

func (s *scan) add(dir string, e fs.DirEntry) {
	st, err := e.Info()
	if err != nil {
		return // gone meanwhile
	}
	if st.Size() == 0 {
		return // about to be written
	}
	s.put(dir, file{e.Name(), st.Size(), st.ModTime()})
}

// tree takes a directory that is read as one file; the slash says so. It is
// another one when a file of it is.
func (s *scan) tree(dir, name string) {
	x := file{name: name + "/"}
	err := fs.WalkDir(s.root, path.Join(dir, name), func(_ string, e fs.DirEntry, err error) error {
		if s.entries++; err != nil || s.entries > maxEntries {
			return fs.SkipAll
		}
		if st, err := e.Info(); err == nil && e.Type().IsRegular() {
			x.bytes += st.Size()
			if st.ModTime().After(x.modified) {
				x.modified = st.ModTime()
			}
		}
		return nil
	})
	if err != nil {
		s.problem(path.Join(dir, name), err.Error())
		return
	}
	s.put(dir, x)
}

func (s *scan) put(dir string, x file) {
	if s.files == maxFiles || s.bytes+x.bytes > maxBytes {
		s.once(fmt.Sprintf("at most %d files and %d GiB of one directory are imported; %s and others are left out: give each capture a directory of its own", maxFiles, maxBytes>>30, path.Join(dir, x.name)))
		return
	}
	s.files++
	s.bytes += x.bytes
	if dir == "." {
		dir = ""
	}
	s.groups[dir] = append(s.groups[dir], x)
	slices.SortFunc(s.groups[dir], func(a, b file) int { return cmp.Compare(a.name, b.name) })
}

func (s *scan) problem(name, text string) {
	s.problems = append(s.problems, Problem{File: name, Text: text})
}

// once tells a bound that was met, the first time.
func (s *scan) once(text string) {
	if !s.full {
		s.full = true
		s.problems = append(s.problems, Problem{Text: text})
	}
}
