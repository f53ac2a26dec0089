package gobench

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// usual are the units that the testing package itself prints, in its order.
var usual = []string{"ns/op", "MB/s", "B/op", "allocs/op"}

// classify tells what a line is.
func classify(l *line) {
	text := strings.TrimLeft(l.text, " \t")
	rest, ok := strings.CutPrefix(text, "Benchmark")
	switch {
	case ok && benchmarkName(rest):
		l.text, l.started = text, l.number
		classifyBenchmark(l)
	case strings.HasPrefix(l.text, "Unit ") && strings.Contains(l.text, "="):
		l.kind = unit
	case settingForm.MatchString(l.text) && !outerForm.MatchString(l.text):
		l.kind = setting
	}
}

// benchmarkName tells what go test takes for a name: prose has a small letter
// or a blank there.
func benchmarkName(rest string) bool {
	if rest == "" {
		return false
	}
	c := rest[0]
	return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '/' || c == '-' || c >= 0x80
}

func classifyBenchmark(l *line) {
	f := strings.Fields(l.text)
	l.blank = len(l.text) > len(f[0])
	whole, pairs := measured(f[1:])
	switch {
	case whole && pairs > 0:
		l.kind, l.text = result, strings.Join(f, " ")
	case pairs >= 0 && len(f) > 1:
		l.kind, l.text = partial, strings.Join(f, " ")
	default:
		l.kind, l.text = name, f[0]
	}
}

// measured tells whether fields are how often a benchmark ran and measurements
// with their units. Pairs is the number of measurements, -1 where it is
// something else.
func measured(f []string) (whole bool, pairs int) {
	if len(f) == 0 || !isCount(f[0]) {
		return false, -1
	}
	f = f[1:]
	for i := 0; i < len(f); i += 2 {
		if !isNumber(f[i]) || i+1 < len(f) && !isUnit(f[i+1]) {
			return false, -1
		}
	}
	return len(f)%2 == 0, len(f) / 2
}

func isCount(s string) bool {
	_, err := strconv.ParseUint(s, 10, 62)
	return err == nil
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && !strings.ContainsAny(s, "xX_")
}

// isUnit tells a unit from a number, prose and what others print behind two
// numbers: a change (-53.84%), a speedup (1.18x).
func isUnit(s string) bool {
	c := s[0]
	return !isNumber(s) && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '%' || c >= 0x80)
}

// onlyUsual tells that fields are measurements with units of testing, none of
// which a result has yet.
func onlyUsual(f []string, have string) bool {
	for i := 0; i < len(f); i += 2 {
		if !isNumber(f[i]) || i+1 == len(f) || !slices.Contains(usual, f[i+1]) || strings.Contains(have+" ", " "+f[i+1]+" ") {
			return false
		}
	}
	return len(f) > 0
}

// join puts a line behind what is held, where that makes a result.
func (s *source) join(text string, l *line) bool {
	h, f := s.held, strings.Fields(text)
	switch h.kind {
	case result:
		if !onlyUsual(f, h.text) {
			return false
		}
	case partial:
		all := strings.Fields(h.text + " " + text)
		whole, pairs := measured(all[1:])
		if pairs < 1 || !whole || !endUsual(all, len(all)-len(f)) {
			return false
		}
		h.kind = result
	case name:
		// Without white space behind it, it is the name that -v tells before
		// anything else, unless its result stands right below it.
		whole, pairs := measured(f)
		if pairs < 1 || !whole || f[2] != "ns/op" || !h.blank && h.started != l.number-1 {
			return false
		}
		h.kind, h.number = result, l.number
	}
	h.text += " " + strings.Join(f, " ")
	h.cut, h.timeNS = l.cut, l.timeNS
	return true
}

// endUsual tells that a result's units from a field on are of testing.
func endUsual(f []string, from int) bool {
	for i := 3; i < len(f); i += 2 {
		if i >= from && !slices.Contains(usual, f[i]) {
			return false
		}
	}
	return true
}

// whole gives a result on, unless its end may be cut.
func (s *source) whole(h *line) {
	f := strings.Fields(h.text)
	last := f[len(f)-1]
	if h.cut && !slices.Contains(usual, last) || chopped(last, len(f) == 4) {
		s.sink.Warn(h.number, fmt.Sprintf("the unit %q may be cut: its number is left out", last))
		f = f[:len(f)-2]
	}
	s.give(h, f)
}

// chopped tells a unit of testing without its end.
func chopped(unit string, first bool) bool {
	if slices.Contains(usual, unit) || !first && !strings.ContainsAny(unit, "/a") && unit != "B" {
		return false
	}
	return slices.ContainsFunc(usual, func(u string) bool { return strings.HasPrefix(u, unit) })
}

// beginning gives on what of a result is there.
func (s *source) beginning(h *line) {
	f := strings.Fields(h.text)
	s.sink.Warn(h.number, fmt.Sprintf("the result of %s is cut here", f[0]))
	if len(f)%2 == 1 {
		f = f[:len(f)-1]
	}
	s.give(h, f)
}

func (s *source) give(h *line, f []string) {
	if len(f) < 4 {
		return
	}
	h.text, h.kind = strings.Join(f, " "), result
	s.ready = append(s.ready, *h)
}
