package symbols

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"time"

	"github.com/numalens/numalens/pkg/collect"
)

const (
	// mostFiles is how many mapped files are open at once.
	mostFiles = 256
	// mostTableBytes is how much the tables of all files take together.
	mostTableBytes = 48 << 20
	// mostPlainNames bounds what is remembered of files without a build-id.
	mostPlainNames = 100_000
)

// fileKey is a file as /proc/PID/maps tells it. While one is open its number
// is not given to another.
type fileKey struct {
	device string
	inode  uint64
	vdso   uint64 // its size: there is one, and one for 32-bit programs
}

// file is a mapped file, held open.
type file struct {
	key      fileKey
	name     string // as the rows have it
	buildID  string
	reader   io.ReaderAt
	closer   io.Closer
	segments []segment
	holders  int // areas
	used     uint64

	seen    map[uint64]struct{} // offsets that were asked for
	wanted  []uint64            // of them, those not looked up yet
	written map[uint64]struct{} // starts of ranges that were named
	queued  bool

	tables *tables // nil until needed, or when others needed the room
	failed bool    // they cannot be had
}

func (a *area) key() fileKey {
	if a.isVDSO() {
		return fileKey{vdso: a.end - a.start}
	}
	return fileKey{device: a.device, inode: a.inode}
}

// files are those that are open.
type files struct {
	debug string
	open  map[fileKey]*file
	queue []*file // with offsets to look up
	clock uint64
	plain map[uint64]fileKey // hashes of names that a file without build-id has
	seed  maphash.Seed

	scratch []Frame
}

func newFiles(debug string) *files {
	return &files{debug: debug, open: map[fileKey]*file{}, plain: map[uint64]fileKey{}, seed: maphash.MakeSeed()}
}

// hold opens an area's file, if there is one and it can be.
func (n *Namer) hold(p *process, a *area) {
	if a.tried {
		return
	}
	a.tried = true
	if !a.isVDSO() && !a.isFile() {
		return
	}
	key := a.key()
	f := n.files.open[key]
	if f == nil {
		if f = n.openArea(p.pid, a, key); f == nil {
			return
		}
	}
	f.holders++
	a.file = f
}

func (n *Namer) openArea(pid int32, a *area, key fileKey) *file {
	f := &file{key: key, name: a.path, seen: map[uint64]struct{}{}, written: map[uint64]struct{}{}}
	if a.isVDSO() {
		b, err := n.readVDSO(pid, a)
		if err != nil {
			return nil
		}
		f.reader = bytes.NewReader(b)
	} else {
		opened, err := n.openMapped(pid, a)
		if err != nil {
			return nil
		}
		f.reader, f.closer = opened, opened
	}
	if err := f.readSegments(); err != nil || !n.files.add(f) {
		f.close()
		return nil
	}
	return f
}

// add takes a file in, and lets go of another where there are too many.
func (fs *files) add(f *file) bool {
	if len(fs.open) >= mostFiles && !fs.evict() {
		return false
	}
	if f.buildID == "" {
		f.name = fs.distinct(f.name, f.key)
	}
	fs.open[f.key] = f
	fs.touch(f)
	return true
}

// distinct is a name that no other file without build-id has had: rows of two
// builds at one path would else name each other's code.
func (fs *files) distinct(name string, key fileKey) string {
	hash := maphash.String(fs.seed, name)
	if other, ok := fs.plain[hash]; ok && other != key || !ok && len(fs.plain) >= mostPlainNames {
		return fmt.Sprintf("%s (inode %d)", name, key.inode)
	}
	fs.plain[hash] = key
	return name
}

func (fs *files) touch(f *file) { fs.clock++; f.used = fs.clock }

// evict closes the file used longest ago that no area holds.
func (fs *files) evict() bool {
	var oldest *file
	for _, f := range fs.open {
		if f.holders <= 0 && !f.queued && (oldest == nil || f.used < oldest.used) {
			oldest = f
		}
	}
	if oldest == nil {
		return false
	}
	oldest.release()
	delete(fs.open, oldest.key)
	oldest.close()
	return true
}

func (f *file) close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

func (fs *files) close() error {
	var all []error
	for _, f := range fs.open {
		f.release()
		all = append(all, f.close())
	}
	fs.open, fs.queue = nil, nil
	return errors.Join(all...)
}

// want has the code at an offset of a file named.
func (fs *files) want(f *file, offset uint64) {
	if _, ok := f.seen[offset]; ok {
		return
	}
	f.seen[offset] = struct{}{}
	f.wanted = append(f.wanted, offset)
	if !f.queued {
		f.queued = true
		fs.queue = append(fs.queue, f)
	}
}

func (fs *files) waiting() bool { return len(fs.queue) > 0 }

// write names offsets of the file that has waited longest, until the deadline,
// and says whether there may be more to do.
func (fs *files) write(sink collect.TraceSink, ts int64, deadline time.Time) bool {
	if len(fs.queue) == 0 {
		return false
	}
	f := fs.queue[0]
	slices.Sort(f.wanted)
	done := 0
	for _, offset := range f.wanted {
		if done++; done%16 == 0 && time.Now().After(deadline) {
			break
		}
		fs.writeName(f, offset, sink, ts)
	}
	fs.makeRoom(f)
	if f.wanted = f.wanted[:copy(f.wanted, f.wanted[done:])]; len(f.wanted) == 0 {
		f.wanted, f.queued = nil, false
		fs.queue = slices.Delete(fs.queue, 0, 1)
	}
	return len(fs.queue) > 0
}
