package gotable

import (
	"encoding/binary"
	"fmt"
)

// checked is how many functions are looked at before any name is given.
const checked = 256

// check holds the tables against each other at functions from all over the
// binary. That records end where the next begin proves their length, and so
// the layout; that names begin after the end of another that the words which
// hold them are names.
func (t *Table) check() error {
	trees := 0
	stride := max(t.count/checked, 1)
	for i := uint64(0); i < t.count; i += stride {
		fn, ok := t.function(i)
		if !ok {
			// Where two functions share an address the first is empty.
			if from, _, ok1 := t.entry(i); ok1 {
				if to, _, ok2 := t.entry(i + 1); ok2 && from == to {
					continue
				}
			}
			return fmt.Errorf("the record of function %d makes no sense", i)
		}
		if err := t.checkFunction(&fn, &trees); err != nil {
			return fmt.Errorf("function %d of %d: %w", i, t.count, err)
		}
	}
	return nil
}

func (t *Table) checkFunction(fn *function, trees *int) error {
	if fn.index+1 < t.count {
		if _, next, ok := t.entry(fn.index + 1); !ok || uint64(next) < fn.following || uint64(next) >= fn.following+8 {
			return fmt.Errorf("its record ends at %#x, the next begins at %#x", fn.following, next)
		}
	}
	if err := t.checkName(fn.name); err != nil {
		return err
	}
	size := fn.end - fn.entry
	for _, table := range []uint32{fn.file, fn.line, fn.inline} {
		if _, ok := t.step(table, 0); !ok {
			return fmt.Errorf("its table at %#x makes no sense", table)
		}
	}
	if fn.tree == 0 {
		return nil
	}
	*trees++
	e, ok := t.pages.at(fn.tree, t.inlined)
	if !ok {
		return fmt.Errorf("its inline tree lies outside of the file")
	}
	name, parent := binary.LittleEndian.Uint32(e[t.name:]), binary.LittleEndian.Uint32(e[t.parent:])
	if parent >= size {
		return fmt.Errorf("something is inlined at %#x of its %#x bytes", parent, size)
	}
	return t.checkName(name)
}

// checkName wants a name at off, and the end of another before it.
func (t *Table) checkName(off uint32) error {
	s, ok := t.nameAt(off)
	if !ok {
		return fmt.Errorf("there is no name at %#x", off)
	}
	if off > 0 {
		if b, ok := t.pages.at(t.names.off+uint64(off)-1, 1); !ok || b[0] != 0 {
			return fmt.Errorf("no name begins at %#x", off)
		}
	}
	for _, c := range s {
		if c < ' ' || c == '\uFFFD' {
			return fmt.Errorf("the name %q makes no sense", s)
		}
	}
	return nil
}
