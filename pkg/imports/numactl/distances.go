package numactl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// maxDistance is the most that ACPI's table can hold: its entries are bytes.
const maxDistance = 255

// distances is the table of them: a head with the nodes, and a row for each.
type distances struct {
	ids   []int
	head  bool // the word "node" of the head was read
	rows  [][]int
	of    []int // the node of each row
	given int   // rows whose figures were told
}

func (d *distances) full() bool {
	return len(d.ids) > 0 && len(d.rows) == len(d.ids) && len(d.rows[len(d.rows)-1]) == len(d.ids)
}

// row is a node's, nil where it is not whole.
func (d *distances) row(id int) []int {
	if i := slices.Index(d.of, id); i >= 0 && len(d.rows[i]) == len(d.ids) {
		return d.rows[i]
	}
	return nil
}

// header tells a head of columns whose title is not there.
func (h *host) header(text string) bool {
	words := strings.Fields(text)
	if len(words) < 2 || words[0] != "node" {
		return false
	}
	last := -1
	for _, w := range words[1:] {
		n, ok := number(w, maxNode)
		if !ok || n <= last {
			return false
		}
		last = n
	}
	return true
}

// takes tells whether a line belongs to the table.
func (d *distances) takes(text string) bool {
	if d.full() {
		return false
	}
	first, _, _ := strings.Cut(text, " ")
	first, _, _ = strings.Cut(first, ":")
	if !d.head {
		return first == "node" || strings.Trim(first, "0123456789") == "" && first != "" && strings.Contains(text, ":")
	}
	_, ok := number(first, 1<<30)
	return ok
}

func (p *reader) startMatrix(rest string) error {
	if p.open == matrix && !p.host.matrix.head && rest != "" {
		return p.distances(rest)
	}
	if p.host.distLine > 0 && p.host.matrix.head {
		p.next()
	}
	p.host.matrix, p.host.distLine, p.open = distances{}, p.lines.Number(), matrix
	if rest == "" {
		return nil
	}
	return p.distances(rest)
}

// distances reads a line of the table, or some of it.
func (p *reader) distances(text string) error {
	d := &p.host.matrix
	words := strings.Fields(strings.ReplaceAll(text, ":", ": "))
	if !d.head {
		if words[0] != "node" {
			return p.lines.Wrong("the nodes' numbers above the distances")
		}
		d.head, words = true, words[1:]
	}
	if !strings.Contains(text, ":") && len(d.ids) > 0 && len(words) == len(d.ids)+1 && words[0] == strconv.Itoa(d.ids[min(len(d.rows), len(d.ids)-1)]) {
		words[0] += ":" // people leave the colon out
	}
	for i, w := range words {
		id, begins := strings.CutSuffix(w, ":")
		n, ok := number(id, 1<<30)
		switch {
		case !ok && len(d.rows) > 0 && len(d.rows[len(d.rows)-1]) == len(d.ids):
			p.sink.Warn(p.lines.Number(), fmt.Sprintf("what stands behind the distances is not read: %.60q", strings.Join(words[i:], " ")))
			return p.told()
		case !ok:
			return p.lines.Wrong("a row of distances, as `0:  10  20`")
		case begins:
			if err := p.begin(n); err != nil {
				return err
			}
		case len(d.rows) == 0:
			if n >= maxNode || len(d.ids) > 0 && n <= d.ids[len(d.ids)-1] {
				return p.lines.Wrong("the nodes' numbers in ascending order above the distances, each once")
			}
			d.ids = append(d.ids, n)
		default:
			if err := p.distance(n); err != nil {
				return err
			}
		}
	}
	return p.told()
}

// begin begins a row.
func (p *reader) begin(id int) error {
	d := &p.host.matrix
	if len(d.rows) > 0 && len(d.rows[len(d.rows)-1]) != len(d.ids) {
		return p.lines.Wrong(fmt.Sprintf("%d distances of node %d", len(d.ids), d.of[len(d.of)-1]))
	}
	if !slices.Contains(d.ids, id) || slices.Contains(d.of, id) {
		return p.lines.Wrong(fmt.Sprintf("a row of distances for each of the nodes %v", d.ids))
	}
	d.of, d.rows = append(d.of, id), append(d.rows, make([]int, 0, min(len(d.ids), maxNode)))
	return nil
}

func (p *reader) distance(n int) error {
	d := &p.host.matrix
	row := &d.rows[len(d.rows)-1]
	if len(*row) == len(d.ids) {
		return p.lines.Wrong(fmt.Sprintf("%d distances, one for each column", len(d.ids)))
	}
	if n > maxDistance {
		return p.lines.Wrong("distances up to 255")
	}
	*row = append(*row, n)
	return nil
}

// told gives the figures of the rows that are whole at a line's end.
func (p *reader) told() error {
	d := &p.host.matrix
	if len(d.rows) == 0 {
		return nil
	}
	last := d.rows[len(d.rows)-1]
	if p.lines.Cut() {
		i := slices.Index(d.ids, d.of[len(d.of)-1])
		// The end of the last row is the node's own distance, which is 10.
		if len(last) < len(d.ids) || i != len(d.ids)-1 || last[i] != 10 {
			p.sink.Warn(p.lines.Number(), "the file ends within this row: it is left out")
			d.of, d.rows = d.of[:len(d.of)-1], d.rows[:len(d.rows)-1]
		}
	}
	for ; d.given < len(d.rows) && len(d.rows[d.given]) == len(d.ids); d.given++ {
		p.figures(d.of[d.given], d.rows[d.given])
	}
	if d.full() {
		p.open = nothing
	}
	return nil
}

func (p *reader) figures(id int, row []int) {
	for i, v := range row {
		f := p.figure("distance", imports.ScopeNode, strconv.Itoa(id))
		f.Unit, f.Value = "1", float64(v)
		if f.Labels == nil {
			f.Labels = map[string]string{}
		}
		f.Labels["to"] = strconv.Itoa(p.host.matrix.ids[i])
		p.sink.Figure(f)
	}
}

// check warns of distances that are missing or can't be.
func (d *distances) check(p *reader, line int) {
	var missing, odd []int
	for _, id := range d.ids {
		row := d.row(id)
		if row == nil {
			missing = append(missing, id)
			continue
		}
		if row[slices.Index(d.ids, id)] != 10 {
			odd = append(odd, id)
		}
	}
	if len(missing) > 0 {
		p.sink.Warn(line, fmt.Sprintf("the distances of nodes %v are not here", missing))
	}
	if len(odd) > 0 {
		p.sink.Warn(line, fmt.Sprintf("the distances of nodes %v to themselves are not 10", odd))
	}
}
