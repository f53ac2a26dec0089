package export

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPauseIsBounded(t *testing.T) {
	now := time.Unix(1e9, 0)
	at := func(d time.Duration) int64 { return now.Add(d).UnixNano() }
	for name, c := range map[string]struct {
		p    Pause
		want time.Duration
	}{
		"under way":              {Pause{SinceNS: at(-time.Minute), UntilNS: at(time.Minute)}, time.Minute},
		"over":                   {Pause{SinceNS: at(-2 * time.Minute), UntilNS: at(-time.Minute)}, -time.Minute},
		"the clock was set back": {Pause{SinceNS: at(time.Hour), UntilNS: at(time.Hour + time.Minute)}, time.Minute},
		"for ever":               {Pause{UntilNS: 1<<63 - 1}, LongestPause},
		"ends before it begins":  {Pause{SinceNS: at(time.Hour), UntilNS: at(time.Minute)}, -59 * time.Minute},
		"nothing":                {Pause{}, time.Duration(-now.UnixNano())},
		"times that do not fit":  {Pause{SinceNS: -1 << 63, UntilNS: at(time.Minute)}, -1},
	} {
		if got := c.p.Left(now); got != c.want && (c.want >= 0 || got >= 0) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestPauseFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), pauseFile)
	p := Pause{SinceNS: 1, UntilNS: 2, By: "someone", Faults: true}
	if err := p.Ask(path); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadPause(path); err != nil || got != p {
		t.Errorf("%+v, %v", got, err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm()&0o044 != 0o044 {
		t.Errorf("the agent of another user may not read it: %v", st.Mode())
	}
	for _, text := range []string{"", "[]", `{"since_ns":"x"}`, strings.Repeat(" ", 2*maxPauseBytes) + "{}"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadPause(path); err == nil {
			t.Errorf("%.20q is taken for %+v", text, got)
		}
	}
}
