package folder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/sysfstree"
)

// kept is what was made of the files of one directory; done.json holds it.
type kept struct {
	Host     string    `json:"host,omitempty"`
	Run      string    `json:"run,omitempty"` // "" where no file could be read
	Refused  []Problem `json:"refused,omitempty"`
	Unknown  []string  `json:"unknown,omitempty"` // files of no known format
	Doubtful []Problem `json:"doubtful,omitempty"`

	key    string
	files  export.Files
	later  []Problem // of this look only
	failed time.Time // it could not be made, for no fault of the files
}

// again is how long after a failure, as for want of space, an import is tried
// once more.
const again = time.Minute

// holds tells whether this is still what a key names.
func (k *kept) holds(key string) bool {
	return k.key == key && (k.failed.IsZero() || time.Since(k.failed) < again)
}

const doneName = "done.json"

// problems are what a reader must know of a directory's files.
func (k *kept) problems(rel string) []Problem {
	var out []Problem
	for _, p := range slices.Concat(k.Refused, k.Doubtful, k.later) {
		out = append(out, p.below(rel))
	}
	if n := len(k.Unknown); n > 0 {
		text := fmt.Sprintf("%d files are of no known format: %s", n, strings.Join(Shortened(k.Unknown), ", "))
		if n == 1 {
			text = "is of no known format"
			return append(out, Problem{File: k.Unknown[0], Text: text}.below(rel))
		}
		out = append(out, Problem{Text: text}.below(rel))
	}
	return out
}

// importing is held by the import that is under way: one at a time in a
// program, so that a directory full of files takes no more memory than one.
var importing sync.Mutex

// find looks at the directory, imports what is new and forgets what is gone.
func (f *Folder) find(before *state) *state {
	s := &state{groups: map[string]kept{}}
	x, _ := readIndex(f.own) // an index that is broken is told of below
	found := scanOf(f.root, x.hosts())
	s.problems = found.problems
	if len(found.groups) > 0 && f.cache == "" {
		cache, err := cacheDir(f.o.Cache, f.dir, f.program)
		if err != nil {
			s.problems = append(s.problems, Problem{Text: fmt.Sprintf("the files here cannot be shown, as there is no place to keep what is made of them: %s; give a cache directory", err)})
			return f.withIndex(s)
		}
		f.cache = cache
	}
	wanted := map[string]bool{}
	for rel, files := range found.groups {
		var was kept
		if before != nil {
			was = before.groups[rel]
		}
		k := f.group(rel, files, was)
		s.groups[rel] = k
		wanted[k.key] = true
	}
	f.forget(wanted)
	return f.withIndex(s)
}

// group gives the run of a directory's files.
func (f *Folder) group(rel string, files []file, was kept) kept {
	key := f.key(rel, files)
	if was.holds(key) {
		if was.failed.IsZero() {
			was.later = nil
		}
		return was
	}
	k, err := f.load(key)
	if err == nil {
		return k
	}
	now := time.Now()
	fresh := slices.ContainsFunc(files, func(x file) bool { return x.fresh(now) })
	if fresh && was.files != nil {
		was.later = stillWritten(files, now)
		return was
	}
	var later []Problem
	if fresh {
		files, later = f.rested(rel, files)
	}
	if len(files) == 0 {
		return kept{later: later}
	}
	key = f.key(rel, files)
	if k, err = f.load(key); err != nil {
		k, err = f.make(rel, key, files)
	}
	if err != nil {
		k = kept{key: key, failed: time.Now(), later: []Problem{{Text: err.Error()}}}
	}
	k.later = append(k.later, later...)
	return k
}

// rested waits for files that have just been written, and leaves out those
// that still are.
func (f *Folder) rested(rel string, files []file) ([]file, []Problem) {
	select {
	case <-time.After(rest):
	case <-f.done.Done():
	}
	now := time.Now()
	var out, fresh []file
	for _, x := range files {
		st, err := f.root.Stat(path.Join(rel, x.name))
		if err != nil {
			continue // gone
		}
		if st.Mode().IsRegular() {
			x = file{x.name, st.Size(), st.ModTime()}
		}
		if x.fresh(now) {
			fresh = append(fresh, x)
		} else {
			out = append(out, x)
		}
	}
	return out, stillWritten(fresh, now)
}

func stillWritten(files []file, now time.Time) []Problem {
	var out []Problem
	for _, x := range files {
		if x.fresh(now) {
			out = append(out, Problem{File: x.name, Text: fmt.Sprintf("is still being written; it is read once it has not changed for %s", rest)})
		}
	}
	return out
}

