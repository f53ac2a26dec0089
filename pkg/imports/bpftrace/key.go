package bpftrace

import "strings"

// Bounds of a key of several lines.
const (
	maxKeyLines = 1024
	maxKeyBytes = 64 << 10
)

// longKey is a key of several lines: stacks.
type longKey struct {
	name  string
	line  int
	parts []string
	bytes int
}

// mapped reads a line that begins with a map's name.
func (t *text) mapped(s string) error {
	t.head = nil
	end := nameEnd(s)
	if end == len(s) || s[end] != ':' && s[end] != '[' {
		t.skipped.add(t.lines.Number(), s)
		return nil
	}
	name, rest := s[:end], s[end+1:]
	if s[end] == ':' {
		return t.value(name, "", false, rest, s)
	}
	if i := strings.LastIndex(rest, "]:"); i >= 0 {
		if strings.IndexByte(rest[:i], '@') >= 0 && severalForm.MatchString(rest) {
			return t.lines.Wrong("one key of a map a line")
		}
		return t.value(name, rest[:i], true, rest[i+2:], s)
	}
	if strings.ContainsAny(rest, "];={}") {
		t.skipped.add(t.lines.Number(), s) // a line of a program
		return nil
	}
	t.key = &longKey{name: name, line: t.lines.Number(), parts: []string{rest}}
	return nil
}

// nameEnd is where the map's name ends.
func nameEnd(s string) int {
	i := 1
	for i < len(s) && (s[i] == '_' || s[i] >= '0' && s[i] <= '9' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') {
		i++
	}
	return i
}

// more reads a line of a key that goes over several.
func (t *text) more(s string) error {
	k := t.key
	if i := strings.LastIndex(s, "]:"); i >= 0 && s[0] != '@' {
		t.key = nil
		k.parts = append(k.parts, s[:i])
		return t.value(k.name, k.text(), true, s[i+2:], s)
	}
	if cutForm.MatchString(s) {
		t.key = nil
		t.sink.Warn(t.lines.Number(), "lines were cut out here, within a key: it is left out, with its value")
		return nil
	}
	k.bytes += len(s)
	if s[0] == '@' || len(k.parts) > maxKeyLines || k.bytes > maxKeyBytes {
		t.key = nil
		t.sink.Warn(k.line, "the key that begins here does not end: it is left out, with its value")
		if s[0] == '@' {
			return t.mapped(s)
		}
		return nil
	}
	k.parts = append(k.parts, s)
	return nil
}

// text is the key in one line: frames with a semicolon between them.
func (k *longKey) text() string {
	var b strings.Builder
	for _, p := range k.parts {
		p = strings.TrimSpace(p)
		switch last := b.String(); {
		case p == "":
			continue
		case last == "", strings.HasPrefix(p, ","):
		case strings.HasSuffix(last, ","):
			b.WriteByte(' ')
		default:
			b.WriteByte(';')
		}
		b.WriteString(p)
	}
	return b.String()
}
