package perftable

import "strings"

// Cell is a value of a row.
type Cell struct {
	Text string
	// Left and Right tell at which edge of its column it stands; at the left
	// one behind a blank too, as perf begins some words with one (" N/A").
	Left, Right bool
}

// Cells cuts a row into the values of the first n columns. Behind them may
// stand nothing unless they are all. problem is what is wrong, "" is nothing.
func (t *Table) Cells(line string, n int) (cells []Cell, problem string) {
	row, ok := t.unprefix(line)
	if !ok {
		return nil, "a row that begins as the table's other lines do"
	}
	if strings.ContainsRune(row, '\t') {
		return nil, "blanks between columns, as perf prints them"
	}
	w := walk{line: row}
	if strings.TrimSpace(row[:min(len(row), t.Columns[0].start)]) != "" {
		return nil, "a row of the columns above"
	}
	for i, c := range t.Columns[:n] {
		before := w.shift
		text, ok := w.next(c, i == len(t.Columns)-1)
		if !ok {
			return nil, "a row of the columns above, unwrapped"
		}
		if i < len(t.Columns)-1 && strings.Contains(text, twoBlanks) {
			return nil, "each value in its column"
		}
		cells = append(cells, cell(row, text, c.start+before, c.start+c.width+w.shift))
	}
	if rest := row[min(len(row), w.at(t.Columns[n-1])):]; n < len(t.Columns) && strings.TrimSpace(rest) != "" {
		return nil, "nothing behind the address of a cache line"
	}
	return cells, ""
}

func cell(row, text string, from, to int) Cell {
	c := Cell{Text: text}
	if text != "" {
		c.Left = strings.TrimSpace(row[from:min(from+2, len(row))]) != ""
		c.Right = to <= len(row) && row[to-1] != ' '
	}
	return c
}

// walk goes through a line from column to column.
type walk struct {
	line  string
	shift int // by how much wide values moved what follows
}

func (w *walk) at(c Column) int { return c.start + c.width + w.shift }

// next gives what stands in a column. false is a line that does not reach it,
// or that has no gap before the next one.
func (w *walk) next(c Column, last bool) (string, bool) {
	from, to := c.start+w.shift, w.at(c)
	if from >= len(w.line) {
		return "", last && from == c.start+w.shift && len(w.line) > 0
	}
	switch {
	case last:
		text := strings.TrimRight(w.line[from:], " ")
		w.shift += max(0, from+len(text)-to)
		return strings.TrimSpace(text), true
	case to >= len(w.line):
		return strings.TrimSpace(w.line[from:]), true
	}
	if c.tight {
		return strings.TrimSpace(w.line[from:to]), w.line[to] == ' '
	}
	if gap := w.line[to:min(len(w.line), to+2)]; strings.TrimSpace(gap) == "" {
		return strings.TrimSpace(w.line[from:to]), true
	}
	end := len(w.line)
	if w.line[to] == ' ' || strings.TrimSpace(w.line[from:to]) == "" {
		return "", false // the next column begins a blank too early
	}
	if n := strings.Index(w.line[to:], twoBlanks); n >= 0 {
		end = to + n
	}
	w.shift += end - to
	return strings.TrimSpace(w.line[from:end]), true
}
