package benchstat

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/perf/benchunit"
)

// csvTable is a table of -format csv, or of -csv before 2023.
type csvTable struct {
	width   int
	columns []csvColumn
}

type csvColumn struct {
	column
	at, ci, delta, test int // fields; 0 is none
	metric              string
	factor              func(float64) float64
}

func fields(text string) []string {
	f, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return nil
	}
	return f
}

var oldCSV = regexp.MustCompile(`^(?:(old|new) )?(\S+) \((\S+)\)$`)

// csvHead reads the line of units, below lines of names.
func csvHead(f []string, above []string) *csvTable {
	if len(f) < 2 {
		return nil
	}
	t := &csvTable{width: len(f)}
	for i := 1; i < len(f); {
		c := csvColumn{at: i}
		unit := f[i]
		m := oldCSV.FindStringSubmatch(unit)
		switch next := at(f, i+1); {
		case f[0] == "" && next == "CI":
			c.unit, c.metric = unit, unit
			c.factor = func(x float64) float64 { return x }
		case f[0] == "name" && next == "±" && m != nil:
			c.name, c.metric = m[1], m[2]
			printed := m[3]
			_, c.unit = benchunit.Tidy(1, printed)
			c.factor = func(x float64) float64 { y, _ := benchunit.Tidy(x, printed); return y }
		default:
			return nil
		}
		c.ci = i + 1
		i += 2
		if word := at(f, i); word == "vs base" || word == "delta" {
			c.delta = i
			i++
			if word := at(f, i); word == "P" || word == "±" {
				c.test = i
				i++
			}
		}
		t.columns = append(t.columns, c)
	}
	for _, l := range above {
		names := fields(l)
		last := ""
		for i := range t.columns {
			if n := at(names, t.columns[i].at); n != "" {
				last = n // a head may span several
			}
			t.columns[i].name = strings.TrimSpace(t.columns[i].name + " " + last)
		}
	}
	return t
}

func at(f []string, i int) string {
	if i <= 0 || i >= len(f) {
		return ""
	}
	return strings.TrimSpace(f[i])
}

func (t *csvTable) row(text string, cut bool) ([]cell, bool, error) {
	f := fields(text)
	if len(f) < 2 || cut && len(f) < t.width {
		return nil, false, nil
	}
	if len(f) != t.width {
		return nil, true, fmt.Errorf("%d fields, as the line of units has", t.width)
	}
	var out []cell
	for _, c := range t.columns {
		value := at(f, c.at)
		if value == "" {
			continue // the file has no such benchmark
		}
		x, err := strconv.ParseFloat(value, 64)
		if err != nil || strings.ContainsAny(value, "xX_") {
			return nil, true, fmt.Errorf("a number of %s", c.unit)
		}
		out = append(out, cell{name: f[0], column: c.name, metric: c.metric, unit: c.unit, value: c.factor(x), ci: at(f, c.ci), delta: at(f, c.delta), test: strings.Trim(at(f, c.test), "()")})
	}
	if cut && len(out) > 0 {
		last := &out[len(out)-1]
		last.test = "" // may lack its end
		if t.columns[len(t.columns)-1].delta == 0 {
			last.ci = ""
		}
	}
	return out, true, nil
}
