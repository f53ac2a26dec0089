package perfstat

import (
	"fmt"
	"slices"
	"strings"
)

// Mailers break long rows in two. A row waits for the line below it, which may
// be its end.

// waiting is a row that is not told yet.
type waiting struct {
	row  row
	text string
	cut  bool
}

// wait holds a row, and tells the one before.
func (p *peopleReader) wait(r row, text string) error {
	if err := p.flush(); err != nil {
		return err
	}
	p.waiting = &waiting{r, text, p.lines.Cut()}
	return nil
}

// flush tells the row that waits.
func (p *peopleReader) flush() error {
	w := p.waiting
	p.waiting = nil
	if w == nil {
		return nil
	}
	w.row.metrics = slices.DeleteFunc(w.row.metrics, func(m metric) bool {
		if name := strings.TrimLeft(m.text, "% "); name != "" {
			return false
		}
		p.tell.sink.Warn(w.row.line, "a number behind # has no name: it is left out")
		return true
	})
	return p.row(&w.row, w.cut)
}

// goesOn tells whether a line that is no row is the end of the row that waits,
// and puts them together. Where it may be, and it is not sure, what the line
// would change is left out.
func (p *peopleReader) goesOn(text string) bool {
	w := p.waiting
	trimmed := strings.TrimSpace(text)
	if w == nil || trimmed == "" || w.cut {
		return false
	}
	r, err := parsePeople(w.text+" "+trimmed, p.place)
	if err == nil && r.event == w.row.event && r.value == w.row.value && r.why == w.row.why && r.cgroup == w.row.cgroup {
		share := trimmed[0] == '(' || trimmed[0] == '['
		if share && (r.running != w.row.running || r.variance != w.row.variance) || !share && changed(&r, &w.row) && surely(&r) {
			r.line = w.row.line
			p.waiting = &waiting{r, w.text + " " + trimmed, p.lines.Cut()}
			return true
		}
	}
	if text[0] == ' ' || text[0] == '\t' || !w.row.dangling && (len(w.row.metrics) == 0 || surely(&w.row)) {
		return false
	}
	p.tell.sink.Warn(w.row.line, fmt.Sprintf("the line below may be the end of this one: its metric is left out; %.40q", trimmed))
	w.row.metrics = nil
	dangling := w.row.dangling
	w.row.dangling = false
	return dangling
}

// changed tells that a row has another metric than one before.
func changed(a, b *row) bool {
	return len(a.metrics) > 0 && (len(b.metrics) != len(a.metrics) || a.metrics[len(a.metrics)-1].text != b.metrics[len(b.metrics)-1].text)
}

// wholeMetrics are perf's own names of several words.
var wholeMetrics = []string{
	"CPUs utilized", "GHz", "insn per cycle", "insns per cycle", "stalled cycles per insn", "frontend cycles idle", "backend cycles idle", "K/sec", "M/sec", "G/sec", "/sec",
	"of all branches", "of all cache refs", "of all L1-dcache hits", "of all L1-dcache accesses", "of all L1-icache hits", "of all L1-icache accesses",
	"of all LL-cache hits", "of all LL-cache accesses", "of all dTLB cache hits", "of all dTLB cache accesses", "of all iTLB cache hits", "of all iTLB cache accesses",
	"transactional cycles", "aborted cycles", "cycles / transaction", "cycles / elision", "SMI cycles%", "SMI#",
}

// surely tells that the name of a row's last metric is whole: a name of one
// word is, unless perf has one of several that begins with it.
func surely(r *row) bool {
	if len(r.metrics) == 0 {
		return false
	}
	name := strings.TrimSpace(strings.TrimPrefix(r.metrics[len(r.metrics)-1].text, "%"))
	if slices.Contains(wholeMetrics, name) {
		return true
	}
	if _, rest, ok := strings.Cut(name, "  "); ok {
		name = strings.TrimSpace(rest)
	}
	return name != "" && !strings.ContainsAny(name, " =") && !slices.ContainsFunc(wholeMetrics, func(m string) bool { return strings.HasPrefix(m, name+" ") })
}
