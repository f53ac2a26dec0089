package symbols

import (
	"bytes"
	"io"
	"os"
)

// fileKey is a file as /proc/PID/maps tells it. While one is open its number
// is not given to another.
type fileKey struct {
	device string
	inode  uint64
	vdso   uint64 // its size: there is one, and one for 32-bit programs
}

func (a *area) key() fileKey {
	if a.isVDSO() {
		return fileKey{vdso: a.end - a.start}
	}
	return fileKey{device: a.device, inode: a.inode}
}

// file is a mapped file. While it rests it is not open, so that a deleted one
// does not keep its room on the disk, and what it takes of memory is what was
// named in it.
type file struct {
	key      fileKey
	name     string // as the rows have it
	buildID  string
	content  content
	segments []segment

	reader io.ReaderAt // nil: it rests
	closer io.Closer
	used   uint64 // when it was seen last, by a clock of files
	queued bool

	seen    map[uint64]struct{} // offsets that were asked for
	wanted  []uint64            // of them, those not looked up yet
	written map[uint64]struct{} // starts of ranges that were named

	tables *tables // nil until needed, or when others needed the room
	failed bool    // they cannot be had
}

// content tells what is in a file from what was in another one of its number.
type content struct{ size, modified int64 }

// openArea opens an area's file and reads where its code lies.
func (n *Namer) openArea(pid int32, a *area) (*file, error) {
	f := &file{key: a.key(), name: a.path, seen: map[uint64]struct{}{}, written: map[uint64]struct{}{}}
	if a.isVDSO() {
		b, err := n.readVDSO(pid, a)
		if err != nil {
			return nil, err
		}
		f.reader = bytes.NewReader(b)
	} else {
		opened, err := n.openMapped(pid, a)
		if err != nil {
			return nil, err
		}
		f.reader, f.closer = opened, opened
		f.content = contentOf(opened)
	}
	if err := f.readSegments(); err != nil {
		f.rest()
		return nil, err
	}
	return f, nil
}

func contentOf(f *os.File) content {
	info, err := f.Stat()
	if err != nil {
		return content{}
	}
	return content{info.Size(), info.ModTime().UnixNano()}
}

// same says whether another opening is of the same file.
func (f *file) same(other *file) bool {
	return f.buildID == other.buildID && f.content == other.content
}

// wake takes over what another opening has open.
func (f *file) wake(other *file) { f.reader, f.closer, f.failed = other.reader, other.closer, false }

// rest closes a file, and drops its tables.
func (f *file) rest() error {
	f.release()
	closer := f.closer
	f.reader, f.closer = nil, nil
	if closer == nil {
		return nil
	}
	return closer.Close()
}

// release drops a file's tables; they are read again when they are needed.
func (f *file) release() {
	if f.tables != nil {
		f.tables.close()
		f.tables = nil
	}
}
