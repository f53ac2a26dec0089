package perfscript

import "bytes"

func blank(c byte) bool { return c == ' ' || c == '\t' }

// firstToken splits the first word off.
func firstToken(text []byte) (token, rest []byte) {
	i := 0
	for i < len(text) && blank(text[i]) {
		i++
	}
	j := i
	for j < len(text) && !blank(text[j]) {
		j++
	}
	return text[i:j], text[j:]
}

// lastToken splits the last word off.
func lastToken(text []byte) (rest, token []byte) {
	j := len(text)
	for j > 0 && blank(text[j-1]) {
		j--
	}
	i := j
	for i > 0 && !blank(text[i-1]) {
		i--
	}
	return text[:i], text[i:j]
}

// parseHex reads a number as perf prints addresses: small letters, no prefix.
func parseHex(b []byte) (x uint64, ok bool) {
	if len(b) == 0 || len(b) > 16 {
		return 0, false
	}
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			x = x<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			x = x<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return x, true
}

func parseDecimal(b []byte) (x int64, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		x = x*10 + int64(c-'0')
	}
	return x, true
}

// isDecimal is true of digits, with one more character allowed among them.
func isDecimal(b []byte, also byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && c != also {
			return false
		}
	}
	return len(b) > 0
}

// findTime finds "123.456789:", a word of its own; to is 0 if there is none.
func findTime(text []byte) (from, to int) {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], ':')
		if i < 0 {
			return 0, 0
		}
		end := at + i
		start := end
		for start > 0 && (text[start-1] >= '0' && text[start-1] <= '9' || text[start-1] == '.') {
			start--
		}
		word := (start == 0 || blank(text[start-1])) && (end+1 == len(text) || blank(text[end+1]))
		if dot := bytes.IndexByte(text[start:end], '.'); word && dot > 0 {
			return start, end + 1
		}
		at = end + 1
	}
}

// parseTime reads seconds with a fraction, as ns.
func parseTime(b []byte) (int64, bool) {
	whole, fraction, _ := bytes.Cut(b, []byte("."))
	s, okS := parseDecimal(whole)
	f, okF := parseDecimal(fraction)
	if !okS || !okF || len(fraction) > 9 || s > 1<<33 {
		return 0, false
	}
	for range 9 - len(fraction) {
		f *= 10
	}
	return s*1e9 + f, true
}

// eventEnd is the colon that ends an event's name: colons within are followed
// by no blank. -1 is none.
func eventEnd(text []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], ':')
		if i < 0 {
			return -1
		}
		at += i
		if at+1 == len(text) || blank(text[at+1]) {
			return at
		}
		at++
	}
}
