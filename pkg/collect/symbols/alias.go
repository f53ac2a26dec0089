package symbols

import (
	"cmp"
	"strings"
)

// candidate is one of the names that code at an address has.
type candidate struct {
	name   string
	global bool
}

// or gives the better of two: what a reader would look for in the source. It
// does not depend on the order in which they come.
func (c candidate) or(d candidate) candidate {
	switch {
	case c.name == "":
		return d
	case d.name == "":
		return c
	}
	order := cmp.Or(
		sign(marks(c.name), marks(d.name)),
		sign(!c.global, !d.global),
		cmp.Compare(underscores(c.name), underscores(d.name)),
		cmp.Compare(len(c.name), len(d.name)),
		strings.Compare(c.name, d.name),
	)
	if order <= 0 {
		return c
	}
	return d
}

// sign orders what is not so before what is.
func sign(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// marks says whether a name marks a place and is no function's: "$x" and "$d"
// of arm64's assembler, ".L" of the compiler, and where the kernel's linker
// script begins and ends a part.
func marks(name string) bool {
	switch name {
	case "_text", "_stext", "_etext":
		return true
	}
	return strings.HasPrefix(name, "$") || strings.HasPrefix(name, ".L") ||
		strings.HasSuffix(name, "_text_start") || strings.HasSuffix(name, "_text_end")
}

func underscores(name string) int {
	return len(name) - len(strings.TrimLeft(name, "_"))
}
