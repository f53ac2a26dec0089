package perfc2c

import (
	"regexp"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/perftable"
)

// table is one of the two tables of cache lines.
type table struct {
	*perftable.Table
	address int    // column of the line's address; of the Pareto, where it stands above the offsets
	pareto  bool   // its rows are of accesses within a line
	line    string // the cache line whose accesses follow
	index   string
}

// texts are the columns that are no numbers, by title, and the labels that
// they become. Of the two called Node the one below an upper title is of the
// memory.
var texts = map[string]string{
	"Index": "index", "Num": "index", "Address": "", "Offset": "offset", "Pid": "pid", "Tid": "tid", "Code address": "code_address",
	"Symbol": "symbol", "Object": "object", "Source:Line": "source", "Node": "node", "Node{cpu list}": "cpus",
	"Node{cpus %hitms %stores}": "node_shares", "Node{cpus %peers %stores}": "node_shares",
}

func (x *reader) head(titles []string, dots string) error {
	t, problem := perftable.Parse(titles, dots)
	if problem != "" && len(titles) > 0 && linesTitles.MatchString(titles[len(titles)-1]) {
		// Someone took a column out of the titles and the rows only. All
		// columns of this table are flush right, so the titles are enough.
		if t, problem = perftable.ParseRight(titles); problem == "" {
			x.sink.Warn(x.lines.Number(), "the dots do not fit the titles above them: columns are told by where the titles end, and the numbers with them")
		}
	}
	if problem != "" {
		return x.lines.Wrong(problem)
	}
	at := func(title string) int {
		return slices.IndexFunc(t.Columns, func(c perftable.Column) bool { return c.Title == title })
	}
	x.table = &table{Table: t, address: at("Address")}
	part := partLines
	if offset := at("Offset"); x.table.address < 0 && offset > 0 {
		x.table.address, x.table.pareto, part = offset, true, partPareto
	}
	if first := t.Columns[0].Title; x.table.address < 0 || first != "Index" && first != "Num" {
		return x.lines.Wrong("the titles of a table of cache lines (Index … Address, or Num … Offset)")
	}
	if x.part != part {
		x.enter(part)
	}
	if t.Chopped {
		x.sink.Warn(x.lines.Number()-1, "the lines were chopped at their right end: the last column is left out")
	}
	return nil
}

var (
	linesTitles = regexp.MustCompile(`#\s+Index\s+Address\s.*[^>]$`)
	ruleForm    = regexp.MustCompile(`^-{10,}$`)
)

// inTable takes a line below a table's head.
func (x *reader) inTable(raw, text string) error {
	t := x.table
	trimmed := strings.TrimLeft(raw, " >|*+\t")
	first, _, _ := strings.Cut(trimmed, " ")
	var err error
	switch {
	case t.pareto && ruleForm.MatchString(trimmed):
		return nil
	case plain(first) && t.pareto:
		x.chain = false
		err = x.paretoLine(raw)
	case plain(first):
		err = x.lineRow(raw)
	case t.pareto && strings.HasSuffix(first, "%") && plain(strings.Replace(strings.TrimSuffix(first, "%"), ".", "", 1)):
		x.chain = false
		err = x.paretoRow(raw)
	case t.pareto && perftable.InChain(raw):
		x.chain = true
		return nil
	case x.chain:
		return nil
	case x.lines.Cut():
		x.sink.Warn(x.lines.Number(), "the text ends within this line: it is left out")
		return nil
	case x.firm && !strings.Contains(text, "0x"), !x.firm && !orphan(text):
		x.leave()
		x.around.line(x.lines.Number(), raw, text)
		return nil
	default:
		return x.lines.Wrong("a row of the table")
	}
	if err != nil && x.lines.Cut() {
		x.sink.Warn(x.lines.Number(), "the text ends within this row: it is left out")
		return nil
	}
	return err
}

// lineRow takes a row of the table of cache lines.
func (x *reader) lineRow(raw string) error {
	t := x.table
	cells, problem := t.Cells(raw, len(t.Columns))
	if problem != "" {
		return x.lines.Wrong(problem)
	}
	address := cells[t.address].Text
	if !isAddress(address) {
		return x.lines.Wrong("the address of a cache line")
	}
	return x.row(cells, address, partLines, nil)
}

