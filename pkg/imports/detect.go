package imports

import (
	"bytes"
	"fmt"
	"strings"
)

// sure is how sure a format must be of a head to be taken.
const sure = 50

// detect finds the format of a head: the one that is most sure of it.
func detect(formats []Format, file string, head []byte) (Format, error) {
	best, at, tie := 0, -1, ""
	for i, f := range formats {
		switch n := f.Detect(head); {
		case n > best:
			best, at, tie = n, i, ""
		case n == best && n > 0:
			tie = f.Name
		}
	}
	if best < sure {
		line, text := firstLine(head)
		return Format{}, &UnknownFormatError{SyntaxError{File: file, Line: line, Expected: "the output of " + names(formats), Found: text}}
	}
	if tie != "" {
		return Format{}, fmt.Errorf("%s: may be %s or %s; say which with --format", file, formats[at].Name, tie)
	}
	return formats[at], nil
}

// UnknownFormatError says that an input is of no format that is known: it may
// well be something that nobody meant to import.
type UnknownFormatError struct{ SyntaxError }

// Unwrap gives what was found there.
func (e *UnknownFormatError) Unwrap() error { return &e.SyntaxError }

// firstLine is the first line of a head that has anything in it.
func firstLine(head []byte) (int, string) {
	n := 0
	for line := range bytes.Lines(head) {
		n++
		if t := bytes.TrimSpace(line); len(t) > 0 {
			return n, string(t[:min(len(t), 200)])
		}
	}
	return 1, ""
}

// named finds a format by its name.
func named(formats []Format, name string) (Format, error) {
	for _, f := range formats {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, fmt.Errorf("no format %q; there is %s", name, names(formats))
}

func names(formats []Format) string {
	out := make([]string, len(formats))
	for i, f := range formats {
		out[i] = f.Name
	}
	return strings.Join(out, ", ")
}
