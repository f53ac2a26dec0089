// Package perftable reads the tables that perf prints for people, as perf
// report, perf mem report and perf c2c report do: lines of titles behind "#",
// a line of dots that shows how wide each column is, and rows.
//
// Columns are known by their place: titles and values have blanks within. A
// value that is wider than its column moves what follows by as much as it is
// too wide, and that is followed; a row that was moved in any other way,
// wrapped or squeezed, is told as wrong. The package knows no column's
// meaning.
package perftable

import (
	"regexp"
	"strings"
)

// Column is one column of a table.
type Column struct {
	Group  string // what several columns have as their upper title; "" is none
	Title  string
	start  int // behind the prefix
	width  int
	dashed bool // the upper title reaches over its columns
	tight  bool // one blank parts it from the next, and none of its values is wider
}

// Name is the upper title and the title, as perf words them.
func (c Column) Name() string {
	if c.Group == "" || c.Title == "" {
		return c.Group + c.Title
	}
	return c.Group + " " + c.Title
}

// Table is the head of a table.
type Table struct {
	Columns []Column
	// Chopped tells that a pager cut the lines off at its right edge: the
	// last column has no whole title.
	Chopped bool
	prefix  string // what stands before the "#": blanks, signs of quotation
}

var (
	dotsForm = regexp.MustCompile(`^[^.#]*# \.{2,}(  \.+)* *$`)
	dashes   = regexp.MustCompile(`^-+ (\S.*\S) -+$`)
)

const twoBlanks = "  "

// IsDots tells the line that shows the columns' widths.
func IsDots(line string) bool { return dotsForm.MatchString(line) }

// maxColumns is more than perf has.
const maxColumns = 64

// Parse makes a table of the lines of titles and the line of dots below them.
// problem is what is wrong with them, "" is nothing.
func Parse(titles []string, dots string) (t *Table, problem string) {
	at := strings.IndexByte(dots, '#')
	if at < 0 || !IsDots(dots) || len(titles) == 0 {
		return nil, "titles, and a line of dots below them"
	}
	t = &Table{prefix: dots[:at]}
	start := 2
	for _, word := range strings.Split(strings.TrimRight(dots[at+2:], " "), twoBlanks) {
		t.Columns = append(t.Columns, Column{start: start, width: len(word)})
		start += len(word) + 2
	}
	if len(t.Columns) > maxColumns {
		return nil, "a table of perf"
	}
	return t.named(titles)
}

// ParseRight makes a table, all of whose columns are flush right, of the
// lines of titles alone: each ends where its title does.
func ParseRight(titles []string) (t *Table, problem string) {
	last := titles[len(titles)-1]
	at := strings.IndexByte(last, '#')
	if at < 0 || strings.Contains(last, "\t") {
		return nil, "a line of titles"
	}
	t = &Table{prefix: last[:at]}
	line := strings.TrimRight(last[at:], " ")
	for start, from := 2, 2; start < len(line); {
		for from < len(line) && line[from] == ' ' {
			from++
		}
		end := len(line)
		if n := strings.Index(line[from:], twoBlanks); n >= 0 {
			end = from + n
		}
		t.Columns = append(t.Columns, Column{start: start, width: end - start})
		start, from = end+2, end
	}
	if len(t.Columns) == 0 || len(t.Columns) > maxColumns {
		return nil, "a line of titles"
	}
	return t.named(titles)
}

// named takes the titles of columns that are laid out.
func (t *Table) named(titles []string) (*Table, string) {
	last := titles[len(titles)-1]
	t.Chopped = strings.HasSuffix(last, ">")
	names, where, problem := t.titles(last)
	if problem != "" {
		return nil, problem
	}
	for i, name := range names {
		t.Columns[i].Title = name
	}
	for _, upper := range titles[:len(titles)-1] {
		if problem := t.groups(upper, where); problem != "" {
			return nil, problem
		}
	}
	return t, t.split(last)
}

// split parts what perf prints as one column of several values, each below a
// title of its own, with one upper title (perf mem report -F cache).
func (t *Table) split(titles string) string {
	titles, _ = t.unprefix(titles)
	var out []Column
	for i, c := range t.Columns {
		words := strings.Fields(c.Title)
		whole := c.Group != "" && (i == 0 || t.Columns[i-1].Group != c.Group) && (i+1 == len(t.Columns) || t.Columns[i+1].Group != c.Group)
		if !whole || !c.dashed || len(words) < 2 {
			if strings.Contains(c.Title, twoBlanks) {
				return "one title above each column's dots"
			}
			out = append(out, c)
			continue
		}
		from, end := c.start, c.start+c.width
		if len(titles) < end || strings.TrimSpace(titles[from:end]) != c.Title {
			return "titles as wide as their dots"
		}
		for k, w := range words {
			at := from + strings.Index(titles[from:], w) + len(w)
			out = append(out, Column{Group: c.Group, Title: w, start: from, width: at - from, tight: k < len(words)-1})
			from = at + 1
		}
		out[len(out)-1].width = end - out[len(out)-1].start
	}
	t.Columns = out
	return ""
}

// span is where a title stands.
type span struct{ from, to int }

// titles takes the line right above the dots: each column has one.
func (t *Table) titles(line string) (names []string, where []span, problem string) {
	line, ok := t.unprefix(line)
	if !ok || !strings.HasPrefix(line, "#") {
		return nil, nil, "a line of titles that begins as the dots below it do"
	}
	w := walk{line: " " + line[1:]}
	for i, c := range t.Columns {
		from := c.start + w.shift
		cell, ok := w.next(c, i == len(t.Columns)-1)
		if !ok || cell == "" && i > 0 {
			return nil, nil, "a title above each column's dots"
		}
		names, where = append(names, cell), append(where, span{from, c.start + c.width + w.shift})
	}
	return names, where, ""
}

// groups takes a line of upper titles, each above one column or, between
// dashes, above several.
func (t *Table) groups(line string, where []span) string {
	line, ok := t.unprefix(line)
	if !ok || !strings.HasPrefix(line, "#") {
		return "a line of titles that begins as the dots below it do"
	}
	line = strings.TrimRight(strings.TrimSuffix(line, ">"), " ")
	for at := 1; at < len(line); {
		if line[at] == ' ' {
			at++
			continue
		}
		end := len(line)
		if n := strings.Index(line[at:], twoBlanks); n >= 0 {
			end = at + n
		}
		if !t.group(line[at:end], span{at, end}, where) {
			return "upper titles that stand above columns"
		}
		at = end
	}
	return ""
}

// group gives columns their upper title. It stands flush right above one, or
// reaches over several.
func (t *Table) group(text string, s span, where []span) bool {
	m := dashes.FindStringSubmatch(text)
	first, last := -1, -1
	for i := range where {
		if s.to > where[i].from && s.from < where[i].to {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 || t.Columns[first].Group != "" {
		return false
	}
	if m == nil {
		t.Columns[last].Group = text
		return first == last && s.to == where[last].to && !strings.HasPrefix(text, "--")
	}
	for i := first; i <= last; i++ {
		t.Columns[i].Group, t.Columns[i].dashed = m[1], true
	}
	return near(s.from, where[first].from) && near(s.to, where[last].to)
}

// near allows for titles that perf's authors drew a dash too short.
func near(a, b int) bool { return a-b <= 1 && b-a <= 1 }

// unprefix takes off what stands before each line of the table. Trailing
// blanks of a line may be lost.
func (t *Table) unprefix(line string) (string, bool) {
	if rest, ok := strings.CutPrefix(line, t.prefix); ok {
		return rest, true
	}
	return "", strings.TrimRight(t.prefix, " ") == line
}