// paretoLine takes the cache line whose accesses follow.
func (x *reader) paretoLine(raw string) error {
	t := x.table
	cells, problem := t.Cells(raw, t.address+1)
	if problem != "" {
		return x.lines.Wrong(problem)
	}
	t.line, t.index = cells[t.address].Text, cells[0].Text
	if !isAddress(t.line) {
		return x.lines.Wrong("the address of a cache line above its accesses")
	}
	return x.row(cells[:t.address], t.line, partPareto, nil)
}

// paretoRow takes the accesses from one place to one offset.
func (x *reader) paretoRow(raw string) error {
	t := x.table
	if t.line == "" {
		return x.lines.Wrong("the address of a cache line above its accesses")
	}
	cells, problem := t.Cells(raw, len(t.Columns))
	if problem != "" {
		return x.lines.Wrong(problem)
	}
	if !isAddress(cells[t.address].Text) {
		return x.lines.Wrong("an offset within the cache line")
	}
	if cells[0].Text != "" {
		return x.lines.Wrong("a row of shares, which has no number in front")
	}
	return x.row(cells, t.line, partPareto, []string{"index", t.index})
}

var addressForm = regexp.MustCompile(`^0x[0-9a-f]{1,16}$`)

func isAddress(s string) bool { return addressForm.MatchString(s) }

// row tells a row's numbers: all of it, or none.
func (x *reader) row(cells []perftable.Cell, address, part string, pairs []string) error {
	t := x.table
	pairs = append(pairs, "part", part)
	known := len(cells)
	if t.Chopped && known == len(t.Columns) {
		known--
	}
	var figures []imports.Figure
	for i, c := range cells[:known] {
		column := t.Columns[i]
		label, is := texts[column.Title]
		if is {
			if problem := x.label(column, c, label, i, &pairs); problem != "" {
				return x.lines.Wrong(problem)
			}
			continue
		}
		f := imports.NewFigure(x.lines.Number())
		f.Scope, f.Instance, f.Name, f.Labels = imports.ScopeCacheLine, address, column.Name(), map[string]string{}
		if !c.Right || !value(&f, c.Text) {
			return x.lines.Wrong("a number of " + column.Name() + " at the right edge of its column")
		}
		if column.Group == "cycles" || strings.Trim(column.Group, "- ") == "cycles" {
			f.Kind, f.Unit = imports.KindMetric, "cycles"
		}
		figures = append(figures, f)
	}
	labels := x.labels(pairs...)
	for _, f := range figures {
		for k, v := range labels {
			f.Labels[k] = v
		}
		x.sink.Figure(f)
	}
	x.counts[part]++
	return nil
}

// label adds what a column of text says to the labels of its row.
func (x *reader) label(column perftable.Column, c perftable.Cell, label string, i int, pairs *[]string) string {
	last := i == len(x.table.Columns)-1
	switch {
	case label == "" || label == "offset" || label == "index" && c.Text == "":
		if label == "offset" {
			*pairs = append(*pairs, label, c.Text)
		}
		return ""
	case last && x.lines.Cut():
		x.sink.Warn(x.lines.Number(), "the text ends within this row: its nodes are left out")
		return ""
	case c.Text == "":
		return "a value of " + column.Name()
	case !last && !c.Left && !c.Right && label != "tid":
		return "a value of " + column.Name() + " at an edge of its column"
	}
	switch {
	case strings.HasSuffix(c.Text, ">") && x.table.Chopped:
		return "a row that is whole up to its last column"
	case label == "node" && !last:
		label = "memory_node"
	case label == "tid":
		tid, command, ok := strings.Cut(c.Text, ":")
		if ok {
			*pairs = append(*pairs, "command", strings.TrimSpace(command))
		}
		*pairs = append(*pairs, "tid", strings.TrimSpace(tid))
		return ""
	case last:
		*pairs = append(*pairs, label, strings.Join(strings.Fields(c.Text), " "))
		return ""
	}
	*pairs = append(*pairs, label, c.Text)
	return ""
}
