package numastat

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/capture"
)

// what a table is about.
type what int

const (
	counts    what = iota // of the kernel, in pages
	countsMB              // the same with -n
	memory                // -m
	process               // -p of one process: rows are kinds of memory
	processes             // -p of several: rows are processes
)

// tables goes through the lines of any number of tables.
type tables struct {
	lines *imports.Lines
	sink  imports.Sink

	what      what
	title     bool            // one was read, and its header is due
	columns   []column        // of the table that is open; nil when none is
	width     int             // of its header, up to its last column
	unit      float64         // bytes of what it prints; 0 is pages
	untitled  bool            // a warning was given
	guessed   bool            // what it is about its first row tells
	placed    map[string]bool // processes whose placement was told, at this time
	process   string          // of a table of one
	comm      string
	timed     bool
	timeNS    int64
	zoneless  bool // a warning was given
	lostNames int
}

// column is one column of numbers.
type column struct {
	node  string
	total bool
}

var (
	titleForm  = regexp.MustCompile(`^ *Per-node (process memory usage|system memory usage|numastat info) \(in ([A-Z]B)s\)(?: for PID (\S+) \((.*)\))?:?\s*$`)
	watchForm  = regexp.MustCompile(`^Every [\d.,]+s: (.*?)\s+([^\s:]+): (.*?)(?: in [\d.,]+s \(.*\))?\s*$`)
	promptForm = regexp.MustCompile(`^\s*(?:\[?[\w.@:~/ -]+\]?)?[$#]\s+((?:\S*/)?(?:sudo )?(?:watch .*)?numastat\b.*)$`)
	cutForm    = regexp.MustCompile(`^\s*(?:#|//)?\s*[\[(<]?\s*(?:\.\.\.+|…|snip|cut|truncated)\s*[\])>]?\s*$`)
	lostForm   = regexp.MustCompile(`^Token \S+ not in hash table`)
)

func (t *tables) line() error {
	text := t.plain()
	p := []byte(text)
	if t.columns != nil {
		// Most lines are rows: what costs more is tried only on the others.
		if name, fields := split(text); name != "" && len(fields) == len(t.columns) {
			return t.row(text)
		}
	}
	if m := titleForm.FindStringSubmatch(text); m != nil {
		return t.begin(m)
	}
	if columns := header(p); columns != nil {
		return t.header(columns, len(strings.TrimRight(t.lines.Text(), " \t")))
	}
	switch {
	case strings.TrimSpace(text) == "" || ruled(p) || t.between(text):
		return nil
	case strings.HasPrefix(text, "```"):
		t.columns = nil
		return nil
	case t.title:
		return t.lines.Wrong("a line of columns, as `Node 0  Node 1  Total`")
	}
	return t.row(text)
}

// plain is a line without signs of quotation, the bars of a table, and what
// people write behind the numbers.
func (t *tables) plain() string {
	raw := t.lines.Text()
	if strings.Contains(raw, "numastat") && promptForm.MatchString(raw) {
		return raw
	}
	text := capture.Unquote(raw)
	if strings.HasPrefix(strings.TrimSpace(raw), "|") {
		text = strings.ReplaceAll(text, "|", " ")
	}
	if t.columns == nil {
		return text
	}
	text, note := capture.Annotated(text)
	if note != "" {
		t.sink.Warn(t.lines.Number(), fmt.Sprintf("what stands behind the numbers is not read: %.60q", note))
	}
	return text
}

// between takes the lines that stand around tables.
func (t *tables) between(text string) bool {
	if m := watchForm.FindStringSubmatch(text); m != nil {
		t.columns = nil
		t.sink.Fact(imports.FactCommand, m[1])
		t.sink.Fact(imports.FactHost, m[2])
		if !t.date(m[3]) {
			t.sink.Warn(t.lines.Number(), "the date of watch is in no form that is known: the reading is placed by the file")
		}
		return true
	}
	if m := promptForm.FindStringSubmatch(text); m != nil {
		t.columns = nil
		t.sink.Fact(imports.FactCommand, strings.TrimSpace(m[1]))
		return true
	}
	if lostForm.MatchString(text) {
		if t.lostNames++; t.lostNames == 1 {
			t.sink.Warn(t.lines.Number(), "numastat is older than the kernel and leaves out rows that it does not know")
		}
		return true
	}
	if strings.HasPrefix(text, "Can't read /proc/") {
		t.sink.Warn(t.lines.Number(), text)
		return true
	}
	if cutForm.MatchString(text) {
		t.sink.Warn(t.lines.Number(), "rows were cut out here")
		return true
	}
	if strings.HasPrefix(text, "available: ") || strings.HasPrefix(text, "node distances:") {
		t.columns = nil
		t.sink.Warn(t.lines.Number(), "what numactl printed is not read; with --format numactl it is, and this not")
		return true
	}
	if t.date(text) {
		t.columns = nil
		return true
	}
	return false
}

