// Package perfc2c reads what perf c2c report prints to a file or a pipe
// (--stdio, --stats): the counts of the trace and of the shared cache lines,
// the table of cache lines, and the Pareto of accesses within each line.
//
// Columns and their names are those of the printed titles, since they differ
// from version to version and from --display to --display. Each cache line's
// numbers have its address as instance; those of an access within it are told
// apart by the labels offset, pid, tid, code_address and so on.
//
// It does not add up rows, does not turn perf's rounded shares into counts,
// and passes call chains over.
package perfc2c

import (
	"io"
	"regexp"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/capture"
	"github.com/numalens/numalens/pkg/imports/perftable"
)

// Format is perf c2c report's output.
func Format() imports.Format {
	return imports.Format{Name: "perf-c2c", Doc: "perf c2c report --stdio: statistics, shared cache lines, Pareto", Detect: detect, Read: read}
}

// The parts of a report, by their titles.
const (
	partTrace   = "Trace Event Information"
	partShared  = "Global Shared Cache Line Event Information"
	partDetails = "c2c details"
	partLines   = "Shared Data Cache Line Table"
	partPareto  = "Shared Cache Line Distribution Pareto"
)

var parts = []string{partTrace, partShared, partDetails, partLines, partPareto}

var (
	partsPattern = `(?:` + strings.Join(parts, "|") + `)`
	partForm     = regexp.MustCompile(`(?m)^[ \t>|*#+]*(?:\d{1,4}:?[ \t]+)?` + partsPattern + `[ \t]*\r?$`)
	tableForm    = regexp.MustCompile(`(?m)^[ \t>|*+]*#\s+-+ (?:Cacheline|HITM|Peer Snoop) -+ `)
	keyForm      = regexp.MustCompile(`(?m)^[ \t>|*#+]*(?:Load Local HITM|LLC Misses to Remote DRAM|Total Shared Cache Lines)\s+:\s`)
	doubleForm   = regexp.MustCompile(`^={10,}$`)
)

func detect(head []byte) int {
	switch {
	case partForm.Match(head):
		return 96
	case tableForm.Match(head), keyForm.Match(head):
		return 90
	}
	return 0
}

// reader reads one text.
type reader struct {
	lines *imports.Lines
	sink  imports.Sink
	around
	stats
	numbered

	part   string // "" is outside of any
	firm   bool   // no blank line came since the part began
	titles []string
	table  *table
	chain  bool // call chains are printed

	report int             // there may be several in a file
	had    map[string]bool // parts of this one
	keys   map[string]bool // statistics of this one, by part and name
	counts map[string]int  // rows by part
	told   int             // how many shared cache lines perf says there are, -1 is none
	shared int             // the line where it does
}

func read(r io.Reader, s imports.Sink) error {
	x := &reader{lines: imports.NewLines(r), sink: s, report: 1, had: map[string]bool{}, keys: map[string]bool{}, counts: map[string]int{}, told: -1}
	x.around = around{sink: s, Around: capture.Around{Tool: "perf", Sink: s}}
	for x.lines.Next() {
		if err := x.line(x.lines.Text()); err != nil {
			return err
		}
	}
	x.around.flush()
	if err := x.lines.Err(); err != nil {
		return err
	}
	if len(x.titles) > 0 && !x.lines.Cut() {
		x.sink.Warn(x.lines.Number(), "the text ends within the titles of a table")
	}
	x.end()
	return nil
}

func (x *reader) line(raw string) error {
	raw = strings.ReplaceAll(strings.TrimRight(raw, " \r"), "\u00a0", " ")
	raw = x.numbered.strip(x.lines.Number(), raw, x.sink)
	text := strings.TrimLeft(raw, " \t>|#*+") // without signs of quotation
	for _, p := range parts {
		if text == p {
			x.begin(p)
			return nil
		}
	}
	if doubleForm.MatchString(text) {
		return nil
	}
	if strings.HasPrefix(strings.TrimLeft(raw, " >|*+\t"), "#") {
		return x.hash(raw, text)
	}
	if len(x.titles) > 0 {
		return x.lines.Wrong("a line of dots below the titles of the table, as wide as its columns")
	}
	if text == "" {
		x.firm = false
		x.around.flush()
		return nil
	}
	if capture.CutOut(text) {
		x.sink.Warn(x.lines.Number(), "lines were cut out here")
		x.firm = false
		return nil
	}
	switch {
	case strings.HasPrefix(text, "```"):
		x.leave()
		return nil
	case x.table != nil:
		return x.inTable(raw, text)
	case x.part == partDetails && x.detail(text):
		return nil
	}
	return x.statistic(raw, text)
}

// begin enters a part. One that was there already begins another report.
func (x *reader) begin(part string) {
	x.around.flush()
	x.leave()
	x.enter(part)
}

func (x *reader) enter(part string) {
	if x.had[part] {
		x.end()
		x.report++
		clear(x.had)
		clear(x.keys)
		clear(x.counts)
		x.told = -1
		x.sink.Warn(x.lines.Number(), "another report begins here: its figures have the label report")
	}
	x.had[part] = true
	x.part, x.firm = part, true
}

// leave ends a part and its table.
func (x *reader) leave() {
	x.part, x.table, x.firm, x.chain = "", nil, false, false
	x.stats = stats{}
}

// hash takes a line behind "#": titles, dots, or what stands around.
func (x *reader) hash(raw, text string) error {
	switch {
	case perftable.IsDots(raw):
		titles := x.titles
		x.titles = nil
		return x.head(titles, raw)
	case text == "":
		return nil
	case x.part == partLines || x.part == partPareto || tableForm.MatchString(raw+" ") || len(x.titles) > 0:
		if x.table == nil || len(x.titles) > 0 || tableForm.MatchString(raw+" ") {
			x.table = nil
			x.titles = append(x.titles, raw)
			if len(x.titles) > 3 {
				return x.lines.Wrong("a line of dots below the titles of the table")
			}
			return nil
		}
	}
	x.around.line(x.lines.Number(), raw, text)
	return nil
}
