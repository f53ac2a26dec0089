package counters

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
)

// kernel grants groups of at most room hardware events, and none of the
// events that it does not know.
type kernel struct {
	room    int
	unknown []string
	tries   int
}

func (k *kernel) try(list []events.Event) error {
	k.tries++
	hardware := 0
	for _, e := range list {
		if slices.Contains(k.unknown, e.Name) {
			return &perfevent.EventError{Event: e, Err: unix.ENOENT}
		}
		if !e.Software() {
			hardware++
		}
		if hardware > k.room {
			return &perfevent.EventError{Event: e, Err: unix.EINVAL}
		}
	}
	return nil
}

// hardware makes a group of "a/x b/x c": names and their sets.
func hardware(text string) events.Group {
	g := events.Group{Name: "memory"}
	for _, f := range strings.Fields(text) {
		name, set, _ := strings.Cut(f, "/")
		g.Events = append(g.Events, events.Event{Name: name, Set: set, Spec: name, Type: 4})
	}
	return g
}

func chosen(k *kernel, groups ...events.Group) (string, collect.Report) {
	c := &Collector{o: Options{Hardware: groups}, try: k.try, scope: export.ScopeCPU}
	var report collect.Report
	c.choose(events.CPUSoftware(), &report)
	var out []string
	for _, g := range c.groups[1:] {
		var names []string
		for _, e := range g.Events {
			names = append(names, e.Name)
		}
		out = append(out, g.Name+":"+strings.Join(names, " "))
	}
	return strings.Join(out, "; "), report
}

// TestGroupsThatDoNotFit: what the kernel does not take at once is split, and
// pairs stay together as long as there is room for them.
func TestGroupsThatDoNotFit(t *testing.T) {
	for _, c := range []struct {
		room    int
		unknown []string
		in      string
		want    string
		missing string
	}{
		{4, nil, "local/m remote/m hitm/m misses/m", "memory:local remote hitm misses", ""},
		{3, nil, "hits other local/m remote/m", "memory:hits other; memory-2:local remote", ""},
		{2, nil, "local/m remote/m hitm/m misses/m", "memory:local remote; memory-2:hitm misses", ""},
		{1, nil, "local/m remote/m", "memory:local; memory-2:remote", ""},
		{4, []string{"hitm"}, "local/m remote/m hitm/m misses/m", "memory:local remote misses", "counters: hitm"},
		{2, []string{"local"}, "local/m remote/m hitm/m misses/m", "memory:remote hitm; memory-2:misses", "counters: local"},
		{2, []string{"misses"}, "local/m remote/m hitm/m misses/m", "memory:local remote; memory-2:hitm", "counters: misses"},
		{0, nil, "local/m remote/m", "", "counters: local, remote"},
	} {
		got, report := chosen(&kernel{room: c.room, unknown: c.unknown}, hardware(c.in))
		if got != c.want {
			t.Errorf("%q in groups of %d: %q, want %q", c.in, c.room, got, c.want)
		}
		if c.missing == "" && len(report.Unavailable) > 0 || c.missing != "" && (len(report.Unavailable) != 1 || report.Unavailable[0].Feature != c.missing) {
			t.Errorf("%q in groups of %d: missing %+v, want %q", c.in, c.room, report.Unavailable, c.missing)
		}
	}
}
