package debuginfo

import (
	"cmp"
	"debug/dwarf"
	"errors"
	"fmt"
	"slices"
)

// deepestEntry bounds how entries of a unit contain each other.
const deepestEntry = 256

// unit is what is held of one that was needed.
type unit struct {
	data      *dwarf.Data
	functions []function // by start
	widest    uint64
	lines     lines
	size      int
	used      uint64
}

// function is a function's addresses. One that is in several places is here
// as often.
type function struct {
	start, end uint64
	entry      dwarf.Offset
}

// load reads a unit: its functions and lines.
func (d *Data) load(number uint32) (*unit, error) {
	h := d.units[number]
	o, err := d.open(h)
	if err != nil {
		return nil, fmt.Errorf("unit at %#x: %w", h.offset, err)
	}
	u := &unit{data: o.data, size: o.held}
	r := o.data.Reader()
	r.Seek(o.root)
	root, err := r.Next()
	if err != nil || root == nil {
		return nil, fmt.Errorf("unit at %#x: %w", h.offset, cmp.Or(err, errShort))
	}
	if u.lines, err = readLines(o.data, root, d.code); err != nil {
		return nil, fmt.Errorf("lines of the unit at %#x: %w", h.offset, err)
	}
	if err := u.readFunctions(r, d.code); err != nil {
		return nil, fmt.Errorf("functions of the unit at %#x: %w", h.offset, err)
	}
	u.size += 24*len(u.functions) + u.lines.bytes()
	return u, nil
}

// readFunctions goes through the entries that can hold functions.
func (u *unit) readFunctions(r *dwarf.Reader, code func(uint64) bool) error {
	for depth := 1; depth > 0; {
		e, err := r.Next()
		if err != nil {
			return err
		}
		if e == nil {
			break
		}
		switch e.Tag {
		case 0:
			depth--
			continue
		case dwarf.TagSubprogram:
			ranges, err := u.data.Ranges(e)
			if err != nil {
				return err
			}
			for _, p := range ranges {
				if p[0] < p[1] && code(p[0]) {
					u.functions = append(u.functions, function{p[0], p[1], e.Offset})
				}
			}
			r.SkipChildren()
		case dwarf.TagNamespace, dwarf.TagModule:
			if e.Children {
				if depth++; depth > deepestEntry {
					return errors.New("entries are nested too deep")
				}
			}
		default:
			r.SkipChildren()
		}
	}
	slices.SortFunc(u.functions, func(a, b function) int { return cmp.Compare(a.start, b.start) })
	for _, f := range u.functions {
		u.widest = max(u.widest, f.end-f.start)
	}
	return nil
}

// function finds that of an address: the innermost, where they are nested.
func (u *unit) function(addr uint64) (function, bool) {
	i, found := slices.BinarySearchFunc(u.functions, addr, func(f function, addr uint64) int { return cmp.Compare(f.start, addr) })
	for found && i+1 < len(u.functions) && u.functions[i+1].start == addr {
		i++
	}
	if !found {
		i--
	}
	for ; i >= 0 && addr-u.functions[i].start < u.widest; i-- {
		if addr < u.functions[i].end {
			return u.functions[i], true
		}
	}
	return function{}, false
}
