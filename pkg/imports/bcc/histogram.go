package bcc

import (
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// histogram is one that is open.
type histogram struct {
	name, unit string
	ends       string            // of its buckets: "[]", "[)"
	log2       bool              // buckets are powers of two, as BCC's
	place      imports.Figure    // what all its figures have
	named      int               // lines of the section that became labels
	last       *ends             // of the bucket before
	arrows     bool              // its buckets have two ends
	single     *imports.Figure   // a bucket of one value, whose width the next one tells
	wide       bool              // such buckets have several values
	bare       *imports.Figure   // a bucket whose bar is due
	labels     map[string]string // of its section
}

type ends struct{ lo, hi *big.Int }

var (
	headForm    = regexp.MustCompile(`^(\S.*?)\s*: (?:count|Count|I/O)\s+\|?[dD]istribution\s*\|?$`)
	unitForm    = regexp.MustCompile(`^(?:[num]secs?|secs|[Kk]?bytes|ms|us|ns)$|\((ms|us|ns)\)`)
	rowForm     = regexp.MustCompile(`^(?:(-?\d+)?\s*(?:->|-&gt;)\s*(-?\d+)?|(-?\d+))\s*:\s+(\d+)(\s*\|.*)?$`)
	likeRow     = regexp.MustCompile(`^(?:-?\d+\s*)?(?:->|-&gt;)(?:\s*-?\d+)?\s*(?::|$)|^-?\d+\s+:`)
	barForm     = regexp.MustCompile(`^\|[*#@+ ]*\|?$`)
	averageForm = regexp.MustCompile(`^avg = (\d+) (\w+), total: (\d+) (\w+), count: (\d+)$`)
)

// headOf reads the line above the buckets.
func headOf(s string) *histogram {
	m := headForm.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	h := &histogram{name: strings.TrimSpace(m[1]), ends: "[]"}
	if u := unitForm.FindStringSubmatch(h.name); u != nil {
		if h.unit = h.name; u[1] != "" {
			h.unit = u[1]
		}
	}
	switch {
	case strings.HasPrefix(h.name, ">=") && strings.Contains(h.name, "<("): // iolatency
		h.ends = "[)"
	case h.name != "Range": // perf-stat-hist has buckets of the user's
		h.log2 = true
	}
	return h
}

// orphan tells a bucket outside of a histogram.
func orphan(s string) bool { return rowForm.MatchString(s) && strings.Contains(s, "|") }

// of reads what the lines above say that it is of: pid = 123, disk = 'sda'.
func (h *histogram) of(section []string, tracing string) {
	h.place = imports.NewFigure(0)
	h.place.Scope = imports.ScopeHost
	h.labels = map[string]string{}
	if tracing != "" {
		h.labels["of"] = tracing
	}
	if h.unit != "" {
		h.labels["unit"] = h.unit
	}
	for i, line := range section {
		taken := false
		for part := range strings.SplitSeq(line, "\t") {
			if m := memberForm.FindStringSubmatch(strings.TrimSpace(part)); m != nil {
				h.member(m[1], strings.TrimSpace(m[2]))
				taken = true
			}
		}
		if !taken && i == len(section)-1 {
			h.labels["section"] = line
			taken = true
		}
		if taken {
			h.named++
		}
	}
}

func (h *histogram) member(name, value string) {
	value = strings.Trim(value, "'")
	h.labels[name] = value
	first, rest, _ := strings.Cut(value, " ")
	if _, err := strconv.ParseUint(first, 10, 31); err != nil {
		return
	}
	switch name {
	case "pid":
		h.place.Scope, h.place.Instance = imports.ScopeProcess, first
	case "tid":
		h.place.Scope, h.place.Instance = imports.ScopeThread, first
	case "cpu", "CPU":
		h.place.Scope, h.place.Instance = imports.ScopeCPU, first
	default:
		return
	}
	if h.labels[name] = first; rest != "" {
		h.labels["comm"] = strings.TrimSpace(rest)
	}
}

// row reads a bucket.
func (h *histogram) row(t *text, s string) (bool, error) {
	if barForm.MatchString("|" + s) {
		return true, nil // the rest of a bar that was wrapped
	}
	m := rowForm.FindStringSubmatch(s)
	if m == nil {
		if !likeRow.MatchString(s) {
			return false, nil
		}
		if t.lines.Cut() {
			t.sink.Warn(t.lines.Number(), "the file ends within this bucket: it is left out")
			return true, nil
		}
		return true, t.lines.Wrong("a bucket, its count and its bar, as `4 -> 7 : 12 |**  |`")
	}
	f, err := t.number(h.name, "1", m[4], imports.KindCount)
	if err != nil {
		return true, err
	}
	if h.log2 && h.last != nil && h.arrows != (m[3] == "") {
		return true, t.lines.Wrong("a bucket as those before it")
	}
	if h.unit != "" && h.log2 && m[3] != "" {
		return true, t.lines.Wrong("a bucket with two ends, as `4 -> 7 : 12 |**  |`")
	}
	h.arrows = m[3] == ""
	f.Scope, f.Instance, f.Part = h.place.Scope, h.place.Instance, true
	maps.Copy(f.Labels, h.labels)
	t.clock.Place(&f)
	if err := h.bucket(t, &f, m[1], m[2], m[3]); err != nil {
		return true, err
	}
	if m[5] == "" {
		h.bare = &f
		return true, nil
	}
	h.tell(t, f, m[3] != "")
	return true, nil
}

// bucket reads a bucket's ends and holds them against those before.
func (h *histogram) bucket(t *text, f *imports.Figure, from, to, single string) error {
	var e ends
	wrong := func() error { return t.lines.Wrong("a bucket whose ends are in their order and beyond those before") }
	for _, x := range []struct {
		text, label string
		to          **big.Int
	}{{from + single, "lo", &e.lo}, {to, "hi", &e.hi}} {
		if x.text == "" {
			continue
		}
		n, ok := new(big.Int).SetString(x.text, 10)
		if !ok || len(x.text) > 21 {
			return wrong()
		}
		*x.to, f.Labels[x.label] = n, x.text
	}
	f.Labels["ends"] = h.ends
	if e.lo != nil && e.hi != nil && (e.lo.Cmp(e.hi) > 0 || h.log2 && !powers(e.lo, e.hi)) || e.lo == nil && e.hi == nil {
		return wrong()
	}
	if single != "" {
		e.hi = e.lo
		f.Labels["ends"] = "[]"
	}
	if h.last != nil {
		next := h.next()
		if next == nil || e.lo == nil || e.lo.Cmp(next) < 0 {
			return wrong()
		}
		if e.lo.Cmp(next) > 0 && single == "" {
			t.sink.Warn(t.lines.Number(), fmt.Sprintf("buckets before %s are not there", f.Labels["lo"]))
		}
	}
	h.last = &e
	return nil
}

// next is the least value that is beyond the bucket before, nil where that
// one has no end.
func (h *histogram) next() *big.Int {
	if h.last.hi == nil || h.ends == "[)" {
		return h.last.hi
	}
	return new(big.Int).Add(h.last.hi, big.NewInt(1))
}

// powers tells whether BCC has such a bucket: 0 and 1, or from a power of two
// up to the next.
func powers(lo, hi *big.Int) bool {
	if lo.Sign() <= 0 {
		return lo.Sign() == 0 && hi.Cmp(big.NewInt(1)) == 0
	}
	n := uint(lo.BitLen())
	return n > 1 && lo.TrailingZeroBits() == n-1 && hi.BitLen() == int(n) && hi.Cmp(new(big.Int).Sub(new(big.Int).Lsh(lo, 1), big.NewInt(1))) == 0
}

// gap is that lines were cut out.
func (h *histogram) gap() { h.last = nil }

// tell tells a bucket. One of a single value is held back: whether it is of
// one value, or of all up to the next one's, is seen at the next.
func (h *histogram) tell(t *text, f imports.Figure, single bool) {
	if h.single != nil {
		was, _ := strconv.ParseInt(h.single.Labels["lo"], 10, 64)
		if is, err := strconv.ParseInt(f.Labels["lo"], 10, 64); single && err == nil && is != was+1 {
			h.wide = true
		}
		h.flush(t)
	}
	if single {
		h.single = &f
		return
	}
	t.sink.Figure(f)
}

func (h *histogram) flush(t *text) {
	if h.bare != nil {
		t.sink.Warn(h.bare.Line, "the file ends within this bucket: it is left out")
		h.bare = nil
	}
	if h.single == nil {
		return
	}
	if h.wide {
		delete(h.single.Labels, "ends")
	} else {
		h.single.Labels["hi"] = h.single.Labels["lo"]
	}
	t.sink.Figure(*h.single)
	h.single = nil
}

// bar reads what should be a bucket's bar, which a mailer wrapped: without it
// the count may have been cut.
func (h *histogram) bar(t *text, s string) error {
	f := *h.bare
	h.bare = nil
	if !barForm.MatchString(s) {
		return &imports.SyntaxError{Line: f.Line, Expected: "a bar behind the bucket's count, as `|**  |`", Found: fmt.Sprintf("%s -> %s : %v", f.Labels["lo"], f.Labels["hi"], f.Value)}
	}
	h.tell(t, f, f.Labels["hi"] == "" && f.Labels["lo"] != "" && h.last != nil && h.last.hi == h.last.lo)
	return nil
}

// averages reads the line that funclatency has below its histogram.
func (t *text) averages(s string) (bool, error) {
	m := averageForm.FindStringSubmatch(s)
	if m == nil {
		return false, nil
	}
	t.finish()
	scale := map[string]float64{"nsecs": 1, "usecs": 1e3, "msecs": 1e6, "secs": 1e9}
	if scale[m[2]] == 0 || scale[m[4]] == 0 || t.lines.Cut() {
		return true, t.lines.Wrong("an average in nsecs, usecs, msecs or secs")
	}
	for _, x := range []struct {
		name, digits, unit string
		scale              float64
		kind               imports.Kind
	}{{"avg", m[1], "ns", scale[m[2]], imports.KindMetric}, {"total", m[3], "ns", scale[m[4]], imports.KindCount}, {"count", m[5], "1", 1, imports.KindCount}} {
		f, err := t.number(x.name, x.unit, x.digits, x.kind)
		if err != nil {
			return true, err
		}
		f.Value, f.Part = f.Value*x.scale, true
		if t.done != nil {
			f.Scope, f.Instance = t.done.place.Scope, t.done.place.Instance
			maps.Copy(f.Labels, t.done.labels)
			delete(f.Labels, "unit")
		}
		t.clock.Place(&f)
		t.sink.Figure(f)
	}
	return true, nil
}
