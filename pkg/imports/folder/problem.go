package folder

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// Problem is what could not be read, in a sentence.
type Problem struct {
	File string `json:"file,omitempty"` // below the directory; "" is the directory itself
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
}

func (p Problem) String() string {
	switch {
	case p.Line > 0:
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
	case p.File != "":
		return p.File + ": " + p.Text
	}
	return p.Text
}

// problemOf words why a file was refused.
func problemOf(name string, err error) Problem {
	p := Problem{File: name, Text: strings.TrimPrefix(err.Error(), name+": ")}
	var wrong *imports.SyntaxError
	if errors.As(err, &wrong) {
		p.Line = wrong.Line
		p.Text = strings.TrimPrefix(err.Error(), fmt.Sprintf("%s:%d: ", wrong.File, wrong.Line))
	}
	return p
}

// below puts a problem's file below a directory.
func (p Problem) below(dir string) Problem {
	p.File = path.Join(dir, p.File)
	return p
}

// mostWords is how many sentences are shown beside a picture.
const mostWords = 8

// Shortened keeps the first sentences and counts the others.
func Shortened(words []string) []string {
	if len(words) <= mostWords {
		return words
	}
	return append(words[:mostWords:mostWords], fmt.Sprintf("and %d more", len(words)-mostWords))
}
