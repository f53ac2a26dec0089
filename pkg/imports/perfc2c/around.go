package perfc2c

import (
	"regexp"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/capture"
)

// around takes what stands around a report: the command, and what perf writes
// to the standard error.
type around struct {
	capture.Around
	sink imports.Sink

	warning []string // what perf warns of, so far
	from    int
}

var (
	warningForm = regexp.MustCompile(`^(?i:warning):?\s*(.*)$`)
	lostForm    = regexp.MustCompile(`^(?:Processed \d+ events and lost \d+|Check IO/CPU overload|.*\blost \d+ (?:chunks|events|samples))`)
	cutCommand  = regexp.MustCompile(`\bperf\S*\s+c2c\b`)
)

// maxWarning is how many lines one warning of perf has at most.
const maxWarning = 8

func (a *around) line(n int, raw, text string) {
	switch m := warningForm.FindStringSubmatch(text); {
	case m != nil:
		a.flush()
		a.from = n
		a.warning = append(a.warning, m[1])
	case a.from > 0 && text != "" && len(a.warning) < maxWarning:
		a.warning = append(a.warning, text)
	case lostForm.MatchString(text):
		a.sink.Warn(n, "perf warned: "+text)
	case cutCommand.MatchString(text):
		a.Around.Line(n, strings.TrimLeft(raw, " >|*+\t"))
	}
}

// flush tells a warning of perf that is over.
func (a *around) flush() {
	if a.from > 0 {
		a.sink.Warn(a.from, "perf warned: "+strings.TrimSpace(strings.Join(a.warning, " ")))
	}
	a.from, a.warning = 0, nil
}
