package perfmem

import (
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/perftable"
)

var (
	shareForm  = regexp.MustCompile(`^\d+\.\d+%$`)
	digits     = regexp.MustCompile(`^\d+$`)
	rowForm    = regexp.MustCompile(`^\d+\.\d+% +\S`)
	orphanForm = regexp.MustCompile(`^\d+\.\d+% +\d+ +\S.*(?:\bhit\b|\bmiss\b|N/A|0x)`)
	firstCount = regexp.MustCompile(`^\d+ {2,}\S`)
	notWord    = regexp.MustCompile(`[^a-z0-9]+`)
)

// isRow is true of a line that is a row of the table.
func (x *reader) isRow(text string) bool {
	return rowForm.MatchString(text) || counts(x.table.Columns[0].Title) && firstCount.MatchString(text)
}

// isOrphan is true of one that can be nothing else.
func isOrphan(text string) bool { return orphanForm.MatchString(text) }

// begin takes the head of a table.
func (x *reader) begin(titles []string, dots string) error {
	t, problem := perftable.Parse(titles, dots)
	if problem != "" {
		return x.lines.Wrong(problem)
	}
	seen := map[string]bool{}
	for i, c := range t.Columns {
		name := c.Name()
		if seen[name] {
			return x.lines.Wrong("titles that are all different")
		}
		if seen[name] = true; c.Title == "" && i == 0 {
			return x.lines.Wrong("a title above each column's dots")
		}
	}
	if t.Chopped {
		return x.lines.Wrong("titles that are whole: these lines were chopped at their right end")
	}
	x.table, x.chain, x.apart = t, false, false
	return nil
}

func (x *reader) inTable(raw, bare string) error {
	switch {
	case x.isRow(bare):
		x.chain, x.apart = false, false
		err := x.row(raw)
		if err != nil && x.lines.Cut() {
			x.sink.Warn(x.lines.Number(), "the text ends within this row: it is left out")
			return nil
		}
		return err
	case perftable.InChain(raw):
		x.chain = true
		return nil
	case x.chain:
		return nil
	case x.lines.Cut():
		x.sink.Warn(x.lines.Number(), "the text ends within this line: it is left out")
		return nil
	case startsDigit(bare) && (!x.apart || strings.Contains(bare, "%")):
		return x.lines.Wrong("a row of the table, with shares as perf prints them")
	}
	x.table = nil
	x.around.Line(x.lines.Number(), bare)
	return nil
}

func startsDigit(s string) bool { return s[0] >= '0' && s[0] <= '9' }

// row tells a row's numbers, all of it or none.
func (x *reader) row(raw string) error {
	t := x.table
	cells, problem := t.Cells(raw, len(t.Columns))
	if problem != "" {
		return x.lines.Wrong(problem)
	}
	labels := x.labels()
	var figures []imports.Figure
	for i, c := range cells {
		column := t.Columns[i]
		f := imports.NewFigure(x.lines.Number())
		f.Scope, f.Name, f.Unit, f.Labels = imports.ScopeHost, column.Name(), "1", labels
		last := i == len(cells)-1
		switch {
		case shareForm.MatchString(c.Text) && c.Right:
			f.Kind = imports.KindMetric
			share, err := strconv.ParseFloat(strings.TrimSuffix(c.Text, "%")+"e-2", 64)
			if err != nil {
				return x.lines.Wrong("a share of " + column.Name())
			}
			f.Value = share
			f.Labels = map[string]string{"printed": c.Text}
		case counts(column.Title):
			if !digits.MatchString(c.Text) || !c.Right {
				return x.lines.Wrong("a number of " + column.Name() + " at the right edge of its column")
			}
			f.Kind = imports.KindCount
			count, err := strconv.ParseFloat(c.Text, 64)
			if err != nil {
				return x.lines.Wrong("a number of " + column.Name() + ", no larger than any is")
			}
			f.Value = count
		case column.Title == "Overhead" || strings.HasSuffix(c.Text, "%"):
			return x.lines.Wrong("a share of " + column.Name() + " at the right edge of its column")
		default:
			if last && c.Text == "" {
				return x.lines.Wrong("a row up to its last column, " + column.Name())
			}
			if c.Text != "" && !c.Left && !c.Right && !strings.Contains(c.Text, ":") {
				return x.lines.Wrong("a value of " + column.Name() + " at an edge of its column")
			}
			if last && x.lines.Cut() {
				x.sink.Warn(x.lines.Number(), "the text ends within this row: its "+column.Name()+" is left out")
			} else if c.Text != "" {
				labels[key(column)] = c.Text
			}
			continue
		}
		if last && x.lines.Cut() && !c.Right {
			return x.lines.Wrong("a whole row")
		}
		figures = append(figures, f)
	}
	if len(figures) == 0 {
		return x.lines.Wrong("a row with numbers")
	}
	for _, f := range figures {
		if text, is := f.Labels["printed"]; is && f.Kind == imports.KindMetric {
			f.Labels = printed(labels, text)
		}
		x.sink.Figure(f)
	}
	x.rows++
	return nil
}

// printed adds how a share was rounded to the labels of its row.
func printed(labels map[string]string, text string) map[string]string {
	l := maps.Clone(labels)
	l["printed"] = text
	return l
}

// counts tells the columns that are numbers of their own accord; other
// numbers, as a weight, say what a row is of.
func counts(title string) bool { return title == "Samples" || title == "Period" }

// key is a column's label: Memory access is memory_access.
func key(c perftable.Column) string {
	return strings.Trim(notWord.ReplaceAllString(strings.ToLower(c.Name()), "_"), "_")
}
