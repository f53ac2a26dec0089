package export

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// space keeps the books of what may be written: a cap on all that lies below
// the root, and a floor of what stays free on its file system.
type space struct {
	root      string
	host, run string // being recorded
	max, keep int64  // max below 0 is no cap
	used      int64  // below root, as counted last and since
}

func newSpace(o WriterOptions, host, run string) (*space, error) {
	s := &space{root: o.Root, host: host, run: run, max: o.MaxBytes, keep: max(o.KeepFreeBytes, 0)}
	if o.KeepFreeBytes == 0 {
		_, total, err := diskSpace(o.Root)
		if err != nil {
			return nil, fmt.Errorf("how much is free at %s: %w", o.Root, err)
		}
		s.keep = min(max(1<<30, total/20), total/4)
	}
	s.count()
	return s, nil
}

// count walks the root. What vanishes meanwhile does not count.
func (s *space) count() {
	s.used = 0
	filepath.WalkDir(s.root, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if i, err := d.Info(); err == nil {
			s.used += i.Size()
		}
		return nil
	})
}

func (s *space) add(n int64) { s.used += n }

// free is what the file system has left, -1 when it does not say.
func (s *space) free() int64 {
	free, _, err := diskSpace(s.root)
	if err != nil {
		return -1
	}
	return free
}

// check tells whether need more bytes leave enough free.
func (s *space) check(need int64) error {
	if s.keep == 0 {
		return nil
	}
	free, _, err := diskSpace(s.root)
	if err != nil {
		return fmt.Errorf("how much is free at %s: %w", s.root, err)
	}
	if free-need < s.keep {
		return &FullError{Path: s.root, FreeBytes: free, KeepBytes: s.keep}
	}
	return nil
}

// FullError says that nothing more is written because the disk, or what may
// be taken of it, is full. What was written before stays readable.
type FullError struct {
	Path      string // where
	FreeBytes int64  // what the file system has left; -1 is unknown
	KeepBytes int64  // what has to stay free
	CapBytes  int64  // the cap on all exports, where that is what was reached
	Err       error  // what the kernel said, if it was asked
}

func (e *FullError) Error() string {
	switch {
	case e.CapBytes > 0:
		return fmt.Sprintf("recording stopped: the exports in %s have reached their cap of %d bytes, and nothing older can go; raise the cap", e.Path, e.CapBytes)
	case e.Err != nil:
		return fmt.Sprintf("recording stopped: the disk of %s is full (%v): free some space", e.Path, e.Err)
	}
	return fmt.Sprintf("recording stopped: the disk of %s has %d bytes left, of which %d are to stay free: free some space, or keep less free", e.Path, e.FreeBytes, e.KeepBytes)
}

func (e *FullError) Unwrap() error { return e.Err }

// makeRoom sees to it that need bytes can be written: under the cap by
// removing the oldest run's oldest segments, of the run being recorded last;
// but never by removing anything for the sake of the free space, which
// others may be filling.
func (w *Writer) makeRoom(need int64) error {
	if s := w.space; s.max > 0 && s.used+need > s.max {
		s.count()
		if err := w.prune(s.used + need - s.max); err != nil {
			return err
		}
	}
	return w.space.check(need)
}

func (w *Writer) prune(over int64) error {
	s := w.space
	others := s.others()
	for _, all := range []bool{false, true} {
		for _, r := range others {
			if over <= 0 {
				return nil
			}
			freed, err := pruneRun(s.root, r, over, all)
			s.used -= freed
			over -= freed
			if err != nil {
				return err
			}
		}
	}
	for over > 0 {
		freed, err := w.pruneOwn()
		if err == nil && freed == 0 && len(w.closed) > 0 {
			// Tails came faster than they were sealed in the background.
			if err = w.sealClosed(); err == nil {
				freed, err = w.pruneOwn()
			}
		}
		if err != nil {
			return err
		}
		if freed == 0 {
			return &FullError{Path: s.root, FreeBytes: s.free(), KeepBytes: s.keep, CapBytes: s.max}
		}
		s.used -= freed
		over -= freed
	}
	return nil
}

