package capture

import (
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestUnquote(t *testing.T) {
	for in, want := range map[string]string{
		"  node 0 cpus: 1 ":        "node 0 cpus: 1",
		">> > node":                "node",
		" *   0:  10":              "0:  10",
		"# // 0: 10":               "0: 10",
		": : numa_hit 5":           "numa_hit 5",
		"+ *    0  10  20\r":       "0  10  20",
		">\u00a0\u00a0node\u00a00": "node 0",
		"-5":                       "-5",
		"/proc/1/numa_maps":        "/proc/1/numa_maps",
	} {
		if got := Unquote(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestAround(t *testing.T) {
	for _, c := range []struct {
		line, command, host string
		is, timed           bool
	}{
		{line: "[me@box ~]$ numactl -H", command: "numactl -H", is: true},
		{line: "root@box:~# sudo /usr/bin/numactl --hardware", command: "sudo /usr/bin/numactl --hardware", is: true},
		{line: "$ ls", is: true},
		{line: "numactl -H", command: "numactl -H", is: true},
		{line: "numactl shows nodes"},
		{line: "Every 2.0s: numactl -H      box: Mon Aug 30 07:17:40 2021", command: "numactl -H", host: "box", is: true, timed: true},
		{line: "Tue Nov 24 10:00:00 UTC 2026", is: true, timed: true},
		{line: "1795514400", is: true, timed: true},
		{line: "[...]", is: true},
		{line: "that is all"},
	} {
		k := &importstest.Kept{}
		a := Around{Tool: "numactl", Sink: k}
		if a.Line(3, c.line) != c.is || a.Timed != c.timed || k.Fact1(imports.FactCommand) != c.command || k.Fact1(imports.FactHost) != c.host {
			t.Errorf("%q: %+v, %+v", c.line, a, k)
		}
		if want := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC).UnixNano(); c.timed && c.host == "" && a.TimeNS != want {
			t.Errorf("%q: %d", c.line, a.TimeNS)
		}
	}
}

func TestAnnotated(t *testing.T) {
	for in, want := range map[string]string{"a 5 <--- here": "a 5", "a 5  ← b": "a 5", "a # b": "a", "a 5": "a 5"} {
		if got, _ := Annotated(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