// key names the files as they are, and who reads them.
func (f *Folder) key(rel string, files []file) string {
	parts := []string{f.build, rel}
	for _, x := range files {
		parts = append(parts, x.name, fmt.Sprint(x.bytes), fmt.Sprint(x.modified.UnixNano()))
	}
	return digest(parts...)[:32]
}

// load finds an import that was made before.
func (f *Folder) load(key string) (kept, error) {
	k := kept{key: key}
	dir := filepath.Join(f.cache, key)
	data, err := os.ReadFile(filepath.Join(dir, doneName))
	if err == nil {
		err = json.Unmarshal(data, &k)
	}
	if err == nil && k.Run != "" {
		k.files, err = export.Dir(dir)
	}
	return k, err
}

// make imports the files of a directory. Programs that do so at the same time
// make the same, and the first one's is kept.
func (f *Folder) make(rel, key string, files []file) (kept, error) {
	importing.Lock()
	defer importing.Unlock()
	dir, err := os.MkdirTemp(f.cache, ".new-")
	if err != nil {
		return kept{}, err
	}
	defer os.RemoveAll(dir)
	k, err := f.importInto(f.done, dir, rel, files)
	if err != nil {
		return kept{}, err
	}
	data, err := json.Marshal(k)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, doneName), data, 0o600)
	}
	if err == nil {
		err = os.Rename(dir, filepath.Join(f.cache, key))
	}
	if k, lerr := f.load(key); lerr == nil {
		return k, nil
	}
	return kept{}, fmt.Errorf("keep what was imported: %w", err)
}

func (f *Folder) importInto(ctx context.Context, dir, rel string, files []file) (kept, error) {
	var k kept
	var inputs []imports.Input
	for _, x := range files {
		in, err := f.input(rel, x)
		if err != nil {
			k.Refused = append(k.Refused, problemOf(x.name, err))
			continue
		}
		inputs = append(inputs, in)
	}
	o := imports.Options{Formats: f.o.Formats, Root: dir, Run: f.runName(rel), Version: f.o.Version, Refused: func(in imports.Input, err error) {
		var unknown *imports.UnknownFormatError
		if errors.As(err, &unknown) {
			k.Unknown = append(k.Unknown, in.Name)
		} else {
			k.Refused = append(k.Refused, problemOf(in.Name, err))
		}
	}}
	r, err := imports.Import(ctx, o, inputs)
	if errors.Is(err, imports.ErrNothing) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	k.Host, k.Run = r.Host, r.Run
	for _, x := range r.Files {
		k.doubt(x)
	}
	return k, nil
}

func (f *Folder) input(rel string, x file) (imports.Input, error) {
	if strings.HasSuffix(x.name, "/") {
		return sysfstree.Input(filepath.Join(f.dir, rel, x.name))
	}
	return imports.FileIn(f.root, path.Join(rel, x.name))
}

// doubt keeps a file's first warning, and how many there were: all of them
// are notes of the run.
func (k *kept) doubt(x imports.FileReport) {
	if len(x.Warnings) == 0 {
		return
	}
	p := Problem{File: x.File, Line: x.Warnings[0].Line, Text: x.Warnings[0].Text}
	if n := len(x.Warnings) + x.MoreWarnings; n > 1 {
		p.Text += fmt.Sprintf(" (the first of %d warnings; the run's notes have them)", n)
	}
	k.Doubtful = append(k.Doubtful, p)
}

// runName is what a directory's run is called.
func (f *Folder) runName(rel string) string {
	if rel == "" {
		return filepath.Base(f.dir)
	}
	return strings.ReplaceAll(rel, "/", "-")
}

// staleAfter is how long an import that a look did not need stays: another
// program, or a question that is under way, may still read it.
const staleAfter = time.Minute

// forget takes away what was made of files that are no more.
func (f *Folder) forget(wanted map[string]bool) {
	if f.cache == "" {
		return
	}
	entries, err := os.ReadDir(f.cache)
	if err != nil {
		return
	}
	for _, e := range entries {
		name := filepath.Join(f.cache, e.Name())
		st, err := e.Info()
		switch {
		case err != nil:
		case wanted[e.Name()]:
			if time.Since(st.ModTime()) > staleAfter/4 {
				_ = os.Chtimes(name, time.Now(), time.Now()) // in use
			}
		case strings.HasPrefix(e.Name(), "."):
			if time.Since(st.ModTime()) > time.Hour {
				os.RemoveAll(name) // left by a program that died
			}
		case time.Since(st.ModTime()) > staleAfter:
			os.RemoveAll(name)
		}
	}
}
