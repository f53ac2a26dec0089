package bpftrace

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// bucket is one of a histogram. Its ends are as the tool names them, with its
// suffixes multiplied out.
type bucket struct {
	lo, hi *big.Int // nil is open
	ends   string   // "[)", "[]", "(]", "()": whether the ends belong to it
	text   string
}

var (
	bucketForm = regexp.MustCompile(`^([\[(])\s*(\.\.\.|-?\d+[kKMGTPE]?)(?:\s*,\s*(\.\.\.|-?\d+[kKMGTPE]?))?\s*([\])])\s+(\d+)(\s+\|.*)?$`)
	likeBucket = regexp.MustCompile(`^[\[(]\s*(?:\.\.\.|-?\d+[kKMGTPE]?)\s*(?:,\s*(?:\.\.\.|-?\d+[kKMGTPE]?))?\s*[\])]`)
	barForm    = regexp.MustCompile(`^\|[@ ]*\|?$`)
	rowForm    = regexp.MustCompile(`^(\d\d:\d\d:\d\d(?:\.\d+)?)\s+[|*][ .*]*[|*]\s+(-|-?\d+)$`)
	axisForm   = regexp.MustCompile(`^hh:mm:ss\S*\s+\|_+\|$|^v_+v$|^-?\d+\s+-?\d+$`)
)

func bucketish(s string) bool { return likeBucket.MatchString(s) && strings.Contains(s, "|") }

// below reads a line of the value of the map that is open.
func (t *text) below(s string) (bool, error) {
	if b := s[0]; b != '[' && b != '(' && b != '.' && (b < '0' || b > '9') && b != 'h' && b != 'v' && b != '-' {
		return cutForm.MatchString(s) && t.snipped(), nil
	}
	if m := bucketForm.FindStringSubmatch(s); m != nil {
		return true, t.bucket(m)
	}
	if cutForm.MatchString(s) {
		return t.snipped(), nil
	}
	if likeBucket.MatchString(s) {
		if t.lines.Cut() {
			t.sink.Warn(t.lines.Number(), "the file ends within this bucket: it is left out")
			return true, nil
		}
		return true, t.lines.Wrong("a bucket, its count and its bar, as `[4, 8)  12 |@@@  |`")
	}
	if m := rowForm.FindStringSubmatch(s); m != nil {
		return true, t.row(m[1], m[2])
	}
	return axisForm.MatchString(s), nil
}

// snipped is that lines of the value that is open were cut out.
func (t *text) snipped() bool {
	t.head.last = bucket{}
	t.sink.Warn(t.lines.Number(), "lines were cut out here")
	return true
}

func (t *text) bucket(m []string) error {
	b, ok := newBucket(m[1], m[2], m[3], m[4])
	if !ok {
		return t.lines.Wrong("a bucket whose ends are in their order")
	}
	if t.head.buckets && !t.follows(b) {
		return t.lines.Wrong("a bucket beyond the one before, " + t.head.last.text)
	}
	t.head.buckets, t.head.last = true, b
	f, ok := figure(place{t.lines.Number(), t.head.name, t.head.key, t.head.keyed}, "", m[5], imports.KindTotal)
	if !ok {
		return t.lines.Wrong("a count of 64 bits")
	}
	f.Part = true
	b.label(&f)
	t.clock.Place(&f)
	if m[6] == "" {
		t.bare = &f
		return nil
	}
	if strings.Count(m[6], "|") > 1 {
		t.closes = true
	} else {
		t.cutAt = max(t.cutAt, len(t.lines.Bytes()))
	}
	t.bars = true
	t.sink.Figure(f)
	return nil
}

// bar reads what should be a bucket's bar, which a mailer wrapped: without it
// the count may have been cut.
func (t *text) bar(s string) error {
	if !barForm.MatchString(s) {
		return &imports.SyntaxError{Line: t.bare.Line, Expected: "a bar behind the bucket's count, as `|@@@  |`", Found: t.bare.Labels["bucket"] + " " + fmt.Sprint(t.bare.Value)}
	}
	t.sink.Figure(*t.bare)
	t.bare, t.bars = nil, true
	return nil
}

func newBucket(open, lo, hi, end string) (bucket, bool) {
	b := bucket{ends: open + end, text: open + lo + end}
	if hi == "" {
		hi = lo // a bucket of one value
		b.ends = "[]"
		if open+end != "[]" || lo == "..." {
			return b, false
		}
	} else {
		b.text = open + lo + ", " + hi + end
	}
	b.lo, b.hi = plain(lo), plain(hi)
	switch {
	case b.lo == nil && b.hi == nil:
		return b, false
	case b.lo == nil || b.hi == nil:
		return b, true
	case b.ends == "[]":
		return b, b.lo.Cmp(b.hi) <= 0
	}
	return b, b.lo.Cmp(b.hi) < 0
}

// plain multiplies a suffix out: bpftrace's are powers of 1024.
func plain(s string) *big.Int {
	if s == "..." {
		return nil
	}
	shift := 0
	if i := strings.IndexByte(" KMGTPE", s[len(s)-1]); i > 0 {
		shift, s = 10*i, s[:len(s)-1]
	} else if s[len(s)-1] == 'k' {
		shift, s = 10, s[:len(s)-1]
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok || len(s) > 21 {
		return nil
	}
	return n.Lsh(n, uint(shift))
}

// follows tells whether a bucket can come behind the last one, and warns of
// those between them that are not there: bpftrace prints empty ones too.
func (t *text) follows(b bucket) bool {
	last := t.head.last
	if last.text == "" {
		return true // behind what was cut out
	}
	if last.hi == nil || b.lo == nil {
		return false
	}
	next := new(big.Int).Set(last.hi)
	if last.ends == "[]" {
		next.Add(next, big.NewInt(1))
	}
	c := b.lo.Cmp(next)
	if c > 0 {
		t.sink.Warn(t.lines.Number(), fmt.Sprintf("buckets between %s and %s are not there", last.text, b.text))
	}
	return c >= 0
}

func (b *bucket) label(f *imports.Figure) {
	if b.lo != nil {
		f.Labels["lo"] = b.lo.String()
	}
	if b.hi != nil {
		f.Labels["hi"] = b.hi.String()
	}
	f.Labels["ends"] = b.ends
	if b.text != "" {
		f.Labels["bucket"] = b.text
	}
}

// row reads a time of a time series.
func (t *text) row(when, value string) error {
	tod, ok := imports.TimeOfDay(when)
	if !ok {
		return t.lines.Wrong("a time of day")
	}
	digits := value
	if value == "-" {
		digits = "0"
	}
	f, ok := figure(place{t.lines.Number(), t.head.name, t.head.key, t.head.keyed}, "", digits, imports.KindLevel)
	if !ok {
		return t.lines.Wrong("a number of 64 bits")
	}
	if value == "-" {
		f.Null, f.Why = true, value
	}
	f.Labels["time"] = when
	if ns, ok := t.clock.Since(tod); ok {
		f.Timed, f.Relative, f.TimeNS = true, true, ns
	}
	t.sink.Figure(f)
	return nil
}
