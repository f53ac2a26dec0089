package main

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
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
	set, err := openCollectors(&settings{roots: collect.HostRoots(), hz: 10, events: eventList{"page-faults", "nopmu/event=1/"}}, info, clock, 0)
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
