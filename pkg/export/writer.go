package export

import (
	"fmt"
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
	// 1 GiB and 5 %, less where the file system is small.
	KeepFreeBytes int64
	// Rotate is the age at which a tail is sealed; 0 is one hour.
	Rotate time.Duration
	// SegmentBytes is the size at which a tail is sealed; 0 is 64 MB.
	SegmentBytes int64
}

// Writer records one run. Counter, Node, Sample and Note only fill memory;
// everything that touches the disk returns an error. It is safe for
// concurrent use.
type Writer struct{}

// FullError says that nothing more is written because the disk, or what may
// be taken of it, is full. What was written before stays readable.
type FullError struct {
	Path      string // where
	FreeBytes int64  // what is left, as far as known
	KeepBytes int64  // what has to stay free
	Err       error  // what the kernel said, if it was asked
}

func (e *FullError) Error() string {
	return fmt.Sprintf("%s: full: %d bytes free, %d to be kept free", e.Path, e.FreeBytes, e.KeepBytes)
}

func (e *FullError) Unwrap() error { return e.Err }

// RunName makes a run's directory name from its start and the user's name
// for it, of which only letters, digits, `.`, `_` and `-` are kept.
func RunName(start time.Time, name string) string {
	return start.UTC().Format("20060102T150405Z")
}

// Create makes the run's directory, run.json and index.json.
// nodeColumns are the value columns of the nodes table.
func Create(o WriterOptions, m Manifest, nodeColumns []string) (*Writer, error) {
	return nil, errNotYet
}

// Counter takes one reading of a group.
func (w *Writer) Counter(CounterRow) {}

// Node takes one reading of a node.
func (w *Writer) Node(NodeRow) {}

// Sample takes one sample.
func (w *Writer) Sample(Sample) {}

// Note takes a note.
func (w *Writer) Note(Note) {}

// Flush appends what was taken since the last one: one batch a table. It
// also rotates what is due and keeps to the limits. Call it once a second.
func (w *Writer) Flush() error { return errNotYet }

// Update changes the manifest and rewrites run.json.
func (w *Writer) Update(change func(*Manifest)) error { return errNotYet }

// Rotate seals the tails and begins new ones.
func (w *Writer) Rotate() error { return errNotYet }

// Seal ends the run: seals the tails and rewrites run.json with the state
// sealed after change.
func (w *Writer) Seal(change func(*Manifest)) error { return errNotYet }

// Dir is the run's directory.
func (w *Writer) Dir() string { return "" }

// Bytes is what the run takes on disk now.
func (w *Writer) Bytes() int64 { return 0 }
