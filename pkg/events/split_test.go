package events

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// group makes one of "a/x b/x c": names and their sets.
func group(text string) Group {
	g := Group{Name: "g"}
	for _, f := range strings.Fields(text) {
		name, set, _ := strings.Cut(f, "/")
		g.Events = append(g.Events, Event{Name: name, Set: set, Type: 4})
	}
	return g
}

func drawn(groups []Group) string {
	var out []string
	for _, g := range groups {
		var names []string
		for _, e := range g.Events {
			names = append(names, e.Name)
		}
		out = append(out, g.Name+":"+strings.Join(names, ""))
	}
	return strings.Join(out, " ")
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		want string
	}{
		{"a b c", 4, "g:abc"},
		{"a b c d e", 4, "g:abcd g-2:e"},
		{"a b c d/x e/x", 4, "g:abc g-2:de"},
		{"a/x b c/x", 2, "g:ac g-2:b"},
		{"a b/x c/x d/x", 2, "g:a g-2:bc g-3:d"},
		{"a b", 0, "g:a g-2:b"},
		{"", 4, ""},
	} {
		got := drawn(group(c.in).Split(func(l []Event) bool { return len(l) <= c.most }))
		if got != c.want {
			t.Errorf("%q in groups of %d: %q, want %q", c.in, c.most, got, c.want)
		}
	}
	// An event that never fits spoils no other's group.
	got := drawn(group("a b c d").Split(func(l []Event) bool { return !slices.ContainsFunc(l, func(e Event) bool { return e.Name == "b" }) }))
	if got != "g:a g-2:b g-3:cd" {
		t.Errorf("with one that never fits: %q", got)
	}
}

func TestPack(t *testing.T) {
	named := func(name, text string) Group { g := group(text); g.Name = name; return g }
	got := drawn(Pack([]Group{named("a", "1 2 3 4"), named("b", "5 6"), named("c", "7 8 9"), named("d", "0")}, func(l []Event) bool { return len(l) <= 6 }))
	if got != "a+b:123456 c+d:7890" {
		t.Errorf("%q", got)
	}
}

func TestRoom(t *testing.T) {
	cycles, instructions := Event{Type: typeHardware, Config: 0}, Event{Type: typeHardware, Config: 1}
	core, low, soft := Event{Type: 4}, Event{Type: 4, Counters: 4}, Event{Type: typeSoftware}
	offcore := Event{Type: 4, Offcore: true}
	many := func(e Event, n int) []Event { return slices.Repeat([]Event{e}, n) }
	for _, c := range []struct {
		room Room
		list []Event
		want bool
	}{
		{Room{Counters: 4, Fixed: true}, append(many(core, 4), cycles, instructions, soft), true},
		{Room{Counters: 4, Fixed: true}, many(core, 5), false},
		{Room{Counters: 4, Fixed: true, Watchdog: true}, many(core, 4), true},
		{Room{Counters: 4, Fixed: true, Watchdog: true}, append(many(core, 4), cycles), false},
		{Room{Counters: 8, Fixed: true}, many(low, 5), false},
		{Room{Counters: 8, Fixed: true}, append(many(low, 4), many(core, 4)...), true},
		{Room{Counters: 8, Fixed: true}, append(many(offcore, 2), core), true},
		{Room{Counters: 8, Fixed: true}, many(offcore, 3), false},
		{Room{Counters: 6, Watchdog: true}, many(core, 6), false},
		{Room{Counters: 6}, append(many(core, 5), cycles), true},
		{Room{Counters: 6}, append(many(core, 6), cycles), false},
	} {
		if got := c.room.Fits(c.list); got != c.want {
			t.Errorf("%+v with %d events: %v", c.room, len(c.list), got)
		}
	}
}

