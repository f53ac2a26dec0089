package imports

import (
	"fmt"
	"strings"
)

// SyntaxError says where an input is not of its format.
type SyntaxError struct {
	File     string // "" until the importer fills it in
	Line     int
	Expected string
	Found    string // of the input; long text is cut
}

func (e *SyntaxError) Error() string {
	file := e.File
	if file == "" {
		file = "input"
	}
	return fmt.Sprintf("%s:%d: expected %s, found %s", file, e.Line, e.Expected, quoted(e.Found))
}

// quoted shows a piece of input in a message, whatever is in it.
func quoted(s string) string {
	const most = 80
	if s == "" {
		return "nothing"
	}
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
