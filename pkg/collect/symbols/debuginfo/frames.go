package debuginfo

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
)

// mostHeld is about how many bytes of units are held.
const mostHeld = 8 << 20

// Frame is one function at an address. Its name is as the linker has it where
// DWARF tells that; "" is not known.
type Frame struct {
	Function string
	File     string // "" is not known
	Line     int    // 0 is not known
}

// Data names the addresses of one file. It is used from one goroutine.
type Data struct {
	index
	s     *sections
	code  func(addr uint64) bool
	held  map[uint32]*unit // nil: it cannot be read
	size  int
	clock uint64
	// together reads units that refer to each other; nil until needed.
	together *dwarf.Data
}

// Open finds a file's debugging information; without any the error is
// ErrNone. code says of an address whether the file has code there.
func Open(e *elf.File, f *os.File, code func(addr uint64) bool) (d *Data, err error) {
	if e.Class != elf.ELFCLASS64 || e.Data != elf.ELFDATA2LSB || e.Type == elf.ET_REL {
		return nil, ErrNone
	}
	s, err := readSections(e, f)
	if err != nil {
		return nil, err
	}
	d = &Data{s: s, code: code, held: map[uint32]*unit{}}
	if err := guard(d.newIndex); err != nil {
		s.close()
		return nil, fmt.Errorf("units of %s: %w", f.Name(), err)
	}
	return d, nil
}

// guard runs do. A file that was made shorter meanwhile, and what debug/dwarf
// does not expect, is an error and not the end of us.
func guard(do func() error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			err = fmt.Errorf("it cannot be read: %v", r)
		}
	}()
	return do()
}

// Bytes is about what is held in memory.
func (d *Data) Bytes() int {
	n := d.s.inflated + 24*cap(d.ranges) + 24*cap(d.units) + d.size
	if d.together != nil {
		n += abbrevGrows*len(d.s.abbrev) + 100*len(d.units)
	}
	return n
}

// Close gives the file back.
func (d *Data) Close() error { return d.s.close() }

// Frames names an address: what was inlined there, innermost first, then the
// function. The addresses from start to before end have the same. Where no
// function is described there is one frame without a name.
func (d *Data) Frames(addr uint64, into []Frame) (frames []Frame, start, end uint64, ok bool) {
	err := guard(func() error {
		number, found := d.unitOf(addr)
		if !found {
			return nil
		}
		u := d.unit(number)
		if u == nil {
			return nil
		}
		frames, start, end, ok = u.frames(addr, slices.Clone(into))
		return nil
	})
	if err != nil || !ok {
		return into, 0, 0, false
	}
	return frames, start, end, true
}

// unit gives a unit that is held, or reads it.
func (d *Data) unit(number uint32) *unit {
	d.clock++
	u, known := d.held[number]
	if !known {
		var err error
		if u, err = d.load(number); err != nil {
			u = nil
		}
		d.held[number] = u
		if u != nil {
			d.size += u.size
		}
		d.makeRoom(number)
	}
	if u != nil {
		u.used = d.clock
	}
	return u
}

// makeRoom drops the units used longest ago, but not the newest.
func (d *Data) makeRoom(newest uint32) {
	for d.size > mostHeld {
		oldest, found := uint32(0), false
		for number, u := range d.held {
			if u != nil && number != newest && (!found || u.used < d.held[oldest].used) {
				oldest, found = number, true
			}
		}
		if !found {
			return
		}
		d.size -= d.held[oldest].size
		delete(d.held, oldest)
	}
}

// frames gives what lies around an address of the unit.
func (u *unit) frames(addr uint64, frames []Frame) (_ []Frame, start, end uint64, ok bool) {
	file, line, start, end := u.lines.at(addr)
	fn, found := u.function(addr)
	if !found {
		return append(frames, Frame{File: file, Line: line}), start, end, line > 0
	}
	start, end = max(start, fn.start), min(end, fn.end)
	chain, start, end, err := u.chain(fn, addr, start, end)
	if err != nil {
		return frames, 0, 0, false
	}
	for i := len(chain) - 1; i >= 0; i-- {
		name := u.name(chain[i])
		// What was inlined, but is named elsewhere only, is left out: the place
		// of its call is where its caller is.
		if name != "" || i == 0 {
			frames = append(frames, Frame{Function: name, File: file, Line: line})
		}
		callFile, _ := chain[i].Val(dwarf.AttrCallFile).(int64)
		callLine, _ := chain[i].Val(dwarf.AttrCallLine).(int64)
		file, line = u.lines.file(callFile), int(callLine)
	}
	return frames, start, end, true
}

// chain gives the function and what was inlined at an address, outermost
// first, and narrows the range to what has the same.
func (u *unit) chain(fn function, addr, start, end uint64) ([]*dwarf.Entry, uint64, uint64, error) {
	r := u.data.Reader()
	r.Seek(fn.entry)
	root, err := r.Next()
	if err != nil || root == nil {
		return nil, 0, 0, fmt.Errorf("the function at %#x: %w", fn.entry, errShort)
	}
	chain := []*dwarf.Entry{root}
	for depth := 1; depth > 0 && root.Children; {
		e, err := r.Next()
		if err != nil || e == nil {
			return nil, 0, 0, fmt.Errorf("within the function at %#x: %w", fn.entry, errShort)
		}
		switch e.Tag {
		case 0:
			depth--
			continue
		case dwarf.TagInlinedSubroutine:
			ranges, err := u.data.Ranges(e)
			if err != nil {
				return nil, 0, 0, err
			}
			inside := false
			for _, p := range ranges {
				switch {
				case p[0] >= p[1]:
				case addr < p[0]:
					end = min(end, p[0])
				case addr >= p[1]:
					start = max(start, p[1])
				default:
					inside = true
					start, end = max(start, p[0]), min(end, p[1])
				}
			}
			if !inside {
				r.SkipChildren()
				continue
			}
			chain = append(chain, e)
		case dwarf.TagLexDwarfBlock:
		default:
			r.SkipChildren()
			continue
		}
		if e.Children {
			if depth++; depth > deepestEntry {
				return nil, 0, 0, fmt.Errorf("within the function at %#x entries are nested too deep", fn.entry)
			}
		}
	}
	return chain, start, end, nil
}

// name is a function's, its own or of what it is a copy of.
func (u *unit) name(e *dwarf.Entry) string {
	plain := ""
	for range 8 {
		if s, ok := e.Val(dwarf.AttrLinkageName).(string); ok {
			return s
		}
		if s, ok := e.Val(dwarf.AttrName).(string); ok && plain == "" {
			plain = s
		}
		next, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !ok {
			if next, ok = e.Val(dwarf.AttrSpecification).(dwarf.Offset); !ok {
				return plain
			}
		}
		r := u.data.Reader()
		r.Seek(next)
		var err error
		if e, err = r.Next(); err != nil || e == nil {
			return plain
		}
	}
	return plain
}