// TestGenericNames compares perf's names with the kernel's header.
func TestGenericNames(t *testing.T) {
	for name, want := range map[string][2]uint64{
		"cycles": {unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CPU_CYCLES}, "ref-cycles": {unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_REF_CPU_CYCLES},
		"cache-misses": {unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CACHE_MISSES}, "bus-cycles": {unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_BUS_CYCLES},
		"branches": {unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_BRANCH_INSTRUCTIONS}, "branch-misses": {unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_BRANCH_MISSES},
		"stalled-cycles-backend": {unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_STALLED_CYCLES_BACKEND},
		"page-faults":            {unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_PAGE_FAULTS}, "cs": {unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CONTEXT_SWITCHES},
		"alignment-faults": {unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_ALIGNMENT_FAULTS}, "emulation-faults": {unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_EMULATION_FAULTS},
		"cgroup-switches":    {unix.PERF_TYPE_SOFTWARE, 11},
		"LLC-stores":         {unix.PERF_TYPE_HW_CACHE, unix.PERF_COUNT_HW_CACHE_LL | unix.PERF_COUNT_HW_CACHE_OP_WRITE<<8},
		"dTLB-load-misses":   {unix.PERF_TYPE_HW_CACHE, unix.PERF_COUNT_HW_CACHE_DTLB | unix.PERF_COUNT_HW_CACHE_RESULT_MISS<<16},
		"node-prefetches":    {unix.PERF_TYPE_HW_CACHE, unix.PERF_COUNT_HW_CACHE_NODE | unix.PERF_COUNT_HW_CACHE_OP_PREFETCH<<8},
		"L1-dcache-loads":    {unix.PERF_TYPE_HW_CACHE, unix.PERF_COUNT_HW_CACHE_L1D},
		"iTLB-loads":         {unix.PERF_TYPE_HW_CACHE, unix.PERF_COUNT_HW_CACHE_ITLB},
		"branch-load-misses": {unix.PERF_TYPE_HW_CACHE, unix.PERF_COUNT_HW_CACHE_BPU | unix.PERF_COUNT_HW_CACHE_RESULT_MISS<<16},
	} {
		s, err := Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := Generic(s)
		if got := [2]uint64{uint64(e.Type), e.Config}; !ok || got != want {
			t.Errorf("%s is %v, the kernel's is %v", name, got, want)
		}
	}
	for _, name := range []string{"LLC-lads", "llc-loads", "nonsense", "LLC-"} {
		if e, ok := Generic(Spec{Text: name, Name: name}); ok {
			t.Errorf("%s is %+v", name, e)
		}
	}
}

// TestModelGroups: every model's groups fit it, with the watchdog and without.
func TestModelGroups(t *testing.T) {
	core := &PMU{Name: "cpu", Type: 4, Formats: formats(t, map[string]string{"event": "config:0-15", "umask": "config:16-23", "offcore_rsp": "config1:0-63", "ldlat": "config2:0-15"})}
	for _, m := range models {
		for _, watchdog := range []bool{false, true} {
			groups, refused, err := ModelGroups(m.Name, core, m.Room(watchdog), watchdog)
			if err != nil || len(refused) != 0 || len(groups) < 2 {
				t.Fatalf("%s: %s, %v, %v", m.Name, drawn(groups), refused, err)
			}
			for _, g := range groups {
				if !m.Room(watchdog).Fits(g.Events) {
					t.Errorf("%s: group %s does not fit", m.Name, g.Name)
				}
				if strings.Contains(g.Name, "-2") {
					t.Errorf("%s: the table's group had to be split: %s", m.Name, g.Name)
				}
			}
		}
	}
}

// TestUnitsEncode: every event of a unit fits the format that kernels give the
// unit: intel/uncore_snbep.c, amd/uncore.c of arch/x86/events, and
// drivers/perf/arm-cmn.c.
func TestUnitsEncode(t *testing.T) {
	kernel := map[string]map[string]string{
		"uncore_cha": {"event": "config:0-7", "umask": "config:8-15,32-55"},
		"uncore_imc": {"event": "config:0-7", "umask": "config:8-15"},
		"uncore_upi": {"event": "config:0-7", "umask": "config:8-15"},
		"amd_l3": {
			"event": "config:0-7", "umask": "config:8-15", "coreid": "config:42-44", "enallslices": "config:46", "enallcores": "config:47",
			"sliceid": "config:48-50", "threadmask": "config:56-57",
		},
		"amd_df":  {"event": "config:0-7,32-37", "umask": "config:8-15,24-27"},
		"amd_umc": {"event": "config:0-7", "rdwrmask": "config:8-9"},
		"arm_cmn": {"type": "config:0-15", "eventid": "config:16-26"},
	}
	all, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.PMU == CorePMU || !d.Countable() {
			continue
		}
		p := &PMU{Name: d.PMU, Type: 9, CPUs: []int{0}, Formats: formats(t, kernel[d.PMU])}
		e, err := d.Event(p)
		if err != nil || e.Config == 0 || e.Type != 9 {
			t.Errorf("%s: %#x, %v", d.Names[0], e.Config, err)
		}
	}
}
