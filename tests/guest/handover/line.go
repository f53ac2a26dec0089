package handover

import (
	"strconv"
	"strings"
)

// Line is one thing that init says on the console, among whatever else is
// printed there. Text is quoted, so that it can hold any bytes.
type Line struct {
	Verb string
	Text string
}

// What init says.
const (
	Booted = "booted" // the text is the seconds since the kernel began
	Stderr = "stderr" // a piece of what the agent and the program wrote there
	Ended  = "ended"  // the text is the agent's exit status
	Packed = "packed" // the outbox is whole
	Failed = "failed" // the text says what could not be done; the machine stops
)

// lineLead tells init's lines from the kernel's.
const lineLead = "@numalens "

// String is the line as it is printed, without the end of line.
func (l Line) String() string { return lineLead + l.Verb + " " + strconv.Quote(l.Text) }

// ParseLine reads one line of the console; ok is false for what is not
// init's. The kernel may have begun a line before init's.
func ParseLine(console string) (l Line, ok bool) {
	_, said, found := strings.Cut(strings.TrimRight(console, "\r\n"), lineLead)
	if !found {
		return Line{}, false
	}
	verb, quoted, found := strings.Cut(said, " ")
	if !found {
		return Line{}, false
	}
	text, err := strconv.Unquote(quoted)
	if err != nil {
		return Line{}, false
	}
	return Line{Verb: verb, Text: text}, true
}
