package perfstat

import (
	"regexp"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/imports"
)

var (
	startedForm = regexp.MustCompile(`^# started on (\S.*)$`)
	versionForm = regexp.MustCompile(`^perf version (\S+)$`)
	commandForm = regexp.MustCompile(`^(?:\[?[\w.@:~/ -]*\]?[$#%] )?((?:sudo |\w+=\S+ |time )*(?:\S*/)?perf\S*(?: -\S+)* stat\b.*)$`)
	cutForm     = regexp.MustCompile(`^(?:#|//)?\s*[\[(<]?\s*(?:\.\.\.+|…|snip|cut|truncated)\s*[\])>]?$`)
	deviceForm  = regexp.MustCompile(`^(\S.*?)\s+\[([A-Za-z]\w*)\]$`)
)

// preamble takes the lines that stand around the rows in every form.
func preamble(text string, s imports.Sink) bool {
	if text[0] >= '0' && text[0] <= '9' {
		return false // a row: most lines are
	}
	if m := startedForm.FindStringSubmatch(text); m != nil {
		if t, err := time.ParseInLocation(time.ANSIC, strings.Join(strings.Fields(m[1]), " "), time.UTC); err == nil {
			s.Fact(imports.FactStarted, t.Format(time.RFC3339))
		}
		return true
	}
	if m := versionForm.FindStringSubmatch(text); m != nil {
		s.Fact(imports.FactVersion, "perf "+m[1])
		return true
	}
	if strings.Contains(text, "perf") {
		if m := commandForm.FindStringSubmatch(text); m != nil {
			s.Fact(imports.FactCommand, m[1])
			return true
		}
	}
	return strings.HasPrefix(text, "# ") || text == "#"
}

// device parts an event's name from the PMU's instance that perf -A writes
// behind it.
func device(event string) (string, string) {
	if !strings.HasSuffix(event, "]") {
		return event, ""
	}
	if m := deviceForm.FindStringSubmatch(event); m != nil {
		return m[1], m[2]
	}
	return event, ""
}
