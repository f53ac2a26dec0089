package uncore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/collect/pmu"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

func TestMain(m *testing.M) { collecttest.Main(m) }

// fake is a kernel that opens groups of at most room events and counts up.
type fake struct {
	room   int
	refuse string // an event
	absent int    // a CPU
	opened [][]events.Event
	closed int
}

type fakeGroup struct {
	of     *fake
	list   []events.Event
	counts perfevent.Counts
	dead   bool
}

func (f *fake) open(list []events.Event, cpu int) (group, error) {
	for _, e := range list {
		if e.Name == f.refuse {
			return nil, &perfevent.EventError{Event: e, Err: unix.ENOENT}
		}
	}
	if cpu == f.absent {
		return nil, &perfevent.EventError{Event: list[0], Err: unix.ENODEV}
	}
	if len(list) > f.room {
		return nil, &perfevent.EventError{Event: list[f.room], Err: unix.EINVAL}
	}
	f.opened = append(f.opened, slices.Clone(list))
	return &fakeGroup{of: f, list: list, counts: perfevent.Counts{Values: make([]int64, len(list))}}, nil
}

func (g *fakeGroup) Enable() error { return nil }
func (g *fakeGroup) Close() error  { g.of.closed++; return nil }
func (g *fakeGroup) Read(c *perfevent.Counts) error {
	if g.dead {
		return errors.New("gone")
	}
	for i := range g.counts.Values {
		g.counts.Values[i] += int64(g.list[i].Type)
	}
	g.counts.Enabled, g.counts.Running = g.counts.Enabled+1e9, g.counts.Running+1e9
	c.Values, c.Enabled, c.Running = append(c.Values[:0], g.counts.Values...), g.counts.Enabled, g.counts.Running
	return nil
}

// snc has two sockets of two nodes, CPUs 0 to 7.
func snc(nodes int) *numa.Topology {
	t := &numa.Topology{}
	for i := range 8 {
		t.CPUs = append(t.CPUs, numa.CPU{ID: i, Core: i, Socket: i / 4, Node: i * nodes / 8})
	}
	return t
}

func imc() pmu.UnitGroup {
	return pmu.UnitGroup{
		Group: events.Group{Name: "imc", Events: []events.Event{
			{Name: "reads", Spec: "uncore_imc/event=5/", Unit: "1", Help: "h", Meaning: numa.DRAMReads, Set: "imc"},
			{Name: "writes", Spec: "uncore_imc/event=6/", Unit: "1", Help: "h", Meaning: numa.DRAMWrites, Set: "imc", Caveat: "c"},
		}},
		PMUs: []*events.PMU{{Name: "uncore_imc_0", Type: 20, CPUs: []int{0, 4}}, {Name: "uncore_imc_1", Type: 21, CPUs: []int{0, 4}}},
	}
}

func options(t *numa.Topology, groups ...pmu.UnitGroup) Options {
	return Options{Roots: collect.HostRoots(), Topology: t, Groups: groups, FirstGroup: 3, Clock: export.Clock{WallNS: 1e18}}
}

func TestUnits(t *testing.T) {
	f := &fake{room: 4, absent: -1}
	c, report, err := open(options(snc(2), imc()), f.open)
	if err != nil || c == nil {
		t.Fatal(err, report)
	}
	want := []export.Unit{{PMU: "uncore_imc_0", CPU: 0}, {PMU: "uncore_imc_0", CPU: 4, Socket: 1, Node: 1}, {PMU: "uncore_imc_1", CPU: 0}, {PMU: "uncore_imc_1", CPU: 4, Socket: 1, Node: 1}}
	if !slices.Equal(report.Units, want) {
		t.Errorf("units %+v", report.Units)
	}
	if len(report.Groups) != 1 || report.Groups[0].Events[1].Meaning != numa.DRAMWrites || report.Groups[0].Events[1].Caveat != "c" {
		t.Errorf("groups %+v", report.Groups)
	}
	var rows collecttest.Rows
	c.Drain(&rows)
	c.Finish(&rows)
	if len(rows.Counters) != 12 {
		t.Fatalf("%d rows, want the beginning and two readings of four units", len(rows.Counters))
	}
	last := map[int32]int64{}
	for _, r := range rows.Counters {
		if r.Scope != export.ScopeUncore || r.Group != 3 || r.Values[0] < last[r.Instance] {
			t.Errorf("row %+v", r)
		}
		last[r.Instance] = r.Values[0]
	}
	if last[0] != 40 || last[3] != 42 {
		t.Errorf("each unit is opened with its PMU's type: %v", last)
	}
	open := len(f.opened)
	if c.Close(); f.closed != open {
		t.Errorf("%d groups opened, %d closed", open, f.closed)
	}
}

