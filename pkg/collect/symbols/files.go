package symbols

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"github.com/numalens/numalens/pkg/collect"
)

const (
	// mostFiles is how many mapped files are open at once, mostKnown how many
	// are remembered, with what was named in them.
	mostFiles = 256
	mostKnown = 4096
	// restAge is how long a file stays open that nothing new is met in: to
	// read the tables of a large one anew takes a tenth of a second.
	restAge = 5 * time.Minute
	// mostTableBytes is how much the tables of all files take together.
	mostTableBytes = 48 << 20
	// mostPlainNames bounds what is remembered of files without a build-id.
	mostPlainNames = 100_000
)

// files are those that were mapped where an address lay.
type files struct {
	debug  string
	known  map[fileKey]*file
	open   int
	queue  []*file // with offsets to look up
	clock  uint64
	rested time.Time
	aged   uint64             // the clock when files were last put to rest
	plain  map[uint64]fileKey // hashes of names that a file without build-id has
	seed   maphash.Seed

	scratch []Frame
}

func newFiles(debug string) *files {
	return &files{debug: debug, known: map[fileKey]*file{}, plain: map[uint64]fileKey{}, seed: maphash.MakeSeed()}
}

// hold has an area's file open, if there is one and it can be.
func (n *Namer) hold(p *process, a *area) {
	if a.file != nil && a.file.reader != nil || a.file == nil && a.tried || !a.isVDSO() && !a.isFile() {
		return
	}
	a.tried = true
	f := n.files.known[a.key()]
	if f == nil || f.reader == nil {
		opened, err := n.openArea(p.pid, a)
		if err != nil {
			return
		}
		if f = n.files.take(f, opened); f == nil {
			return
		}
	}
	n.files.touch(f)
	a.file = f
}

// take takes an opened file in, as one that is known if it is that.
func (fs *files) take(known, opened *file) *file {
	if fs.open >= mostFiles && !fs.restOldest() {
		opened.rest()
		return nil
	}
	fs.open++
	if known != nil && known.same(opened) {
		known.wake(opened)
		return known
	}
	if len(fs.known) >= mostKnown {
		fs.forgetOldest()
	}
	if opened.buildID == "" {
		opened.name = fs.distinct(opened.name, opened.key)
	}
	fs.known[opened.key] = opened
	return opened
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

func (fs *files) rest(f *file) error {
	if f.reader != nil {
		fs.open--
	}
	return f.rest()
}

// oldest is the file used longest ago of those that suit.
func (fs *files) oldest(suits func(*file) bool) *file {
	var oldest *file
	for _, f := range fs.known {
		if !f.queued && suits(f) && (oldest == nil || f.used < oldest.used) {
			oldest = f
		}
	}
	return oldest
}

func (fs *files) restOldest() bool {
	f := fs.oldest(func(f *file) bool { return f.reader != nil })
	if f != nil {
		fs.rest(f)
	}
	return f != nil
}

func (fs *files) forgetOldest() {
	if f := fs.oldest(func(*file) bool { return true }); f != nil {
		fs.rest(f)
		delete(fs.known, f.key)
	}
}

// restIdle puts to rest what was not used since the last time, restAge ago.
func (fs *files) restIdle(now time.Time) {
	if now.Sub(fs.rested) < restAge {
		return
	}
	for _, f := range fs.known {
		if !f.queued && f.used <= fs.aged {
			fs.rest(f)
		}
	}
	fs.rested, fs.aged = now, fs.clock
}

func (fs *files) close() error {
	var all []error
	for _, f := range fs.known {
		all = append(all, fs.rest(f))
	}
	fs.known, fs.queue = nil, nil
	return errors.Join(all...)
}

// want has the code at an offset of an open file named.
func (fs *files) want(f *file, offset uint64) {
	f.seen[offset] = struct{}{}
	f.wanted = append(f.wanted, offset)
	fs.touch(f)
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
		fs.writeName(f, offset, sink, ts)
		if done++; done%16 == 0 && time.Now().After(deadline) {
			break
		}
	}
	fs.makeRoom(f)
	if f.wanted = f.wanted[:copy(f.wanted, f.wanted[done:])]; len(f.wanted) == 0 {
		f.wanted, f.queued = nil, false
		fs.queue = slices.Delete(fs.queue, 0, 1)
	}
	return len(fs.queue) > 0
}
