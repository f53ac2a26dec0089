package folder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
)

// Options say how a directory is shown.
type Options struct {
	Formats []imports.Format
	// Cache is the directory that imports are kept below; "" is numalens in
	// the user's cache directory.
	Cache   string
	Version string // of the importer
	// Wait is how long a question waits for files to be imported before it is
	// answered without them; 0 is until they are.
	Wait time.Duration
}

// Folder is a directory of exports and of foreign files.
type Folder struct {
	dir   string
	root  *os.Root
	own   export.Files // what lies there as exports
	cache string       // of this directory
	o     Options

	program, build string // which reads the files

	done context.Context // ends with the folder
	stop context.CancelFunc

	mu     sync.Mutex
	now    *state
	coming chan struct{} // closed when the look that is under way is over
}

// state is what a look at the directory found. It never changes.
type state struct {
	at       time.Time
	runs     map[string]export.Files // by host/run: what was imported
	index    []byte                  // nil where there is no run at all
	problems []Problem
	groups   map[string]kept // by directory
	err      error
}

// indexName is the one file that is made up: the others are read where they
// lie.
const indexName = "index.json"

// lookEvery is how often the directory is looked at.
const lookEvery = time.Second

// Open opens a directory.
func Open(dir string, o Options) (*Folder, error) {
	own, err := export.Dir(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{dir: abs, root: root, own: own, o: o}
	f.program, f.build = program(o.Version)
	f.done, f.stop = context.WithCancel(context.Background())
	return f, nil
}

// Close ends an import that is under way.
func (f *Folder) Close() error {
	f.stop()
	return f.root.Close()
}

// Open opens a file of the exports that lie in the directory, or of those
// that were imported.
func (f *Folder) Open(ctx context.Context, name string) (export.File, error) {
	if name == indexName {
		s, err := f.look(ctx)
		if err != nil {
			return nil, err
		}
		return index{bytes.NewReader(s.index), s.index}, nil
	}
	if files := f.imported(name); files != nil {
		return files.Open(ctx, name)
	}
	return f.own.Open(ctx, name)
}

// imported gives the place of a file that belongs to a run that was imported.
func (f *Folder) imported(name string) export.Files {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now == nil {
		return nil
	}
	return f.now.runs[path.Dir(name)]
}

// Problems are what could not be read when the directory was last looked at.
func (f *Folder) Problems() []Problem {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now == nil {
		return nil
	}
	return f.now.problems
}

// ProblemsOf are those of the files that a run was imported from; of a run
// that was recorded there are none.
func (f *Folder) ProblemsOf(host, run string) []Problem {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now == nil {
		return nil
	}
	for rel, k := range f.now.groups {
		if k.Host == host && k.Run == run {
			return k.problems(rel)
		}
	}
	return nil
}

// Runs gives each imported run's exports, by host/run.
func (f *Folder) Runs(ctx context.Context) (map[string]export.Files, error) {
	s, err := f.settled(ctx)
	if err != nil {
		return nil, err
	}
	return s.runs, s.err
}

// look gives what the directory holds, looking again if that was a while ago.
func (f *Folder) look(ctx context.Context) (*state, error) {
	s, err := f.settled(ctx)
	if err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	if s.index == nil {
		return nil, f.empty(s.problems)
	}
	return s, nil
}

// settled waits for the look that is under way, or begins one.
func (f *Folder) settled(ctx context.Context) (*state, error) {
	f.mu.Lock()
	if f.now != nil && f.coming == nil && time.Since(f.now.at) < lookEvery {
		defer f.mu.Unlock()
		return f.now, nil
	}
	if f.coming == nil {
		f.coming = make(chan struct{})
		go f.refresh(f.now, f.coming)
	}
	coming, before := f.coming, f.now
	f.mu.Unlock()

	var late <-chan time.Time
	if f.o.Wait > 0 {
		t := time.NewTimer(f.o.Wait)
		defer t.Stop()
		late = t.C
	}
	select {
	case <-coming:
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.now, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late:
	}
	if before == nil {
		before = f.withIndex(&state{})
	}
	s := *before
	s.problems = append(slices.Clone(s.problems), Problem{Text: "files are still being imported; what they hold is shown as soon as they are"})
	return &s, nil
}

func (f *Folder) refresh(before *state, coming chan struct{}) {
	s := f.find(before)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now, f.coming = s, nil
	close(coming)
}

// withIndex fills in the list of runs: those that lie in the directory and
// those that were imported.
func (f *Folder) withIndex(s *state) *state {
	s.at, s.runs = time.Now(), map[string]export.Files{}
	x, err := readIndex(f.own)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.err = err
		return s
	}
	some := err == nil
	own := map[string]bool{}
	for _, h := range x.Hosts {
		for _, r := range h.Runs {
			own[h.Host+"/"+r.Run] = true
		}
	}
	for _, rel := range slices.Sorted(maps.Keys(s.groups)) {
		k := s.groups[rel]
		s.problems = append(s.problems, k.problems(rel)...)
		if k.Run == "" {
			continue
		}
		name := k.Host + "/" + k.Run
		if own[name] || s.runs[name] != nil {
			s.problems = append(s.problems, Problem{File: rel, Text: "its files make a run " + name + ", which is there already"})
			continue
		}
		entry, err := k.entry()
		if err != nil {
			s.problems = append(s.problems, Problem{File: rel, Text: err.Error()})
			continue
		}
		s.runs[name] = k.files
		x.add(k.Host, entry)
		some = true
	}
	if some {
		s.index, s.err = json.Marshal(x.Index)
	}
	return s
}

// Empty is the error of a directory without a run.
func (f *Folder) Empty() error { return f.empty(f.Problems()) }

func (f *Folder) empty(problems []Problem) error {
	return &EmptyError{f.dir, f.o.Formats, problems}
}

// EmptyError says that a directory has no run, and why.
type EmptyError struct {
	Dir      string
	Formats  []imports.Format
	Problems []Problem
}

func (e *EmptyError) Error() string {
	if len(e.Problems) == 0 {
		return fmt.Sprintf("no exports here: there is no %s in %s, and no file that can be imported; is it the directory that numalens-agent writes to, or that output of %s was put into?", indexName, e.Dir, names(e.Formats))
	}
	var words []string
	for _, p := range e.Problems {
		words = append(words, p.String())
	}
	return fmt.Sprintf("nothing in %s could be shown: %s", e.Dir, strings.Join(Shortened(words), "; "))
}

func names(all []imports.Format) string {
	out := make([]string, len(all))
	for i, f := range all {
		out[i] = f.Name
	}
	return strings.Join(out, ", ")
}

// index is index.json, made of several.
type index struct {
	*bytes.Reader
	data []byte
}

func (i index) Close() error { return nil }
func (i index) Size() int64  { return int64(len(i.data)) }
func (i index) Version() string {
	sum := sha256.Sum256(i.data)
	return hex.EncodeToString(sum[:8])
}