// others are the runs that may be pruned, oldest first.
func (s *space) others() []*Manifest {
	var ms []*Manifest
	for _, r := range findRuns(s.root) {
		if r.err == nil && (r.host != s.host || r.run != s.run) && !living(filepath.Join(s.root, r.host, r.run), r.m) {
			ms = append(ms, r.m)
		}
	}
	slices.SortStableFunc(ms, func(a, b *Manifest) int { return cmp.Compare(a.StartNS, b.StartNS) })
	return ms
}

// pruneRun removes a run's oldest segments until over bytes are free: levels
// only if all may go. A run without segments then goes as a whole.
func pruneRun(root string, m *Manifest, over int64, all bool) (freed int64, err error) {
	dir := filepath.Join(root, m.Host, m.Run)
	raw := func() bool { return slices.ContainsFunc(m.Segments, func(s Segment) bool { return !isLevel(s.Table) }) }
	for (all && len(m.Segments) > 0 || raw()) && freed < over {
		var n int64
		if n, err = removeSegment(dir, m, oldest(m.Segments)); err != nil {
			return freed, err
		}
		freed += n
	}
	if len(m.Segments) > 0 || !all {
		return freed, nil
	}
	if err := leave(root, m.Host, m.Run); err != nil {
		return freed, err
	}
	return freed, os.RemoveAll(dir)
}

// oldest is the segment that goes first: the one whose rows end first; a tail,
// which does not say, is the newest. Levels come last, the finest first: they
// outlive what they were made of.
func oldest(segments []Segment) int {
	return slices.IndexFunc(segments, func(s Segment) bool {
		return !slices.ContainsFunc(segments, func(x Segment) bool { return x.goesBefore(s) })
	})
}

func (s Segment) goesBefore(x Segment) bool {
	return cmp.Or(cmp.Compare(s.rank(), x.rank()), cmp.Compare(s.endsAt(), x.endsAt())) < 0
}

func (s Segment) endsAt() int64 {
	if s.ToNS == 0 {
		return math.MaxInt64
	}
	return s.ToNS
}

// rank orders what was recorded, its levels, and tails that go on.
func (s Segment) rank() int {
	if s.Format != formatParquet {
		return len(levels) + 1
	}
	return levelIndex(s.Table) + 1
}

// expire removes segments that are too old, once a minute.
func (w *Writer) expire() error {
	newest := w.pending.newestRow()
	if len(w.o.Keep) == 0 || newest-w.expired < int64(time.Minute) {
		return nil
	}
	w.expired = newest
	for i := 0; i < len(w.m.Segments); {
		s := w.m.Segments[i]
		age, limited := w.o.Keep[s.Table]
		if !limited || s.Format != formatParquet || s.ToNS >= newest-int64(age) {
			i++
			continue
		}
		freed, err := removeSegment(w.dir, &w.m, i)
		w.space.add(-freed)
		if err != nil {
			return err
		}
	}
	return nil
}

// removeSegment takes a segment out of run.json, then removes its file.
func removeSegment(dir string, m *Manifest, i int) (int64, error) {
	path := filepath.Join(dir, m.Segments[i].File)
	m.Segments = slices.Delete(slices.Clone(m.Segments), i, i+1)
	if err := writeJSON(filepath.Join(dir, manifestFile), false, m); err != nil {
		return 0, err
	}
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return st.Size(), os.Remove(path)
}

// pruneOwn removes the oldest sealed segment of the run being recorded.
func (w *Writer) pruneOwn() (int64, error) {
	if len(w.m.Segments) == 0 {
		return 0, nil
	}
	i := oldest(w.m.Segments)
	s := w.m.Segments[i]
	if s.Format != formatParquet {
		return 0, nil
	}
	w.Note(Note{TS: s.ToNS, Kind: NoteDrop, Table: s.Table, Count: s.Rows, Text: s.File + " was removed to keep to the cap"})
	return removeSegment(w.dir, &w.m, i)
}
