package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
)

func TestEventList(t *testing.T) {
	var l eventList
	for _, text := range []string{"page-faults", "cpu/event=0xd3,umask=0x4/u"} {
		if err := l.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	if l.String() != "page-faults cpu/event=0xd3,umask=0x4/u" {
		t.Errorf("%q", l.String())
	}
	if err := l.Set("cpu/event=0xd3"); err == nil || !strings.Contains(err.Error(), "second /") {
		t.Errorf("a malformed event: %v", err)
	}
	if _, err := parseConfig(strings.NewReader("out: /tmp/x\nevents: [page-faults, 'cpu/event=?/']\n")); err == nil || !strings.Contains(err.Error(), "events: event") {
		t.Errorf("a malformed event of a file: %v", err)
	}
	c, err := parseConfig(strings.NewReader("out: /tmp/x\nevents:\n  - page-faults\n"))
	if err != nil || len(c.settings().events) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestNamedEventIsCounted: the way of a user's event to the manifest, and what
// the host lacks, named.
func TestNamedEventIsCounted(t *testing.T) {
	info, err := hostinfo.Read(collect.HostRoots())
	if err != nil {
		t.Fatal(err)
	}
	clock, err := collect.ReadClock()
	if err != nil {
		t.Fatal(err)
	}
	set, err := openCollectors(&settings{roots: collect.HostRoots(), hz: 10, events: eventList{"page-faults", "nopmu/event=1/"}}, info, clock, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.close)
	var m export.Manifest
	set.describe(&m)
	found, missing := false, false
	for _, g := range m.Groups {
		for _, e := range g.Events {
			found = found || g.Name == "user" && e.Name == "page-faults"
		}
	}
	for _, u := range m.Unavailable {
		missing = missing || strings.Contains(u.Feature, "nopmu/event=1/")
	}
	if !missing {
		t.Errorf("what the host lacks is not named: %+v", m.Unavailable)
	}
	if !found {
		for _, u := range m.Unavailable {
			if strings.Contains(u.Feature, "counters of whole CPUs") {
				t.Skipf("[root] CPU-wide events need CAP_PERFMON: %v", &u)
			}
		}
		t.Errorf("groups %+v", m.Groups)
	}
}

// fakePMUs is a sysfs whose PMUs are the kernel's software events under other
// names: what is opened of them really counts.
func fakePMUs(t *testing.T) collect.Roots {
	t.Helper()
	sys := t.TempDir()
	for file, content := range map[string]string{
		"cpu/type": "1", "cpu/format/event": "config:0-7", "cpu/events/faults": "event=0x02",
		"uncore_soft_0/type": "1", "uncore_soft_0/format/event": "config:0-7", "uncore_soft_0/cpumask": "0",
		"uncore_soft_1/type": "1", "uncore_soft_1/format/event": "config:0-7", "uncore_soft_1/cpumask": "0",
	} {
		path := filepath.Join(sys, "bus/event_source/devices", file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return collect.Roots{Sys: sys, Proc: "/proc"}
}

// TestFromSyntaxToCounts: events in perf's syntax are looked up in sysfs,
// opened by the kernel, and counted, those of CPUs and those of units.
func TestFromSyntaxToCounts(t *testing.T) {
	info, err := hostinfo.Read(collect.HostRoots())
	if err != nil {
		t.Fatal(err)
	}
	clock, err := collect.ReadClock()
	if err != nil {
		t.Fatal(err)
	}
	named := eventList{"cpu/faults/", "cpu/event=0x3,name=switches/", "uncore_soft/event=0x0,name=clock/", "cpu/event=0xff,name=nothing/"}
	set, err := openCollectors(&settings{roots: fakePMUs(t), hz: 10, events: named}, info, clock, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.close)
	var m export.Manifest
	set.describe(&m)
	if len(m.Units) == 0 {
		for _, u := range m.Unavailable {
			if strings.Contains(u.Feature, "counters of whole CPUs") {
				t.Skipf("[root] CPU-wide events need CAP_PERFMON: %v", &u)
			}
		}
	}
	if len(m.Units) != 2 || m.Units[1].PMU != "uncore_soft_1" {
		t.Errorf("units %+v", m.Units)
	}
	var rows collecttest.Rows
	for _, c := range set.collectors {
		c.Drain(&rows)
	}
	time.Sleep(100 * time.Millisecond)
	for _, c := range set.collectors {
		if err := c.Finish(&rows); err != nil {
			t.Error(err)
		}
	}
	counted := map[string]int64{}
	for _, r := range rows.Counters {
		for i, e := range m.Groups[r.Group].Events {
			counted[string(r.Scope)+" "+e.Name] = max(counted[string(r.Scope)+" "+e.Name], r.Values[i])
		}
	}
	for _, name := range []string{"cpu cpu/faults/", "cpu switches", "uncore clock"} {
		if counted[name] <= 0 {
			t.Errorf("%s: nothing counted of %v", name, counted)
		}
	}
	refused := false
	for _, u := range m.Unavailable {
		refused = refused || strings.Contains(u.Feature, "nothing")
	}
	if _, ok := counted["cpu nothing"]; ok || !refused {
		t.Errorf("an event that the kernel does not know: counted %v, missing %+v", counted, m.Unavailable)
	}
}