func (t *tables) date(text string) bool {
	ns, zoned, ok := imports.ParseDate(text)
	if !ok {
		return false
	}
	if !t.timed || t.timeNS != ns {
		clear(t.placed)
	}
	t.timed, t.timeNS = true, ns
	if !zoned && !t.zoneless {
		t.zoneless = true
		t.sink.Warn(t.lines.Number(), "the date does not tell its zone for sure: it is read as UTC")
	}
	return true
}

func (t *tables) begin(m []string) error {
	t.columns, t.title = nil, true
	switch {
	case m[1] == "system memory usage":
		t.what = memory
	case m[1] == "numastat info":
		t.what = countsMB
	case m[3] != "":
		t.what, t.comm = process, m[4]
		if t.process = m[3]; strings.Trim(m[3], "0123456789") != "" {
			t.process = "" // someone's "..."
		}
	default:
		t.what = processes
	}
	scale := strings.IndexByte("BKMGTP", m[2][0])
	if scale < 1 {
		return t.lines.Wrong("a unit as MBs")
	}
	t.unit = float64(int64(1) << (10 * scale))
	return nil
}

// header reads a line that is nothing but names of columns.
func header(p []byte) []column {
	fields := bytes.Fields(p)
	if len(fields) > 0 && string(fields[0]) == "PID" {
		fields = fields[1:]
	}
	var out []column
	for i := 0; i < len(fields); i++ {
		f := string(fields[i])
		digits, short := strings.CutPrefix(f, "node")
		switch {
		case f == "Total" && i == len(fields)-1:
			out = append(out, column{total: true})
			continue
		case f == "Node" && i+1 < len(fields):
			i++
			digits = string(fields[i])
		case !short:
			return nil
		}
		if n, err := strconv.ParseUint(digits, 10, 16); err != nil || strconv.FormatUint(n, 10) != digits {
			return nil
		}
		if slices.ContainsFunc(out, func(c column) bool { return c.node == digits && !c.total }) {
			return nil
		}
		out = append(out, column{node: digits})
	}
	return out
}

func (t *tables) header(columns []column, width int) error {
	lower := strings.Contains(t.lines.Text(), "node")
	ofPIDs := strings.HasPrefix(strings.TrimSpace(t.plain()), "PID")
	// Neither a title nor an open table of that kind is before it.
	fresh := !t.title && (t.columns == nil || ofPIDs != (t.what == processes))
	switch {
	case lower:
		t.what, t.unit = counts, 0
	case fresh || t.what == counts:
		t.what, t.unit = memory, 1<<20 // the first row tells which
		if ofPIDs {
			t.what = processes
		}
		if !t.untitled {
			t.untitled = true
			t.sink.Warn(t.lines.Number(), "the title above the table is not there: its numbers are read as MBs, as numastat prints below such a header")
		}
	}
	if t.title && t.what == processes && !ofPIDs && !lower {
		t.what, t.process, t.comm = process, "", "" // which one the title does not say
	}
	t.title, t.columns, t.width, t.guessed = false, columns, width, fresh
	return nil
}

// ruled tells a line of dashes.
func ruled(p []byte) bool { return len(bytes.Trim(p, "- \t")) == 0 }

func (t *tables) end() error {
	if err := t.lines.Err(); err != nil {
		t.sink.Warn(t.lines.Number(), fmt.Sprintf("the file ends here before its end: %v", err))
	}
	if t.title {
		t.sink.Warn(t.lines.Number(), "the file ends behind a title")
	}
	return nil
}
