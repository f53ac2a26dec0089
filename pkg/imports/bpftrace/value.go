package bpftrace

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

var (
	statsForm  = regexp.MustCompile(`^count (\d+), +average (-?\d+), +total (-?\d+)$|^\{ ?\.count = (\d+), \.average = (-?\d+), \.total = (-?\d+) ?\}$`)
	tupleForm  = regexp.MustCompile(`^[(\[][-\d, ()\[\]]*[)\]]$`)
	recordForm = regexp.MustCompile(`^\{ (?:\.\w+ = -?\d+(?:, | \}))+$`)
	fieldForm  = regexp.MustCompile(`(\.\w+) = (-?\d+)`)
)

// whole tells an integer's digits.
func whole(s string) bool {
	s = strings.TrimPrefix(s, "-")
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// stats are the words of stats(), in its order.
var stats = []string{"count", "average", "total"}

// value reads what stands behind a map's name and key.
func (t *text) value(name, key string, keyed bool, rest, line string) error {
	v := strings.TrimSpace(rest)
	if v == "" {
		t.head = &heading{name: name, key: key, keyed: keyed}
		return nil
	}
	at := place{t.lines.Number(), name, key, keyed}
	if t.lines.Cut() && v[len(v)-1] >= '0' && v[len(v)-1] <= '9' {
		t.sink.Warn(t.lines.Number(), "the file ends here, without a line end: the number may be cut and is left out")
		return nil
	}
	if whole(v) {
		t.scalar = len(t.lines.Bytes())
		return t.number(at, "", v, imports.KindLevel)
	}
	if m := statsForm.FindStringSubmatch(v); m != nil {
		return t.stats(at, m[1:])
	}
	switch {
	case tupleForm.MatchString(v) && strings.ContainsAny(v, "0123456789"):
		return t.tuple(at, v)
	case recordForm.MatchString(v):
		for _, m := range fieldForm.FindAllStringSubmatch(v, -1) {
			if err := t.number(at, m[1], m[2], imports.KindLevel); err != nil {
				return err
			}
		}
	default:
		t.wordy.add(t.lines.Number(), line)
	}
	return nil
}

// place is where in the input and in which map a number is.
type place struct {
	line      int
	name, key string
	keyed     bool
}

// number tells one number of a map. The part is what of the value it is, in
// bpftrace's own words: " average", ".1".
func (t *text) number(at place, part, digits string, kind imports.Kind) error {
	f, ok := figure(at, part, digits, kind)
	if !ok {
		return t.lines.Wrong("a number of 64 bits")
	}
	t.clock.Place(&f)
	t.sink.Figure(f)
	return nil
}

func figure(at place, part, digits string, kind imports.Kind) (imports.Figure, bool) {
	f := imports.NewFigure(at.line)
	f.Scope, f.Instance, f.Name, f.Kind, f.Unit = imports.ScopeMap, at.name, at.name+part, kind, "1"
	f.Labels = map[string]string{}
	if at.keyed {
		f.Instance += "[" + at.key + "]"
		f.Labels["key"] = at.key
	}
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil || len(digits) > 20 {
		return f, false
	}
	if f.Value = x; strconv.FormatFloat(x, 'f', -1, 64) != digits && strings.Trim(digits, "-0") != "" {
		f.Labels["exact"] = digits // a float64 has no such number
	}
	return f, true
}

// stats reads the three numbers of stats(); either form's may be empty.
func (t *text) stats(at place, found []string) error {
	if found[0] == "" {
		found = found[3:]
	}
	if !agree(found) {
		return t.lines.Wrong("an average that agrees with count and total")
	}
	for i, word := range stats {
		kind := imports.KindTotal
		if word == "average" {
			kind = imports.KindMetric
		}
		if err := t.number(at, " "+word, found[i], kind); err != nil {
			return err
		}
	}
	return nil
}

// agree tells whether an average can be of the count and the total: digits
// that were cut off show. It is rounded, and print() may have divided both.
func agree(found []string) bool {
	var x [3]float64
	for i := range x {
		x[i], _ = strconv.ParseFloat(found[i], 64)
	}
	count, average, total := x[0], x[1], x[2]
	return math.Abs(average*count-total) <= 2*count+1+math.Abs(total)*1e-12
}

// tuple reads a tuple or an array of nothing but numbers; parts of a tuple
// within one are named .1.0. A tuple with a word in it is not read: the word
// may have commas, and then the parts' places are not known.
func (t *text) tuple(at place, v string) error {
	path := []int{}
	var open []byte
	for i := 0; i < len(v); {
		switch c := v[i]; c {
		case '(', '[':
			open, path = append(open, c), append(path, 0)
			i++
		case ')', ']':
			if len(open) == 0 || (open[len(open)-1] == '(') != (c == ')') {
				return t.lines.Wrong("a tuple whose brackets match")
			}
			open, path = open[:len(open)-1], path[:len(path)-1]
			i++
		case ',':
			if len(path) == 0 {
				return t.lines.Wrong("one tuple")
			}
			path[len(path)-1]++
			i++
		case ' ':
			i++
		default:
			end := i + 1
			for end < len(v) && v[end] >= '0' && v[end] <= '9' {
				end++
			}
			if len(path) == 0 || !whole(v[i:end]) || end < len(v) && !strings.ContainsRune(",)]", rune(v[end])) {
				return t.lines.Wrong("a tuple of numbers")
			}
			if err := t.number(at, dotted(path), v[i:end], imports.KindLevel); err != nil {
				return err
			}
			i = end
		}
	}
	if len(open) > 0 {
		return t.lines.Wrong("a tuple that ends")
	}
	return nil
}

// dotted is a part's place as a bpftrace program writes it.
func dotted(path []int) string {
	var b strings.Builder
	for _, i := range path {
		b.WriteByte('.')
		b.WriteString(strconv.Itoa(i))
	}
	return b.String()
}
