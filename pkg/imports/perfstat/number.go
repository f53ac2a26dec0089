package perfstat

import (
	"fmt"
	"strconv"
	"strings"
)

// stampNS reads the time of an interval, 1.000659830.
func stampNS(s string) (int64, error) {
	if !isStamp(s) || len(s) > len("1234567890.000000000") {
		return 0, fmt.Errorf("a time in seconds")
	}
	n := int64(0)
	for i := 0; i < len(s); i++ {
		if s[i] != '.' {
			n = n*10 + int64(s[i]-'0')
		}
	}
	if n > 1<<32*1e9 || n < 0 {
		return 0, fmt.Errorf("a time in seconds")
	}
	return n, nil
}

// grouping are the characters between groups of digits, and decimal ones, of
// the locales that perf prints numbers by.
const grouping = ".,'’\u00a0\u202f٬ _"

// localNumber reads a number that was printed by some locale. Fraction tells
// that perf prints it with a fraction and without groups, so that its only
// separator is the decimal one.
func localNumber(s string, fraction bool) (float64, bool) {
	if x, ok := decimal(s); ok && (fraction || strings.IndexByte(s, '.') < 0) {
		return x, true
	}
	at := strings.LastIndexAny(s, grouping)
	if at < 0 {
		return digitsOnly(s)
	}
	if !fraction && !mixed(s) && grouped(s) {
		return digitsOnly(strip(s))
	}
	_, size := splitRune(s[at:])
	whole, frac := s[:at], s[at+size:]
	if fraction && strings.ContainsAny(whole, grouping) && !grouped(whole) {
		return 0, false
	}
	return digitsOnly(strip(whole) + "." + frac)
}

func splitRune(s string) (rune, int) {
	for i, r := range s {
		if i > 0 {
			return 0, i
		}
		_ = r
	}
	return 0, len(s)
}

// mixed tells that two kinds of separators occur: the last one is decimal.
func mixed(s string) bool {
	last := rune(0)
	for _, r := range s {
		if !strings.ContainsRune(grouping, r) {
			continue
		}
		if last != 0 && r != last {
			return true
		}
		last = r
	}
	return false
}

// grouped tells digits in groups: of three at the end, of two or three before
// it, as India has them.
func grouped(s string) bool {
	groups := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(grouping, r) })
	if len(groups) == 1 {
		return true
	}
	for i, g := range groups {
		switch {
		case i == len(groups)-1 && len(g) != 3, len(g) > 3, i > 0 && len(g) < 2:
			return false
		}
	}
	return len(groups) > 1 && groups[0][0] != '0'
}

func strip(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(grouping, r) {
			return -1
		}
		return r
	}, s)
}

func digitsOnly(s string) (float64, bool) {
	t := strings.TrimPrefix(s, "-")
	if t == "" || len(t) > mostDigits || t[0] < '0' || t[0] > '9' {
		return 0, false
	}
	for _, c := range []byte(t) {
		if c != '.' && (c < '0' || c > '9') {
			return 0, false
		}
	}
	if x, ok := decimal(s); ok {
		return x, true
	}
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil
}

// mostDigits is more than any count or time has.
const mostDigits = 40

// tens are exact as floats, and so is what has no more than exactDigits.
var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

const exactDigits = 15

// decimal reads the numbers that most fields are: few digits, perhaps a point
// among them. Dividing two exact floats gives the nearest one, as ParseFloat.
func decimal(s string) (float64, bool) {
	if len(s) == 0 || len(s) > exactDigits+1 || s[0] == '.' {
		return 0, false
	}
	n, point := uint64(0), -1
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			n = n*10 + uint64(c-'0')
		case c == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	switch {
	case point < 0 && len(s) > exactDigits:
		return 0, false
	case point < 0:
		return float64(n), true
	}
	return float64(n) / tens[len(s)-1-point], true
}

// What follows is asked of every field of every row.

// isWhole tells digits and nothing else.
func isWhole(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// isStamp tells the time of an interval, 1.000659830.
func isStamp(s string) bool {
	i := len(s) - 10
	return i > 0 && s[i] == '.' && isWhole(s[:i]) && isWhole(s[i+1:])
}

// isPercent tells a share as perf prints it, 58.73 or 58,73.
func isPercent(s string) bool {
	i := len(s) - 3
	return i > 0 && (s[i] == '.' || s[i] == ',') && isWhole(s[:i]) && isWhole(s[i+1:])
}