// TestNodeOfAUnit: with several nodes in a socket the kernel does not say of
// which a channel is; a CCX's cache lies in one.
func TestNodeOfAUnit(t *testing.T) {
	l3 := imc()
	l3.Name, l3.PMUs = "l3", []*events.PMU{{Name: "amd_l3", Type: 11, CPUs: []int{0, 2, 4, 6}}}
	f := &fake{room: 4, absent: -1}
	c, report, err := open(options(snc(4), imc(), l3), f.open)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, u := range report.Units {
		want := -1
		if u.PMU == "amd_l3" {
			want = u.CPU / 2
		}
		if u.Node != want || u.Socket != u.CPU/4 {
			t.Errorf("%+v, want node %d", u, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name    string
		f       fake
		groups  int
		units   int
		missing string
	}{
		{"an event", fake{room: 4, refuse: "writes", absent: -1}, 1, 4, "counters: writes (dram-writes)"},
		{"a socket", fake{room: 4, absent: 4}, 1, 2, "counters of some units: imc"},
		{"both at once", fake{room: 1, absent: -1}, 2, 4, ""},
	} {
		got, report, err := open(options(snc(2), imc()), c.f.open)
		if err != nil || got == nil {
			t.Fatal(c.name, err)
		}
		if len(report.Groups) != c.groups || len(report.Units) != c.units {
			t.Errorf("%s: %d groups of %d units", c.name, len(report.Groups), len(report.Units))
		}
		if (c.missing == "") != (len(report.Unavailable) == 0) || c.missing != "" && report.Unavailable[0].Feature != c.missing {
			t.Errorf("%s: missing %+v", c.name, report.Unavailable)
		}
		got.Close()
	}
	got, report, err := open(options(snc(2), imc()), (&fake{absent: 0}).open)
	if got != nil || err != nil || len(report.Unavailable) != 1 || report.Unavailable[0].Feature != "counters: reads (dram-reads), writes (dram-writes)" || len(report.Tables) != 0 {
		t.Errorf("nothing granted: %v %+v %v", got, report, err)
	}
}

// TestGroupsOfAUnitAreSmall: eight channels of AMD's data fabric are one unit
// with four counters, whose driver would take them all and count none.
func TestGroupsOfAUnitAreSmall(t *testing.T) {
	g := imc()
	g.Events = nil
	for i := range 8 {
		g.Events = append(g.Events, events.Event{Name: fmt.Sprint("channel", i), Unit: "1", Meaning: numa.DRAMTransfers})
	}
	c, report, err := open(options(snc(2), g), (&fake{room: 100, absent: -1}).open)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if len(report.Groups) != 2 || len(report.Groups[0].Events) != 4 || len(report.Units) != 4 {
		t.Errorf("groups %+v of %d units", report.Groups, len(report.Units))
	}
}

// TestUnitThatDies is noted once, and the others go on.
func TestUnitThatDies(t *testing.T) {
	f := &fake{room: 4, absent: -1}
	c, _, err := open(options(snc(2), imc()), f.open)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.(*Collector).open[2].opened.(*fakeGroup).dead = true
	var rows collecttest.Rows
	for range 3 {
		if err := c.Drain(&rows); err != nil {
			t.Fatal(err)
		}
	}
	if len(rows.Notes) != 1 || !strings.Contains(rows.Notes[0].Text, "uncore_imc_1") || len(rows.Counters) != 4+9 {
		t.Errorf("%d rows, notes %+v", len(rows.Counters), rows.Notes)
	}
}

// TestSoftwareEventsThroughTheSamePath opens real events of the real kernel,
// as if a unit had them.
func TestSoftwareEventsThroughTheSamePath(t *testing.T) {
	info, err := hostinfo.Read(collect.HostRoots())
	if err != nil {
		t.Fatal(err)
	}
	g := pmu.UnitGroup{
		Group: events.Group{Name: "soft", Events: []events.Event{events.CPUClock(), events.MinorFaults()}},
		PMUs:  []*events.PMU{{Name: "software", Type: 1, CPUs: []int{info.Topology.CPUs[0].ID}}},
	}
	c, report, err := Open(options(&info.Topology, g))
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		t.Skipf("[root] CPU-wide events need CAP_PERFMON: %v", &report.Unavailable[0])
	}
	defer c.Close()
	var rows collecttest.Rows
	c.Drain(&rows)
	time.Sleep(20 * time.Millisecond)
	c.Finish(&rows)
	if len(rows.Counters) != 3 || rows.Counters[2].Values[0] <= rows.Counters[1].Values[0] || rows.Counters[2].Running <= 0 {
		t.Errorf("rows %+v", rows.Counters)
	}
}
