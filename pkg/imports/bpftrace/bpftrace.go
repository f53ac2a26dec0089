// Package bpftrace reads what bpftrace prints of its maps, as text and as
// JSON (-f json): scalars, keyed maps, tuples, statistics, histograms, time
// series; at the end of a program or at every interval, between lines of time
// and with errors mixed in.
//
// What a program prints of its own (printf, print of what is no map) has no
// form that could be known: it is skipped, counted, and warned of. bpftrace
// prints no units: every number is as it stood there.
package bpftrace

import (
	"bytes"
	"io"
	"regexp"

	"github.com/numalens/numalens/pkg/imports"
)

// Format is bpftrace's output.
func Format() imports.Format {
	return imports.Format{Name: "bpftrace", Doc: "bpftrace: maps, histograms, statistics and time series, as text or with -f json", Detect: detect, Read: read}
}

var (
	attachedForm = regexp.MustCompile(`(?m)^[ \t>]*Attach(?:ing|ed) \d+ probes?(?:\.\.\.)?\r?$`)
	bucketsForm  = regexp.MustCompile(`(?m)^[ \t>]*@\w*(?:\[.*\])?:[ \t]*\r?\n[ \t>]*[\[(][^|\n]*[\])][ \t]+\d+[ \t]+\|`)
	mapForm      = regexp.MustCompile(`(?m)^[ \t>]*@\w*(?:\[[^\n]*\])?: (?:-?\d+|\(.*\)|count \d+, average -?\d+, total -?\d+|\{ \.count = .*\})[ \t]*\r?$`)
	stackForm    = regexp.MustCompile(`(?m)^[ \t>]*@\w*\[[^\]\n]*\r?\n(?:[ \t>]+[^@\n]*\n)*[ \t>]*[^@\n]*\]: -?\d+[ \t]*\r?$`)
	objectForm   = regexp.MustCompile(`(?m)^[ \t]*\{\s*"type":\s*"(?:attached_probes|map|hist|stats|tseries|lost_events|helper_error|benchmark_result)",\s*"(?:data|count|msg)":`)
)

func detect(head []byte) int {
	if !bytes.ContainsRune(head, '@') && !bytes.Contains(head, []byte("probe")) && !bytes.Contains(head, []byte(`"type"`)) {
		return 0
	}
	switch {
	case objectForm.Match(head):
		return 97
	case bucketsForm.Match(head):
		return 96
	case mapForm.Match(head), stackForm.Match(head):
		return 85
	case attachedForm.Match(head):
		return 80
	}
	return 0
}

func read(r io.Reader, s imports.Sink) error {
	t := text{lines: imports.NewLines(r), sink: s}
	t.lines.Keep(maxObject)
	for t.lines.Next() {
		if t.lines.Long() {
			return &imports.SyntaxError{Line: t.lines.Number(), Expected: "a line of less than 16 MiB", Found: "a longer one"}
		}
		if err := t.line(); err != nil {
			return err
		}
	}
	return t.end()
}
