package benchstat

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// textTable is a table since 2023: its heads have bars, its rows have not.
type textTable struct {
	bars    []int // where columns begin, in characters
	columns []column
	aligned bool // the heads stand one above the other, as they were printed
}

type column struct{ name, unit string }

// mostBars is more than any table has.
const mostBars = 1024

// bars tells where a line of heads has its bars.
func bars(l string) []int {
	var out []int
	at := 0
	for _, c := range l {
		if c == '│' || c == '|' {
			out = append(out, at)
		}
		at++
	}
	if len(out) < 2 || len(out) > mostBars || !strings.HasSuffix(strings.TrimRight(l, " "), "│") && !strings.HasSuffix(strings.TrimRight(l, " "), "|") {
		return nil
	}
	if first := strings.IndexAny(l, "│|"); strings.TrimSpace(l[:first]) != "" {
		return nil // a name stands there: no head
	}
	return out
}

// textHead reads the line of units, below lines of names.
func textHead(text string, above []string) table {
	at := bars(text)
	if len(above) == 0 || !unitLine(text) && !ruledAs(text, above) {
		return nil
	}
	t := &textTable{bars: at, aligned: true}
	c := []rune(text)
	for i := range at[:len(at)-1] {
		unit := strings.TrimSpace(part(c, at[i]+1, at[i+1]))
		unit = strings.TrimSpace(strings.TrimSuffix(unit, "vs base"))
		if unit == "" || strings.Contains(unit, " ") {
			return nil
		}
		t.columns = append(t.columns, column{unit: unit})
	}
	for _, l := range above {
		t.names(l)
	}
	return t
}

// ruledAs tells a line of units that are not known here: it has the same bars
// as the one line above it, and words alone.
func ruledAs(text string, above []string) bool {
	return len(above) == 1 && slices.Equal(bars(text), bars(above[0]))
}

// names gives columns what stands above them; a head may span several.
func (t *textTable) names(l string) {
	at, chars := bars(l), []rune(l)
	for _, b := range at {
		t.aligned = t.aligned && slices.Contains(t.bars, b)
	}
	for i := range t.columns {
		for j := range at[:max(0, len(at)-1)] {
			in := at[j] <= t.bars[i] && t.bars[i] < at[j+1]
			if !t.aligned {
				in = i == j && len(at) == len(t.bars)
			}
			if in {
				c := &t.columns[i]
				c.name = strings.TrimSpace(c.name + " " + strings.TrimSpace(part(chars, at[j]+1, at[j+1])))
			}
		}
	}
}

// part cuts characters out of a line.
func part(c []rune, from, to int) string {
	return string(c[min(from, len(c)):min(to, len(c))])
}

// offset is where in a line a character begins. Bytes that are no character
// count as one each, as part has them.
func offset(l string, character int) int {
	for at := range l {
		if character--; character < 0 {
			return at
		}
	}
	return len(l)
}

// token is a value in a row, with what belongs to it.
var cellForm = regexp.MustCompile(`([+-]?[0-9]+(?:\.[0-9]+)?(?:Ki|Mi|Gi|Ti|[nµμumkMGT])?)(?: ±\s*(\d+%|∞))?( [¹²³⁴⁵⁶⁷⁸⁹⁰]+)?(?:\s+(~|\?|[+-]?[0-9]+\.[0-9]+%)(?:\s+\(([^)]*)\))?)?(\s+[¹²³⁴⁵⁶⁷⁸⁹⁰]+)?(?:\s+|$)`)

func (t *textTable) row(text string, cut bool) ([]cell, bool, error) {
	if noteForm.MatchString(text) {
		return nil, false, nil
	}
	name, rest := strings.TrimSpace(text), ""
	start := 0
	if i := strings.IndexAny(name, " \t"); i > 0 {
		start = strings.Index(text, name) + i
		name, rest = name[:i], text[start:]
	}
	if t.aligned && utf8.RuneCountInString(text) > t.bars[0] {
		// Names of rows may have blanks where they are of several keys.
		if n := strings.TrimSpace(part([]rune(text), 0, t.bars[0])); strings.HasPrefix(n, name) {
			name, start = n, offset(text, t.bars[0])
			rest = text[start:]
		}
	}
	var out []cell
	found := cellForm.FindAllStringSubmatchIndex(rest, -1)
	end := 0
	for _, m := range found {
		// What lies between values is nothing but white space and notes.
		if between := strings.Trim(rest[end:m[0]], " \t¹²³⁴⁵⁶⁷⁸⁹⁰"); between != "" && (name != "geomean" || !changeForm.MatchString(between)) {
			return t.odd(text, name)
		}
		end = m[1]
		get := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return rest[m[2*i]:m[2*i+1]]
		}
		x, ok := number(get(1))
		if !ok {
			return t.odd(text, name)
		}
		i := len(out)
		if len(found) < len(t.columns) {
			at := utf8.RuneCountInString(text[:start+m[0]])
			if i = t.columnAt(at); i < 0 {
				return nil, true, fmt.Errorf("%d values, one for each column: where one is missing, it is not sure which", len(t.columns))
			}
		}
		if i >= len(t.columns) {
			return t.odd(text, name)
		}
		c := cell{name: name, column: t.columns[i].name, metric: t.columns[i].unit, unit: t.columns[i].unit, value: x, ci: get(2), delta: get(4), test: get(5)}
		if i == 0 && c.delta != "" {
			return t.odd(text, name)
		}
		out = append(out, c)
	}
	tail := strings.Trim(rest[end:], " \t¹²³⁴⁵⁶⁷⁸⁹⁰")
	switch {
	case name == "geomean" && (tail == "" || changeForm.MatchString(tail)):
		return out, true, nil // summaries of 0 have none
	case cut && len(out) > 0 && tail != "":
		return nil, false, nil
	case tail != "" || len(out) == 0:
		return t.odd(text, name)
	case cut && out[len(out)-1].ci == "" && name != "geomean":
		return nil, false, nil
	}
	return out, true, nil
}

var changeForm = regexp.MustCompile(`^(?:[+-]?[0-9]+\.[0-9]+%|\?|~)$`)

// odd is a line below heads that is no row: prose, or a row that was mangled.
func (t *textTable) odd(text, _ string) ([]cell, bool, error) {
	if strings.Contains(text, "±") || strings.Contains(text, "(p=") {
		return nil, true, fmt.Errorf("a name and %d values, as 46.55n ± 9%%", len(t.columns))
	}
	return nil, false, nil
}

// columnAt is the column that a value stands in.
func (t *textTable) columnAt(at int) int {
	if !t.aligned {
		return -1
	}
	for i := range t.columns {
		if t.bars[i] <= at && at < t.bars[i+1] {
			return i
		}
	}
	return -1
}
