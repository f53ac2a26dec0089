package export

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// WriterOptions say where a run is written and what it may take there. The
// zero value of each limit is its default.
type WriterOptions struct {
	Root string
	// MaxBytes caps all runs below Root together; 0 is 2 GB, negative is no
	// cap. The oldest run's segments go first.
	MaxBytes int64
	// KeepFreeBytes of the file system are never taken; 0 is the larger of
	// 1 GiB and 5 %, but at most a quarter of the file system; negative is
	// none.
	KeepFreeBytes int64
	// Rotate is the time that a segment covers at most; 0 is one hour.
	Rotate time.Duration
	// SegmentBytes is the size at which a tail is sealed; 0 is 64 MB, or
	// less under a small cap.
	SegmentBytes int64
	// Keep is how old a table's rows may become, by table: its segments go
	// when all of their rows are older. A table that is not named is kept.
	Keep map[string]time.Duration

	// openTail stands in for the file system in tests.
	openTail func(path string) (tailFile, error)
}

const (
	defaultMaxBytes     = 2e9
	defaultSegmentBytes = 64e6
	defaultRotate       = time.Hour
)

func (o WriterOptions) withDefaults() WriterOptions {
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.Rotate <= 0 {
		o.Rotate = defaultRotate
	}
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = defaultSegmentBytes
		if o.MaxBytes > 0 {
			// Deleting has the grain of a segment.
			o.SegmentBytes = max(64<<10, min(o.SegmentBytes, o.MaxBytes/16))
		}
	}
	if o.openTail == nil {
		o.openTail = func(path string) (tailFile, error) {
			return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
		}
	}
	return o
}

// Writer records one run. Counter, Node, Sample, Note and Append only fill
// memory; what touches the disk returns an error. It is safe for concurrent
// use.
//
// When a write fails, or the disk is full, the writer stops: Flush returns
// the same error from then on, and what was written stays readable.
type Writer struct {
	o     WriterOptions
	dir   string
	space *space
	lock  *runLock

	pending *pending // has its own lock, held for no longer than encoding a batch takes

	mu      sync.Mutex // guards what is below
	m       Manifest
	tails   map[string]*tail
	last    map[string]int // number of each table's newest segment
	closed  []string       // tails that wait to be sealed, oldest first
	stopped error          // why nothing more is written
	done    bool
	sealing bool // a sealer is at work in the background
	idle    *sync.Cond
	expired int64 // time of the newest row when segments were last looked through for old ones
}

// Create makes the run's directory, <root>/<host>/<run>/, with run.json, and
// enters the run into index.json. m names the host, the run, its groups; the
// writer keeps format, version, state and segments itself. nodeColumns are
// the value columns of the nodes table.
func Create(o WriterOptions, m Manifest, nodeColumns []string) (*Writer, error) {
	o = o.withDefaults()
	m.Format, m.Version, m.State, m.Segments = formatRun, Version, Recording, []Segment{}
	rel, err := runPath(m.Host, m.Run, manifestFile)
	if err != nil {
		return nil, err
	}
	m.Tables = slices.Clone(m.Tables)
	p, err := newPending(&m, nodeColumns)
	if err != nil {
		return nil, err
	}
	w := &Writer{o: o, dir: filepath.Join(o.Root, filepath.Dir(rel)), m: m, pending: p,
		tails: map[string]*tail{}, last: map[string]int{}}
	w.idle = sync.NewCond(&w.mu)
	if err := w.makeDir(); err != nil {
		return nil, err
	}
	if err := w.begin(); err != nil {
		// Nothing was recorded: leave nothing behind.
		w.lock.release()
		return nil, errors.Join(err, os.RemoveAll(w.dir))
	}
	return w, nil
}

func (w *Writer) begin() (err error) {
	if w.lock, err = lockRun(w.dir); err != nil {
		return fmt.Errorf("lock the run: %w", err)
	}
	if w.space, err = newSpace(w.o, w.m.Host, w.m.Run); err != nil {
		return err
	}
	if err := w.space.check(0); err != nil {
		return err
	}
	if err := w.writeManifest(true); err != nil {
		return w.reason(err)
	}
	return enter(w.o.Root, &w.m)
}

func (w *Writer) makeDir() error {
	if err := os.MkdirAll(filepath.Dir(w.dir), 0o755); err != nil {
		return fmt.Errorf("create the export: %w", err)
	}
	if err := os.Mkdir(w.dir, 0o755); err != nil {
		return fmt.Errorf("create the run: %w", err)
	}
	return nil
}

// Dir is the run's directory.
func (w *Writer) Dir() string { return w.dir }

// Counter takes one reading of a group.
func (w *Writer) Counter(r CounterRow) { w.pending.counter(r) }

// Node takes one reading of a node.
func (w *Writer) Node(r NodeRow) { w.pending.node(r) }

// Sample takes one sample.
func (w *Writer) Sample(s Sample) { w.pending.sample(s) }

// Note takes a note.
func (w *Writer) Note(n Note) { w.pending.note(n) }

