package benchstat

import (
	"fmt"
	"regexp"
	"strings"
)

// oldTable is a text table before 2023.
type oldTable struct {
	metric  string
	columns []string
	change  bool // the last column is delta
}

var (
	oldOne   = regexp.MustCompile(`^name\s+(time/op|alloc/op|allocs/op|speed|\S+/\S+)\s*$`)
	oldTwo   = regexp.MustCompile(`^name\s+old (\S+)\s+new (\S+)\s+delta\s*$`)
	oldMany  = regexp.MustCompile(`^name \\ (\S+)((?:\s+\S+)+)$`)
	oldCell  = regexp.MustCompile(`^\s*([0-9]+(?:\.[0-9]+)?(?:ns|µs|μs|us|ms|s|[kMGT]?B/s|[kMGT]?B|[kMGT])?)(?:\s*±\s*(\d+%))?(?:\s+|$)`)
	oldDelta = regexp.MustCompile(`^(~|[+-]?[0-9]+(?:\.[0-9]+)?%|[+-]Inf%)?(?:\s+\(([^)]*)\))?$`)
)

// oldHead reads the line of heads.
func oldHead(text string) *oldTable {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "name ") {
		return nil
	}
	if m := oldTwo.FindStringSubmatch(text); m != nil && m[1] == m[2] {
		return &oldTable{metric: m[1], columns: []string{"old", "new"}, change: true}
	}
	if m := oldMany.FindStringSubmatch(text); m != nil {
		return &oldTable{metric: m[1], columns: strings.Fields(m[2])}
	}
	if m := oldOne.FindStringSubmatch(text); m != nil {
		return &oldTable{metric: m[1], columns: []string{""}}
	}
	return nil
}

func (t *oldTable) row(text string, cut bool) ([]cell, bool, error) {
	text = strings.TrimSpace(text)
	name, rest, _ := strings.Cut(text, " ")
	if r, ok := strings.CutPrefix(text, "[Geo mean]"); ok {
		name, rest = "[Geo mean]", r
	}
	rest = strings.TrimSpace(rest)
	var out []cell
	for _, column := range t.columns {
		m := oldCell.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		x, unit, ok := oldNumber(m[1], t.metric)
		if !ok {
			break
		}
		out = append(out, cell{name: name, column: column, metric: t.metric, unit: unit, value: x, ci: m[2]})
		rest = rest[len(m[0]):]
	}
	m := oldDelta.FindStringSubmatch(strings.TrimSpace(rest))
	switch {
	case len(out) == 0:
		return nil, false, nil
	case cut && (len(out) < len(t.columns) || m == nil || t.change && m[2] == ""):
		return nil, false, nil
	case cut && !t.change && out[len(out)-1].ci == "":
		return nil, false, nil
	case len(out) < len(t.columns) || m == nil || !t.change && rest != "":
		if !strings.Contains(text, "±") && !strings.Contains(text, "(p=") {
			return nil, false, nil
		}
		return nil, true, fmt.Errorf("a name and %d values of %s: where one is missing, it is not sure which", len(t.columns), t.metric)
	}
	last := &out[len(out)-1]
	last.delta, last.test = m[1], m[2]
	return out, true, nil
}
