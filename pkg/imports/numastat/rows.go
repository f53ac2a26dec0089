package numastat

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
)

// kernelCounts are the rows of the table of counts. With -n they are
// capitalised.
var kernelCounts = []string{"numa_hit", "numa_miss", "numa_foreign", "interleave_hit", "local_node", "other_node"}

var kindsOfMemory = []string{"Huge", "Heap", "Stack", "Private", "Total"}

var (
	memoryRow  = regexp.MustCompile(`^[A-Z][A-Za-z0-9_]*(\([a-z]+\))?$`)
	processRow = regexp.MustCompile(`^(\d+) (?:\((.*?)\)?)?$`)
)

// row reads a row's name and its numbers: as many as there are columns.
func (t *tables) row(text string) error {
	name, fields := split(text)
	if t.columns == nil {
		if len(fields) > 0 && (slices.Contains(kernelCounts, strings.ToLower(name)) || name == "MemTotal") {
			return t.lines.Wrong("a line of columns above the rows")
		}
		return nil // text around the tables
	}
	name, values, ok := t.values(name, fields)
	if !ok {
		return t.other(text, name, fields)
	}
	if name == "Numa_Hit" && t.what == memory {
		t.what = countsMB // under a header without a title
	}
	if t.guessed && t.what == memory && slices.Contains(kindsOfMemory, name) {
		t.what, t.process, t.comm = process, "", ""
	}
	t.guessed = false
	return t.tell(name, text, values)
}

// split parts a row into its name and the numbers at its end.
func split(text string) (string, []string) {
	fields := strings.Fields(text)
	i := len(fields)
	for i > 0 && number(fields[i-1]) {
		i--
	}
	return strings.Join(fields[:i], " "), fields[i:]
}

func number(s string) bool {
	dots := 0
	for _, c := range []byte(s) {
		switch {
		case c == '.':
			dots++
		case c < '0' || c > '9':
			return false
		}
	}
	return s != "" && dots <= 1 && s[0] != '.'
}

// values tells which of the numbers are the columns'. A process's row may be
// only its id, a number too.
func (t *tables) values(name string, fields []string) (string, []string, bool) {
	n := len(t.columns)
	if name == "" && t.what == processes && len(fields) == n+1 {
		return fields[0] + " ", fields[1:], true
	}
	return name, fields, len(fields) == n && name != ""
}

// other is a line within a table that is not one of its rows.
func (t *tables) other(text, name string, fields []string) error {
	if t.lines.Cut() && len(fields) < len(t.columns) {
		t.sink.Warn(t.lines.Number(), "the file ends within this row: it is left out")
		return nil
	}
	if len(fields) > 0 || t.known(name) {
		return t.lines.Wrong(fmt.Sprintf("a name and %d numbers, one a column", len(t.columns)))
	}
	t.columns = nil
	t.sink.Warn(t.lines.Number(), fmt.Sprintf("the table ends here: %.60q is not one of its rows", text))
	return nil
}

// known tells whether a table of this kind has such a row.
func (t *tables) known(name string) bool {
	switch t.what {
	case counts, countsMB:
		return slices.Contains(kernelCounts, strings.ToLower(name))
	case process:
		return slices.Contains(kindsOfMemory, name)
	case processes:
		return name == "Total" || processRow.MatchString(name)
	}
	return memoryRow.MatchString(name)
}

func (t *tables) tell(name, text string, values []string) error {
	if !t.known(name) {
		return t.lines.Wrong("a row that numastat has in such a table")
	}
	for i, v := range values {
		if t.torn(i, text) {
			t.sink.Warn(t.lines.Number(), fmt.Sprintf("the file ends within the number %s: it is left out", v))
			return nil
		}
		x, err := strconv.ParseFloat(v, 64)
		if err != nil || t.unit == 0 && strings.Contains(v, ".") {
			return t.lines.Wrong("a number in each column")
		}
		f := t.figure(name, t.columns[i], x)
		t.sink.Figure(f)
		if t.what == process {
			t.place(&f, t.columns[i])
		}
	}
	return nil
}

// torn tells whether the file ends within a row's last number: numbers end
// where their columns do.
func (t *tables) torn(i int, text string) bool {
	return i == len(t.columns)-1 && t.lines.Cut() && len(strings.TrimRight(t.lines.Text(), " \t")) < t.width
}

func (t *tables) figure(name string, c column, x float64) imports.Figure {
	f := imports.NewFigure(t.lines.Number())
	f.Timed, f.TimeNS = t.timed, t.timeNS
	f.Name, f.Unit, f.Value, f.Kind = name, "1", x, imports.KindLevel
	if t.unit != 0 {
		f.Unit, f.Value = "bytes", x*t.unit
	}
	f.Scope, f.Instance = imports.ScopeNode, c.node
	if c.total {
		f.Scope, f.Instance = imports.ScopeHost, ""
	}
	switch t.what {
	case counts:
		f.Kind = imports.KindTotal
		if !c.total {
			f.Column = name
		}
	case countsMB:
		f.Kind = imports.KindTotal
	case memory:
		// numastat gives huge pages in MBs too, where the kernel counts them.
		if !c.total && !strings.HasPrefix(name, "HugePages_") {
			f.Column = "meminfo." + name
		}
	case process:
		ofProcess(&f, t.process, t.comm, c)
	case processes:
		t.ofProcesses(&f, name, c)
	}
	return f
}

// ofProcess makes a figure a process's; the node is a label then.
func ofProcess(f *imports.Figure, pid, comm string, c column) {
	f.Scope, f.Instance = imports.ScopeProcess, pid
	f.Labels = map[string]string{"comm": comm}
	if !c.total {
		f.Labels["node"] = c.node
	}
}

// kindsPlaced are the rows of a process's table as kinds of placement.
var kindsPlaced = map[string]export.PlacementKind{"Huge": export.PlacedHuge, "Heap": export.PlacedHeap, "Stack": export.PlacedStack, "Private": export.PlacedPrivate}

// place gives a row of placement. numastat tells megabytes, and not the size
// of the pages, so bytes are what is counted.
func (t *tables) place(f *imports.Figure, c column) {
	kind, is := kindsPlaced[f.Name]
	pid, err := strconv.ParseInt(t.process, 10, 32)
	node, nodeErr := strconv.ParseInt(c.node, 10, 32)
	key := t.process + " " + f.Name + " " + c.node
	if !is || c.total || err != nil || nodeErr != nil || f.Null || f.Value == 0 {
		return
	}
	if t.placed[key] {
		if !t.placed[""] {
			t.placed[""] = true
			t.sink.Warn(f.Line, "another look at a process without a time of its own: it is in the table figures only")
		}
		return
	}
	if t.placed == nil {
		t.placed = map[string]bool{}
	}
	if len(t.placed) < maxPlaced {
		t.placed[key] = true
	}
	row := export.PlacementRow{PID: int32(pid), Comm: t.comm, Node: int32(node), Kind: kind, PageBytes: 1, Pages: int64(math.Round(f.Value)), Anon: -1, Dirty: -1}
	if t.timed {
		row.TS = t.timeNS
	}
	t.sink.Placement(f.Line, row)
}

// maxPlaced bounds what is kept.
const maxPlaced = 1 << 17

// ofProcesses is a row of the table of several: a process's total, or that of
// all that are listed.
func (t *tables) ofProcesses(f *imports.Figure, name string, c column) {
	if m := processRow.FindStringSubmatch(name); m != nil {
		f.Name = "Total"
		ofProcess(f, m[1], m[2], c)
		return
	}
	f.Name = "Total of all listed processes"
}
