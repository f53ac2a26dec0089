package imports

import "testing"

func TestDayClock(t *testing.T) {
	var c DayClock
	at := func(line string) (int64, bool) {
		t.Helper()
		if _, ok := c.Line(line); !ok {
			t.Fatalf("%q is not taken", line)
		}
		var f Figure
		c.Place(&f)
		return f.TimeNS, f.Timed
	}
	for _, x := range []struct {
		line string
		want int64
	}{{"23:59:58", 0}, {"23:59:59.5", 15e8}, {"[00:00:01]", 3e9}, {"00:00:01", 3e9}} {
		if got, ok := at(x.line); !ok || got != x.want {
			t.Errorf("%s: %d, %v", x.line, got, ok)
		}
	}
	if ns, ok := c.Since(86399 * second); !ok || ns != second {
		t.Errorf("since %d, %v", ns, ok)
	}
	if w, _ := c.Line("00:00:00"); w == "" {
		t.Error("a clock that goes back is not told")
	}
	if _, timed := at("00:00:05"); timed {
		t.Error("what follows a clock that went back has a time")
	}
	if ns, timed := at("2026-11-24 17:00:00"); !timed || ns != 1795539600e9 {
		t.Errorf("a date: %d", ns)
	}
	c = DayClock{}
	c.Forget()
	at("08:00:00")
	c.Forget()
	if w, ok := c.Line("09:00:00"); w == "" || !ok {
		t.Error("another capture's time is taken as of the same day")
	}
	for _, s := range []string{"", "1234567890", "24:00:00", "12:00", "12:00:00 x", "12:60:00", "1:2:3", "12:00:00.", "-1:00:00", "12:00:00.1234567890"} {
		if _, ok := c.Line(s); ok {
			t.Errorf("%q is taken", s)
		}
	}
}