// Append takes one row of a table that has no method of its own, its values
// in the order of the table's columns; nil is null.
func (w *Writer) Append(table string, values ...any) error {
	return w.pending.append(table, values)
}

// Flush appends what was taken since the last one: one batch a table. It
// also begins to seal what is due, in the background, and keeps to the
// limits. Call it once a second.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flush()
}

func (w *Writer) flush() error {
	if w.done {
		return fmt.Errorf("run %s is sealed", w.m.Run)
	}
	if w.stopped != nil {
		return w.stopped
	}
	if err := w.flushTables(); err != nil {
		w.stopped = w.reason(err)
		return w.stopped
	}
	w.rotateDue()
	if err := w.expire(); err != nil {
		return err
	}
	if len(w.closed) > 0 && !w.sealing {
		w.sealing = true
		go w.sealInBackground()
	}
	return nil
}

func (w *Writer) flushTables() (err error) {
	fresh := false
	for _, table := range w.pending.tables() {
		t := w.tails[table]
		if t == nil {
			if t, err = w.beginTail(table); err != nil {
				break
			}
			fresh = true
		}
		if err = w.flushTable(t); err != nil {
			if t.size == 0 {
				err = errors.Join(err, w.dropTail(t))
			}
			break
		}
	}
	if fresh {
		// Also after an error: what is listed can be read.
		err = errors.Join(err, w.writeManifest(false))
	}
	return err
}

func (w *Writer) flushTable(t *tail) error {
	p, err := w.pending.encode(t)
	if err != nil {
		return err
	}
	if err := w.makeRoom(int64(len(p))); err != nil {
		return err
	}
	if err := t.append(p); err != nil {
		return err
	}
	w.space.add(int64(len(p)))
	return nil
}

// beginTail makes a table's next segment. It is entered into run.json after
// its first batch is there; Recover adopts one that a crash left unlisted.
func (w *Writer) beginTail(table string) (*tail, error) {
	n := w.last[table] + 1
	layout, err := w.pending.layout(table)
	if err != nil {
		return nil, err
	}
	t := &tail{table: table, number: n, enc: newTailEncoder(layout)}
	if t.file, err = w.o.openTail(filepath.Join(w.dir, t.name())); err != nil {
		return nil, err
	}
	w.tails[table], w.last[table] = t, n
	w.m.Segments = append(w.m.Segments, Segment{Table: table, File: t.name(), Format: formatArrows})
	if !slices.ContainsFunc(w.m.Tables, func(i TableInfo) bool { return i.Name == table }) {
		w.m.Tables = append(w.m.Tables, tableInfo(table))
	}
	return t, nil
}

// dropTail takes back a tail whose first batch could not be written.
func (w *Writer) dropTail(t *tail) error {
	delete(w.tails, t.table)
	w.m.Segments = slices.DeleteFunc(slices.Clone(w.m.Segments), func(s Segment) bool { return s.File == t.name() })
	return errors.Join(t.file.Close(), os.Remove(filepath.Join(w.dir, t.name())))
}

// reason words an error that stops the run.
func (w *Writer) reason(err error) error {
	var full *FullError
	if errors.As(err, &full) {
		return full
	}
	for _, said := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, said) {
			return &FullError{Path: w.dir, FreeBytes: w.space.free(), KeepBytes: w.space.keep, Err: said}
		}
	}
	return err
}

// Update changes the manifest and rewrites run.json. What the writer keeps
// itself (names, state, segments, groups, columns) stays as it is.
func (w *Writer) Update(change func(*Manifest)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return fmt.Errorf("run %s is sealed", w.m.Run)
	}
	w.change(change)
	return w.writeManifest(false)
}

func (w *Writer) change(change func(*Manifest)) {
	if change == nil {
		return
	}
	m := w.m
	m.Tables = slices.Clone(m.Tables)
	change(&m)
	m.Format, m.Version, m.Host, m.Run, m.State = w.m.Format, w.m.Version, w.m.Host, w.m.Run, w.m.State
	m.Segments, m.Groups = w.m.Segments, w.m.Groups
	for i := range m.Tables {
		for _, t := range w.m.Tables {
			if t.Name == m.Tables[i].Name {
				m.Tables[i].Columns = t.Columns
			}
		}
	}
	w.m = m
}

func (w *Writer) writeManifest(sync bool) error {
	return writeJSON(filepath.Join(w.dir, manifestFile), sync, &w.m)
}

// Bytes is what the run's segments take on disk now.
func (w *Writer) Bytes() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var n int64
	for _, s := range w.m.Segments {
		n += w.segmentBytes(s)
	}
	return n
}

func (w *Writer) segmentBytes(s Segment) int64 {
	if s.Format == formatParquet {
		return s.Bytes
	}
	if t := w.tails[s.Table]; t != nil && t.name() == s.File {
		return t.size
	}
	st, err := os.Stat(filepath.Join(w.dir, s.File))
	if err != nil {
		return 0
	}
	return st.Size()
}
