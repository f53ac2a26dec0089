package export

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// damagedSuffix marks a tail of which some batches did not decode: what did
// was sealed, and the tail is kept aside.
const damagedSuffix = ".damaged"

// Recovery says what Recover did to one run.
type Recovery struct {
	Host, Run string
	Segments  int   // tails that were sealed
	Rows      int64 // rows in them
	LostBytes int64 // torn bytes that were cut off, and batches that did not decode
	Err       error // why the run could not be mended, if so; the others were
}

// Recover mends the runs below root whose agent died: it cuts each tail to
// its last whole batch, seals it, sets the state to recovered and leaves a
// note. alive tells whether the agent of a run in state recording still
// lives; such a run is left alone, and so is any whose lock is held, which
// tells of agents in other containers too. Call it at the agent's start.
//
// A tail with a batch in its midst that does not decode is sealed without
// that batch and kept beside as *.damaged.
func Recover(root string, alive func(Manifest) bool) ([]Recovery, error) {
	var done []Recovery
	for _, r := range findRuns(root) {
		switch {
		case r.err != nil:
			done = append(done, Recovery{Host: r.host, Run: r.run, Err: fmt.Errorf("%s/%s/%s: %w", r.host, r.run, manifestFile, r.err)})
		case r.m.State == Recording && alive(*r.m):
		default:
			dir := filepath.Join(root, r.host, r.run)
			mend := mender{dir: dir, m: r.m, did: Recovery{Host: r.host, Run: r.run}}
			if !mend.needed() {
				continue
			}
			if mend.did.Err = mend.locked(root); errors.Is(mend.did.Err, errLocked) {
				continue // it lives, whatever alive can see of it, or another mends it
			}
			done = append(done, mend.did)
		}
	}
	return done, nil
}

// mender mends one run. Stopped at any point, it can begin anew: until
// run.json is rewritten nothing that it lists has gone.
type mender struct {
	dir    string
	m      *Manifest
	did    Recovery
	tails  []string // in the directory, ascending
	beside []string // half-written files
	remove []string // tails, once run.json no longer lists them
}

func (r *mender) locked(root string) error {
	lock, err := lockRun(r.dir)
	if err != nil {
		return err
	}
	defer lock.release()
	// Another may have mended it between our look and the lock.
	data, err := os.ReadFile(filepath.Join(r.dir, manifestFile))
	if err != nil {
		return err
	}
	if r.m, err = ParseManifest(data, r.did.Host, r.did.Run); err != nil {
		return err
	}
	if !r.needed() {
		return nil
	}
	if err := r.run(); err != nil {
		return err
	}
	return enter(root, r.m)
}

func (r *mender) needed() bool {
	r.tails, r.beside = nil, nil
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		r.did.Err = err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), besideSuffix) {
			r.beside = append(r.beside, e.Name())
		} else if _, _, format, err := parseSegmentName(e.Name()); err == nil && format == formatArrows && e.Type().IsRegular() {
			r.tails = append(r.tails, e.Name())
		}
	}
	return r.m.State == Recording || len(r.tails)+len(r.beside) > 0
}

func (r *mender) run() error {
	if r.did.Err != nil {
		return r.did.Err
	}
	for _, f := range r.beside {
		if err := os.Remove(filepath.Join(r.dir, f)); err != nil {
			return err
		}
	}
	for _, f := range r.tails {
		if err := r.tail(f); err != nil {
			return err
		}
	}
	if r.m.State == Recording {
		r.m.State = Recovered
	}
	if r.m.EndNS == 0 {
		r.m.EndNS = r.m.newest()
	}
	r.m.Agent.PID, r.m.Agent.StartTicks = 0, 0
	if err := r.note(); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(r.dir, manifestFile), true, r.m); err != nil {
		return err
	}
	for _, f := range r.remove {
		if err := os.Remove(filepath.Join(r.dir, f)); err != nil {
			return err
		}
	}
	return nil
}

// tail seals one tail and takes its place in the manifest.
func (r *mender) tail(file string) error {
	table, number, _, _ := parseSegmentName(file)
	sealedName := segmentName(table, number, formatParquet)
	listed := slices.IndexFunc(r.m.Segments, func(s Segment) bool { return s.File == file })
	if slices.ContainsFunc(r.m.Segments, func(s Segment) bool { return s.File == sealedName }) {
		r.remove = append(r.remove, file) // its writer died between run.json and here
		return nil
	}
	s, err := sealTail(r.dir, file, true)
	r.did.LostBytes += s.torn + s.damaged
	switch {
	case errors.Is(err, errEmpty):
		if listed >= 0 {
			r.m.Segments = slices.Delete(r.m.Segments, listed, listed+1)
		}
	case err != nil:
		return err
	case listed >= 0:
		r.m.Segments[listed] = s.segment
	default:
		r.m.Segments = append(r.m.Segments, s.segment)
	}
	if err == nil {
		r.did.Segments++
		r.did.Rows += s.segment.Rows
	}
	if s.damaged > 0 {
		return os.Rename(filepath.Join(r.dir, file), filepath.Join(r.dir, file+damagedSuffix))
	}
	r.remove = append(r.remove, file)
	return nil
}

// note leaves a note, in a segment of its own, of what was done.
func (r *mender) note() error {
	if len(r.tails) == 0 {
		return nil
	}
	number := 0
	for _, s := range r.m.Segments {
		if s.Table == TableNotes {
			number = max(number, s.number())
		}
	}
	text := fmt.Sprintf("recovered: the agent was cut off; %d segments sealed, %d bytes lost", r.did.Segments, r.did.LostBytes)
	s, err := writeNotes(r.dir, number+1, []Note{{TS: r.m.EndNS, Kind: NoteStop, Text: text}})
	if err != nil {
		return err
	}
	r.m.Segments = append(r.m.Segments, s)
	return nil
}

// Repair mends what can be mended without losing a whole batch: it recovers
// the runs that no living agent records, and makes index.json anew from the
// runs.
func Repair(root string) ([]Recovery, error) {
	done, err := Recover(root, Alive)
	if err != nil {
		return done, err
	}
	return done, changeIndex(root, func(x *Index) {
		x.Hosts = scanIndex(root).Hosts
	})
}
