package symbols

import (
	"debug/elf"
	"io"

	"github.com/numalens/numalens/pkg/collect/symbols/gotable"
)

// goTableBytes is what a gotable.Table holds at most.
const goTableBytes = 600 << 10

// tables are what names the code of one file.
type tables struct {
	golang  *gotable.Table
	symbols *symbolTable
	debug   io.Closer // the separate debug file
}

func (t *tables) bytes() int {
	n := 0
	if t.golang != nil {
		n += goTableBytes
	}
	if t.symbols != nil {
		n += t.symbols.bytes()
	}
	return n
}

func (t *tables) close() {
	if t.debug != nil {
		t.debug.Close()
	}
}

// name gives the functions at an address that the file's symbols count in.
func (t *tables) name(addr uint64, into []Frame) ([]Frame, extent, bool) {
	if t.golang != nil {
		if frames, e, ok := t.goName(addr, into); ok {
			return frames, e, true
		}
	}
	if t.symbols != nil {
		if name, e, ok := t.symbols.name(addr); ok {
			return append(into, Frame{Function: readable(name)}), e, true
		}
	}
	return into, extent{}, false
}

func (t *tables) goName(addr uint64, into []Frame) ([]Frame, extent, bool) {
	frames, start, end, ok := t.golang.Frames(addr, nil)
	for _, f := range frames {
		into = append(into, Frame{Function: f.Function, Source: f.File, Line: f.Line})
	}
	return into, extent{start, end}, ok
}

// load reads a file's tables, if they were not.
func (fs *files) load(f *file) bool {
	if f.tables != nil {
		return true
	}
	if f.failed {
		return false
	}
	e, err := elf.NewFile(f.reader)
	if err != nil {
		f.failed = true
		return false
	}
	t := &tables{}
	t.golang, _ = gotable.Open(e, f.reader)
	t.symbols, _ = readSymbols(e, f.segments)
	if t.golang == nil && t.symbols == nil {
		f.failed = true
		return false
	}
	f.tables = t
	fs.tableBytes += t.bytes()
	fs.makeRoom(f)
	return true
}

// makeRoom drops the tables of the files used longest ago, but keeps those of
// the one that is being read.
func (fs *files) makeRoom(keep *file) {
	for fs.tableBytes > mostTableBytes {
		var oldest *file
		for _, f := range fs.open {
			if f != keep && f.tables != nil && (oldest == nil || f.used < oldest.used) {
				oldest = f
			}
		}
		if oldest == nil {
			return
		}
		fs.release(oldest)
	}
}

func (fs *files) release(f *file) {
	if f.tables != nil {
		fs.tableBytes -= f.tables.bytes()
		f.tables.close()
		f.tables = nil
	}
}
