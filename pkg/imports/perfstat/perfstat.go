// Package perfstat reads what perf stat prints: for people, as separated
// values (-x), and as JSON (-j), of perf 3.10 to 6.17; of a whole capture, of
// intervals (-I) and of repetitions (-r); by CPU, core, die, socket, node,
// thread and control group; and metrics with the counts or alone.
//
// A count that perf scaled because the event was multiplexed stays as perf
// printed it, with the share of the time for which it was counted. What perf
// did not count, or does not support, is null with perf's word. Metrics are
// what perf computed and are not computed again.
//
// It does not read what perf report, record or script print.
package perfstat

import (
	"bufio"
	"bytes"
	"io"
	"regexp"

	"github.com/numalens/numalens/pkg/imports"
)

// Format is perf stat's output.
func Format() imports.Format {
	return imports.Format{Name: "perf-stat", Doc: "perf stat: for people, -x and -j, with -I, -r, -A, --per-node and the like", Detect: detect, Read: read}
}

var (
	banner   = regexp.MustCompile(`(?m)^[ \t]*Performance counter stats for `)
	interval = regexp.MustCompile(`(?m)^# +time `)
	jsonRow  = regexp.MustCompile(`(?m)^\{.*"(counter-value|metric-value|metricgroup|event-runtime)" ?: ?`)
	jsonOnly = regexp.MustCompile(`(?m)^\{"(interval|cpu|core|die|socket|node|thread)" ?: ?[^,]*[,}]`)
)

// form is how perf was asked to print.
type form int

const (
	none form = iota
	human
	values
	objects
)

func detect(head []byte) int {
	f, _, sure := formOf(head)
	if f == none {
		return 0
	}
	return sure
}

// formOf tells the form of a head, the separator of values, and how sure that
// is.
func formOf(head []byte) (form, string, int) {
	head = cleanHead(head)
	switch {
	case bytes.Contains(head, []byte(`{"`)) && jsonRow.Match(head):
		return objects, "", 95
	case bytes.Contains(head, []byte("Performance counter stats for ")) && banner.Match(head):
		return human, "", 95
	case bytes.Contains(head, []byte(`{"`)) && jsonOnly.Match(head):
		return objects, "", 60
	}
	sep, rows := separator(head)
	people := peopleRows(head)
	switch {
	case rows > 0 && rows >= people:
		return values, sep, min(90, 60+rows)
	case people > 0:
		return human, "", min(90, 55+people)
	case interval.Match(head):
		return human, "", 60
	}
	return none, "", 0
}

func read(r io.Reader, s imports.Sink) error {
	b := bufio.NewReaderSize(r, 64<<10)
	head, _ := b.Peek(64 << 10)
	f, sep, _ := formOf(head)
	lines := &source{Lines: imports.NewLines(b)}
	switch f {
	case human:
		return readPeople(lines, s)
	case values:
		return readValues(lines, sep, s)
	case objects:
		return readObjects(lines, s)
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return &imports.SyntaxError{Line: 1, Expected: "rows of perf stat", Found: string(first)}
}
