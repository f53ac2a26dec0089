// Package capture knows what stands around the output of a tool in a file
// that someone made of it, a mail, a README or an issue: signs of quotation,
// prompts with the command, the head of watch, dates, marks of what was cut
// out. The parsers of plain tables share it.
//
// It leaves the numbers alone: what was wrapped or moved is for the parser to
// see.
package capture

import (
	"regexp"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// Unquote takes off what mail programs, patches and comments write before a
// line, and the blanks around it.
func Unquote(line string) string {
	line = strings.ReplaceAll(line, "\u00a0", " ")
	for {
		rest := strings.TrimLeft(line, " \t>|#*+")
		rest = strings.TrimPrefix(rest, "//")
		if strings.HasPrefix(rest, ": ") {
			rest = rest[1:]
		}
		if rest == line {
			return strings.TrimRight(line, " \t\r")
		}
		line = rest
	}
}

// Annotated parts a line from what someone wrote behind it with an arrow or
// as a comment.
func Annotated(line string) (text, note string) {
	for _, sign := range []string{"←", "<-", "<=", " # ", " // "} {
		if i := strings.Index(line, sign); i > 0 {
			return strings.TrimSpace(line[:i]), strings.TrimSpace(line[i:])
		}
	}
	return line, ""
}

// Around takes the lines that stand around a tool's output.
type Around struct {
	Tool string // whose command line is a fact
	Sink imports.Sink

	// Timed tells that a date was read; TimeNS is it.
	Timed  bool
	TimeNS int64

	zoneless bool
}

var (
	watchForm  = regexp.MustCompile(`^Every [\d.,]+s: (.*?)(?:\s+([^\s:]+): | {2,})(\w.*?)(?: in [\d.,]+s \(.*\))?$`)
	promptForm = regexp.MustCompile(`^(?:\S.{0,80}?)?[$#%❯]\s+(\S.*)$`)
	cutForm    = regexp.MustCompile(`^(?:#|//)?\s*(?:\.\.\.+|…|[\[(<]\s*(?:\.\.\.+|…|snip\w*|cut|truncated|omitted)\s*[\])>]|-*\s*(?:snip|8<)\s*-*)$`)
)

// Line tells whether a line is one of those, unquoted or not, and takes what
// it says.
func (a *Around) Line(n int, line string) bool {
	text := strings.TrimSpace(line)
	if text == "" {
		return false
	}
	if m := watchForm.FindStringSubmatch(text); m != nil {
		a.watch(n, m)
		return true
	}
	if CutOut(text) {
		a.Sink.Warn(n, "lines were cut out here")
		return true
	}
	if a.date(n, text) {
		return true
	}
	return a.command(text)
}

func (a *Around) watch(n int, m []string) {
	a.Sink.Fact(imports.FactCommand, strings.TrimSpace(m[1]))
	if m[2] != "" {
		a.Sink.Fact(imports.FactHost, m[2])
	}
	if !a.date(n, m[3]) {
		a.Sink.Warn(n, "the date of watch is in no form that is known: the reading is placed by the file")
	}
}

// date takes a line that is a date and nothing else.
func (a *Around) date(n int, text string) bool {
	if text[0] < '0' || text[0] > '9' && text[0] < 'A' {
		return false
	}
	ns, zoned, ok := imports.ParseDate(text)
	if !ok {
		return false
	}
	a.Timed, a.TimeNS = true, ns
	if !zoned && !a.zoneless {
		a.zoneless = true
		a.Sink.Warn(n, "the date does not tell its zone for sure: it is read as UTC")
	}
	return true
}

// command takes a prompt with a command behind it; the tool's is a fact.
func (a *Around) command(text string) bool {
	command := text
	if m := promptForm.FindStringSubmatch(text); m != nil {
		command = m[1]
	} else if first, _, _ := strings.Cut(text, " "); first != "sudo" && first != "watch" && first != a.Tool {
		return false
	}
	words := strings.Fields(command)
	for i, w := range words {
		if w != a.Tool && !strings.HasSuffix(w, "/"+a.Tool) {
			continue
		}
		if i+1 < len(words) && !strings.HasPrefix(words[i+1], "-") && command == text {
			return false // a sentence that begins with its name
		}
		a.Sink.Fact(imports.FactCommand, command)
		return true
	}
	return command != text
}

// CutOut tells a line by which someone says that lines were left out.
func CutOut(text string) bool { return cutForm.MatchString(text) }

// Set gives a figure the time of the last date.
func (a *Around) Set(f *imports.Figure) { f.Timed, f.TimeNS = a.Timed, a.TimeNS }
