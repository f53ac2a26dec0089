package symbols

import (
	"debug/elf"
	"os"
	"path/filepath"

	"github.com/numalens/numalens/pkg/collect/symbols/debuginfo"
	"github.com/numalens/numalens/pkg/collect/symbols/gotable"
)

// goTableBytes is what a gotable.Table holds at most.
const goTableBytes = 600 << 10

// tables are what names the code of one file.
type tables struct {
	golang  *gotable.Table
	symbols *symbolTable
	debug   *debuginfo.Data // opened when it is needed
	sources []source        // where it may be; empty once that is known
	beside  *os.File        // the separate debug file
}

// source is a file that may have debugging information.
type source struct {
	elf  *elf.File
	file *os.File
}

func (t *tables) bytes() int {
	n := 0
	if t.golang != nil {
		n += goTableBytes
	}
	if t.symbols != nil {
		n += t.symbols.bytes()
	}
	if t.debug != nil {
		n += t.debug.Bytes()
	}
	return n
}

func (t *tables) close() {
	if t.debug != nil {
		t.debug.Close()
	}
	if t.beside != nil {
		t.beside.Close()
	}
}

// name gives the functions at an address that the file's symbols count in.
func (t *tables) name(addr uint64, segments []segment, into []Frame) ([]Frame, extent, bool) {
	if t.golang != nil {
		if frames, e, ok := t.goName(addr, into); ok {
			return frames, e, true
		}
	}
	name, e, named := "", extent{}, false
	if t.symbols != nil {
		name, e, named = t.symbols.name(addr)
	}
	// What a Go binary's own table does not know is C, or space between: that
	// is not worth decompressing all that it has of DWARF.
	if t.golang != nil && !named {
		return into, extent{}, false
	}
	if frames, narrow, ok := t.debugName(addr, segments, name, into); ok {
		if named {
			narrow = narrow.and(e)
		}
		return frames, narrow, true
	}
	if named {
		into = append(into, Frame{Function: readable(name)})
	}
	return into, e, named
}

func (t *tables) goName(addr uint64, into []Frame) ([]Frame, extent, bool) {
	frames, start, end, ok := t.golang.Frames(addr, nil)
	for _, f := range frames {
		into = append(into, Frame{Function: f.Function, Source: f.File, Line: f.Line})
	}
	return into, extent{start, end}, ok
}

// debugName names by DWARF, with the symbol table's name for what that does
// not describe as a function: assembly.
func (t *tables) debugName(addr uint64, segments []segment, name string, into []Frame) ([]Frame, extent, bool) {
	t.openDebug(segments)
	if t.debug == nil {
		return into, extent{}, false
	}
	frames, start, end, ok := t.debug.Frames(addr, nil)
	if !ok || name == "" && frames[len(frames)-1].Function == "" {
		return into, extent{}, false
	}
	for _, f := range frames {
		if f.Function == "" {
			f.Function = name
		}
		into = append(into, Frame{Function: readable(f.Function), Source: f.File, Line: f.Line})
	}
	return into, extent{start, end}, true
}

func (t *tables) openDebug(segments []segment) {
	for _, s := range t.sources {
		d, err := debuginfo.Open(s.elf, s.file, func(addr uint64) bool { return isCode(segments, addr) })
		if err == nil {
			t.debug = d
			break
		}
	}
	t.sources = nil
}

func isCode(segments []segment, addr uint64) bool {
	for _, s := range segments {
		if addr >= s.addr && addr-s.addr < s.size {
			return true
		}
	}
	return false
}

// load reads a file's tables, if they were not.
func (fs *files) load(f *file) bool {
	if f.tables == nil && !f.failed && f.reader != nil {
		f.tables = fs.read(f)
		f.failed = f.tables == nil
		fs.makeRoom(f)
	}
	return f.tables != nil
}

// read reads the tables of a file; nil if there are none.
func (fs *files) read(f *file) *tables {
	e, err := elf.NewFile(f.reader)
	if err != nil {
		return nil
	}
	t := &tables{}
	t.golang, _ = gotable.Open(e, f.reader)
	from := e
	if opened, ok := f.reader.(*os.File); ok {
		t.sources = append(t.sources, source{e, opened})
	}
	if s, ok := fs.besides(f.buildID); ok {
		t.beside = s.file
		t.sources = append(t.sources, s)
		if e.SectionByType(elf.SHT_SYMTAB) == nil && s.elf.SectionByType(elf.SHT_SYMTAB) != nil {
			from = s.elf
		}
	}
	t.symbols, _ = readSymbols(from, f.segments)
	return t
}

// besides opens the separate debug file of a build, if it is that of this
// very one.
func (fs *files) besides(id string) (source, bool) {
	if len(id) < 3 {
		return source{}, false
	}
	f, err := os.Open(filepath.Join(fs.debug, id[:2], id[2:]+".debug"))
	if err != nil {
		return source{}, false
	}
	e, err := elf.NewFile(f)
	if err != nil || buildIDOf(e) != id {
		f.Close()
		return source{}, false
	}
	return source{e, f}, true
}

// makeRoom drops the tables of the files used longest ago, but keeps those of
// the one that is being read.
func (fs *files) makeRoom(keep *file) {
	for {
		total := 0
		var oldest *file
		for _, f := range fs.known {
			if f.tables == nil {
				continue
			}
			total += f.tables.bytes()
			if f != keep && (oldest == nil || f.used < oldest.used) {
				oldest = f
			}
		}
		if total <= mostTableBytes || oldest == nil {
			return
		}
		oldest.release()
	}
}
