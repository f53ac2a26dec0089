package imports

import (
	"strconv"
	"strings"
)

const (
	second = int64(1e9)
	day    = 24 * 3600 * second
)

// DayClock places figures by the lines of time that a tool prints between
// them. Most print the time of day and no date: then figures stand as long
// after the first such line as the clock says, and where that line stands is
// found as for any capture.
type DayClock struct {
	first, now int64 // of a day; now goes on beyond it
	begun      bool
	known      bool // now holds for what follows
	dated      bool // now is ns since the epoch
	zoneless   bool
	text       string
	ended      bool // what follows is another capture
	lost       bool // a time of that one was seen: no day is known for it
}

// Line takes a line that is nothing but a time, as 08:28:57, [08:28:57] or a
// date with it; ok is false for any other. The warning, if there is one, is
// for the user.
func (c *DayClock) Line(line string) (warning string, ok bool) {
	s := strings.TrimSpace(line)
	if len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' {
		s = s[1 : len(s)-1]
	}
	if tod, ok := TimeOfDay(s); ok {
		return c.timeOfDay(s, tod), true
	}
	ns, zoned, ok := ParseDate(s)
	if !ok || ns < 1e9*1e9/2 || !strings.Contains(s, ":") {
		return "", false // a lone number may be anything
	}
	c.now, c.known, c.dated, c.text = ns, true, true, s
	if !zoned && !c.zoneless {
		c.zoneless = true
		warning = "the date does not tell its zone for sure: it is read as UTC"
	}
	return warning, true
}

func (c *DayClock) timeOfDay(s string, tod int64) (warning string) {
	c.text, c.dated = s, false
	switch {
	case c.lost:
	case c.ended:
		c.lost = true
		warning = anotherCapture
	case !c.begun:
		c.begun, c.first, c.now = true, tod, tod
	default:
		next := c.now - c.now%day + tod
		if next < c.now-day/2 {
			next += day // it is past midnight
		}
		if next < c.now {
			c.lost = true
			warning = anotherCapture
		}
		c.now = next
	}
	c.known = !c.lost
	return warning
}

const anotherCapture = "from here on it is another capture, of which the day is not known: its numbers stand at the end of the file's time, with their times of day as a label. Put it into a file of its own"

// Forget is that another capture begins: what follows is not known to have
// been printed then, or at all on that day.
func (c *DayClock) Forget() {
	c.known, c.text, c.ended = false, "", c.begun
}

// Since is how long after the first line of time a time of day was; ok is
// false where that is not known.
func (c *DayClock) Since(tod int64) (ns int64, ok bool) {
	if !c.begun {
		c.begun, c.first, c.now = true, tod, tod
	}
	ns = tod - c.first%day
	if ns < -day/2 {
		ns += day
	}
	return ns, ns >= 0 && !c.lost && !c.ended
}

// Place gives a figure the time of the last line of time, and its text.
func (c *DayClock) Place(f *Figure) {
	if c.text == "" {
		return
	}
	if f.Labels == nil {
		f.Labels = map[string]string{}
	}
	f.Labels["time"] = c.text
	switch {
	case !c.known:
	case c.dated:
		f.Timed, f.TimeNS = true, c.now
	default:
		f.Timed, f.Relative, f.TimeNS = true, true, c.now-c.first
	}
}

// TimeOfDay reads 08:28:57 and 08:28:57.25, in ns since midnight.
func TimeOfDay(s string) (int64, bool) {
	whole, part, dotted := strings.Cut(s, ".")
	if len(whole) != 8 || whole[2] != ':' || whole[5] != ':' || dotted && (part == "" || len(part) > 9) {
		return 0, false
	}
	var ns int64
	for i, most := range []uint64{23, 59, 60} {
		n, err := strconv.ParseUint(whole[3*i:3*i+2], 10, 8)
		if err != nil || n > most {
			return 0, false
		}
		ns = ns*60 + int64(n)
	}
	f, err := strconv.ParseUint((part + "000000000")[:9], 10, 63)
	return ns*second + int64(f), err == nil
}
