package export

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Rotate seals the tails; the next rows begin new ones.
func (w *Writer) Rotate() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return fmt.Errorf("run %s is sealed", w.m.Run)
	}
	w.closeTails()
	return w.sealClosed()
}

// Seal ends the run: it writes what is pending, seals the tails, and rewrites
// run.json with the state sealed after change. When the disk is too full to
// seal, the tails stay as they are, whole and readable, and the next
// Recover seals them; Seal then returns the error that says so.
func (w *Writer) Seal(change func(*Manifest)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return nil
	}
	w.pending.end()
	err := w.flush()
	w.closeTails()
	if sealErr := w.sealClosed(); sealErr != nil && err == nil {
		err = sealErr
	}
	w.change(change)
	w.m.State = Sealed
	if w.m.EndNS == 0 {
		w.m.EndNS = max(w.m.newest(), w.pending.newestRow())
	}
	w.m.Agent.PID, w.m.Agent.StartTicks = 0, 0
	w.done = true
	defer w.lock.release()
	return errors.Join(err, w.writeManifest(true), enter(w.o.Root, &w.m))
}

// newest is the time of the newest row that the manifest knows of.
func (m *Manifest) newest() int64 {
	n := m.StartNS
	for _, s := range m.Segments {
		n = max(n, s.ToNS)
	}
	return n
}

// rotateDue closes the tails that are long or large enough, or have too many
// names.
func (w *Writer) rotateDue() {
	for _, t := range w.tails {
		covers := int64(w.o.Rotate)
		if i := levelIndex(t.table); i >= 0 {
			covers = max(covers, levels[i].covers)
		}
		if t.size >= w.o.SegmentBytes || t.toNS-t.fromNS >= covers || w.pending.crowded(t.table) {
			w.closeTail(t)
		}
	}
}

func (w *Writer) closeTails() {
	for _, t := range w.tails {
		w.closeTail(t)
	}
	slices.Sort(w.closed)
}

func (w *Writer) closeTail(t *tail) {
	// All of it was written; closing a file that was only appended to has
	// nothing left that could fail.
	t.file.Close()
	delete(w.tails, t.table)
	w.pending.begin(t.table)
	w.closed = append(w.closed, t.name())
}

// sealInBackground seals what is closed without holding up Flush.
func (w *Writer) sealInBackground() {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() {
		w.sealing = false
		w.idle.Broadcast()
	}()
	for len(w.closed) > 0 && !w.done {
		name := w.closed[0]
		if err := w.space.check(w.sealNeeds(name)); err != nil {
			return // stays a tail, which is as good to read; Seal tries again
		}
		w.mu.Unlock()
		s, err := sealTail(w.dir, name, false)
		w.mu.Lock()
		if err == nil || errors.Is(err, errEmpty) {
			err = w.replace(name, s, err)
		}
		if err != nil {
			w.pending.noteSealing(name, err)
			return
		}
	}
}

// sealClosed seals what is closed, in the foreground.
func (w *Writer) sealClosed() error {
	for w.sealing {
		w.idle.Wait()
	}
	for len(w.closed) > 0 {
		name := w.closed[0]
		if err := w.space.check(w.sealNeeds(name)); err != nil {
			return err
		}
		s, err := sealTail(w.dir, name, false)
		if err == nil || errors.Is(err, errEmpty) {
			err = w.replace(name, s, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sealNeeds is the room that sealing takes until the tail is removed; a
// sealed segment is smaller than its tail.
func (w *Writer) sealNeeds(name string) int64 {
	st, err := os.Stat(filepath.Join(w.dir, name))
	if err != nil {
		return 0
	}
	return st.Size()
}

// replace enters a sealed segment in place of its tail: first run.json, then
// the tail goes, so that at every moment the one that is listed is there.
func (w *Writer) replace(name string, s sealed, sealErr error) error {
	i := slices.IndexFunc(w.m.Segments, func(s Segment) bool { return s.File == name })
	w.space.add(s.segment.Bytes - w.sealNeeds(name))
	if errors.Is(sealErr, errEmpty) {
		w.m.Segments = slices.Delete(slices.Clone(w.m.Segments), i, i+1)
	} else {
		w.m.Segments = slices.Clone(w.m.Segments)
		w.m.Segments[i] = s.segment
	}
	if err := w.writeManifest(true); err != nil {
		return err
	}
	w.closed = slices.DeleteFunc(w.closed, func(c string) bool { return c == name })
	return os.Remove(filepath.Join(w.dir, name))
}
