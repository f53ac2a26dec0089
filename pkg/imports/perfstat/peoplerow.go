package perfstat

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

var (
	shareForm    = regexp.MustCompile(`\s*[(\[]\s*(\d+[.,]\d+)%\s*[)\]]\s*$`)
	varianceForm = regexp.MustCompile(`\s*\(\s*\+-\s*([\d.,]+|-?nan|-?inf)%\s*\)`)
	metricForm   = regexp.MustCompile(`^\s*(-?[\d.,]+|-?nan|-?inf)\s*(%?)\s*(.*?)\s*$`)
	groupForm    = regexp.MustCompile(`^[A-Za-z]\w*( \(\w+\))?$`)
)

// blanks parts at blanks alone: some locales have others within numbers.
func blanks(s string) []string {
	f := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' })
	for i := range f {
		f[i] = strings.Trim(f[i], "\u00a0\u202f")
	}
	return slices.DeleteFunc(f, func(x string) bool { return x == "" })
}

// parsePeople reads one row: time, place and its count of CPUs, value, unit,
// event, # metric, ( +- variance ), (share of time).
func parsePeople(text string, at place) (row, error) {
	r := newRow(0)
	r.place = at
	if strings.HasSuffix(text, "=") {
		return r, fmt.Errorf("a row that no mailer broke")
	}
	text = shares(&r, text)
	left, right, hash := cutHash(text)
	r.dangling = hash && strings.TrimSpace(right) == ""
	f := blanks(left)
	if len(f) > 0 && isStamp(f[0]) {
		ns, err := stampNS(f[0])
		if err != nil {
			return r, err
		}
		r.timed, r.timeNS, f = true, ns, f[1:]
	}
	f = peoplePlace(&r, f)
	if err := peopleMetrics(&r, right); err != nil {
		return r, err
	}
	switch {
	case len(f) == 0 && len(r.metrics) > 0:
		return r, nil
	case len(f) == 0:
		return r, fmt.Errorf("a count and an event")
	case len(r.metrics) > 0 && groupForm.MatchString(strings.Join(f, " ")):
		r.metrics[0].group = strings.Join(f, " ")
		return r, nil
	}
	return r, peopleCount(&r, f, left)
}

// shares takes variance and running share from the end of a row.
func shares(r *row, text string) string {
	if m := shareForm.FindStringSubmatchIndex(text); m != nil {
		if x, ok := localNumber(text[m[2]:m[3]], true); ok {
			r.running, text = share(x), text[:m[0]]
		}
	}
	if m := varianceForm.FindStringSubmatchIndex(text); m != nil {
		if x, ok := localNumber(text[m[2]:m[3]], true); ok {
			r.variance = share(x)
		}
		text = text[:m[0]] + text[m[1]:]
	}
	return text
}

// cutHash parts a row at the # of its first metric: one with a blank before
// it, because an event's name may hold one.
func cutHash(text string) (left, right string, found bool) {
	for i := 0; i < len(text); i++ {
		if text[i] == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t') {
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

func peoplePlace(r *row, f []string) []string {
	if len(f) == 0 {
		return f
	}
	if at, ok := placeOf(f[0]); ok {
		r.place, f = at, f[1:]
		if at.scope != imports.ScopeCPU && len(f) > 1 && isWhole(f[0]) && (counted(f[1]) || groupForm.MatchString(f[1]) && len(r.metrics) > 0) {
			f = f[1:]
		} else if len(f) == 1 && isWhole(f[0]) {
			f = nil // a further metric of the place
		}
		return f
	}
	for i := 1; i < len(f); i++ {
		if !counted(f[i]) {
			continue
		}
		if name := strings.Join(f[:i], " "); !counted(f[0]) && threadForm.MatchString(name) {
			r.place = place{imports.ScopeThread, name}
			return f[i:]
		}
		break
	}
	return f
}

// counted tells the beginning of a value.
func counted(s string) bool {
	if s == "<not" {
		return true
	}
	_, ok := localNumber(s, false)
	return ok
}

func peopleMetrics(r *row, right string) error {
	for right != "" {
		var this string
		this, right, _ = cutHash(right)
		if strings.TrimSpace(this) == "" {
			continue
		}
		m := metricForm.FindStringSubmatch(this)
		if m == nil {
			return fmt.Errorf("the value of a metric")
		}
		x, err := metricOf(m[1], strings.TrimSpace(m[2]+" "+m[3]))
		if err != nil {
			return err
		}
		r.metrics = append(r.metrics, x)
	}
	return nil
}

// peopleCount reads value, unit, event, and what follows it.
func peopleCount(r *row, f []string, left string) error {
	value := f[0]
	if value == "<not" && len(f) > 1 && (f[1] == "counted>" || f[1] == "supported>") {
		r.why, value, f = "<not "+f[1], f[1], f[1:]
	} else {
		x, ok := localNumber(value, false)
		if !ok {
			return fmt.Errorf("a count and an event")
		}
		r.value = x
	}
	f = f[1:]
	if len(f) == 0 {
		return fmt.Errorf("an event behind the count")
	}
	// A unit follows its number at once; without one there is a gap.
	if len(f) > 1 && !knownEvent(f[0]) && (unitWord(f[0]) || strings.Contains(left, value+" "+f[0]+" ") && word.MatchString(f[0]) && !behindEvent(f[1])) {
		r.unit, f = f[0], f[1:]
	}
	n := 1
	for n < len(f) && strings.Count(strings.Join(f[:n], " "), "/")%2 == 1 {
		n++
	}
	r.event = strings.Join(f[:n], " ")
	if strings.Count(r.event, "/")%2 == 1 || isAlone(r.event) || !beginsEvent(r.event) {
		return fmt.Errorf("the name of an event")
	}
	return behind(r, f[n:])
}

var word = regexp.MustCompile(`^[A-Za-z]\w*$`)

// beginsEvent tells that an event's name may begin so.
func beginsEvent(s string) bool {
	return s != "" && (s[0] >= 'A' && s[0] <= 'Z' || s[0] >= 'a' && s[0] <= 'z' || s[0] == '_')
}

// behindEvent tells what stands behind an event: a device, or a control group.
func behindEvent(s string) bool { return s[0] == '[' || s[0] == '/' }

func behind(r *row, f []string) error {
	if len(f) > 0 && strings.HasPrefix(f[len(f)-1], "[") && strings.HasSuffix(f[len(f)-1], "]") {
		r.device, f = strings.Trim(f[len(f)-1], "[]"), f[:len(f)-1]
	}
	switch len(f) {
	case 0:
		return nil
	case 1:
		r.cgroup = f[0]
		return nil
	}
	return fmt.Errorf("an event's name, and at most its device and its control group behind it")
}
