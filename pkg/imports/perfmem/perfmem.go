// Package perfmem reads what perf mem report prints: the table of accesses
// by what served them (--stdio), with any sort order, and the list of samples
// (-D).
//
// Titles differ by version and sort order, and are taken as they are printed.
// A row's shares and counts are figures; what it is a row of are their
// labels. The samples of -D go where those of perf.data go.
//
// It takes no total from rows, which perf and people leave out, and no plain
// perf report, whose numbers are of no memory access.
package perfmem

import (
	"io"
	"regexp"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/capture"
	"github.com/numalens/numalens/pkg/imports/perftable"
)

// Format is perf mem report's output.
func Format() imports.Format {
	return imports.Format{Name: "perf-mem", Doc: "perf mem report: --stdio with any sort order, and -D", Detect: detect, Read: read}
}

var (
	weightForm = regexp.MustCompile(`(?m)^[ \t>|*+]*#\s*Total weight\s*:`)
	accessForm = regexp.MustCompile(`(?m)^[ \t>|*+]*# *Overhead .*(?:Memory access|Local Weight|Data Symbol|Data Object|TLB access|Snoop)`)
	dumpForm   = regexp.MustCompile(`(?m)^[ \t>|*+]*# PID, TID, IP, ADDR, `)
)

func detect(head []byte) int {
	switch {
	case dumpForm.Match(head), weightForm.Match(head):
		return 95
	case accessForm.Match(head):
		return 90
	}
	return 0
}

// reader reads one text.
type reader struct {
	lines  *imports.Lines
	sink   imports.Sink
	around capture.Around
	dump   *dump // the list that is read

	event  string
	report int
	titles []string
	first  string // the first of the lines behind "#" that may be titles
	table  *perftable.Table
	chain  bool
	apart  bool // a blank line came since the table's last row
	rows   int
	stats  int // how many figures of the head there are
}

func read(r io.Reader, s imports.Sink) error {
	x := &reader{lines: imports.NewLines(r), sink: s, around: capture.Around{Tool: "perf", Sink: s}}
	for x.lines.Next() {
		if err := x.line(x.lines.Text()); err != nil {
			return err
		}
	}
	if err := x.lines.Err(); err != nil {
		return err
	}
	if x.dump != nil {
		x.dump.finish()
	}
	if x.stats > 0 && x.rows == 0 && x.dump == nil {
		x.sink.Warn(max(1, x.lines.Number()), "the report has no rows: it was cut, or perf had no samples")
	}
	return nil
}

func (x *reader) line(raw string) error {
	raw = strings.ReplaceAll(strings.TrimRight(raw, " \r"), "\u00a0", " ")
	bare := strings.TrimLeft(raw, " >|*+\t")
	switch {
	case strings.HasPrefix(bare, "# PID, TID, IP, ADDR, "):
		return x.beginDump(bare)
	case strings.HasPrefix(bare, "#"):
		return x.hash(raw, strings.TrimSpace(strings.TrimLeft(bare, "#")))
	case len(x.titles) > 1 || len(x.titles) == 1 && strings.HasPrefix(x.first, "Overhead"):
		return x.lines.Wrong("a line of dots below the titles of the table, as wide as its columns")
	}
	x.titles = nil
	switch {
	case bare == "":
		x.chain, x.apart = false, true
		return nil
	case capture.CutOut(bare) || plainDots(bare):
		x.sink.Warn(x.lines.Number(), "lines were cut out here")
		return nil
	case strings.HasPrefix(bare, "```"):
		x.table, x.dump = nil, x.closed()
		return nil
	case x.dump != nil:
		return x.dump.line(bare)
	case x.table != nil:
		return x.inTable(raw, bare)
	case isOrphan(bare):
		return x.lines.Wrong("titles of a table with a line of dots above its rows")
	}
	x.around.Line(x.lines.Number(), bare)
	return nil
}

// closed ends a list of samples.
func (x *reader) closed() *dump {
	if x.dump != nil {
		x.dump.finish()
	}
	return nil
}

var dotsOnly = regexp.MustCompile(`^\.{3,}$`)

func plainDots(s string) bool { return dotsOnly.MatchString(s) }
