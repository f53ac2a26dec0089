package pmu

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/numa"
)

// host makes the file trees of a host from testdata: lines of a path and a
// content, "pmu/" for the directory of PMUs.
func host(t *testing.T, name string) collect.Roots {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for line := range strings.Lines(string(b)) {
		path, content, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if strings.HasPrefix(line, "#") || !ok {
			continue
		}
		path = strings.Replace(path, "pmu/", "sys/bus/event_source/devices/", 1)
		file := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(content, `\n`, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return collect.Roots{Sys: filepath.Join(root, "sys"), Proc: filepath.Join(root, "proc")}
}

func choose(t *testing.T, roots collect.Roots, named ...string) *Choice {
	t.Helper()
	c, err := Choose(Options{Roots: roots, Topology: &numa.Topology{}, Named: named})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func find(groups []events.Group, name string) (events.Event, string) {
	for _, g := range groups {
		for _, e := range g.Events {
			if e.Name == name {
				return e, g.Name
			}
		}
	}
	return events.Event{}, ""
}

func (c *Choice) unitGroup(name string) *UnitGroup {
	i := slices.IndexFunc(c.Units, func(u UnitGroup) bool { return u.Name == name })
	if i < 0 {
		return nil
	}
	return &c.Units[i]
}

func (c *Choice) missing(what string) string {
	for _, u := range c.Unavailable {
		if strings.Contains(u.Feature, what) {
			return u.Why
		}
	}
	return ""
}

func TestSapphireRapids(t *testing.T) {
	c := choose(t, host(t, "spr"))
	if c.Model != "SPR" || len(c.Unavailable) != 0 {
		t.Errorf("model %q, missing %+v", c.Model, c.Unavailable)
	}
	for _, want := range []struct {
		name, group, spec string
		config, config1   uint64
		meaning           numa.Meaning
	}{
		{"mem_load_l3_miss_retired.local_dram", "memory", "cpu/event=0xd3,umask=0x1/", 0x1d3, 0, numa.DRAMLoadsLocal},
		{"mem_load_l3_miss_retired.remote_dram", "memory", "cpu/event=0xd3,umask=0x2/", 0x2d3, 0, numa.DRAMLoadsRemote},
		{"mem_load_l3_miss_retired.remote_hitm", "memory", "cpu/event=0xd3,umask=0x4/", 0x4d3, 0, numa.HITMRemote},
		{"mem_load_l3_hit_retired.xsnp_fwd", "sharing", "cpu/event=0xd2,umask=0x4/", 0x4d2, 0, numa.HITMLocal},
		{"ocr.demand_rfo.l3_hit.snoop_hitm", "rfo", "cpu/event=0x2a,umask=0x1,offcore_rsp=0x10003c0002/", 0x12a, 0x10003c0002, numa.RFOHITMLocal},
		{"cycles", "core", "cycles", 0, 0, numa.Cycles},
	} {
		e, group := find(c.Groups, want.name)
		if !slices.Contains(strings.Split(group, "+"), want.group) || e.Spec != want.spec || e.Config != want.config || e.Config1 != want.config1 || e.Meaning != want.meaning || e.Proven {
			t.Errorf("%s in %q: %+v", want.name, group, e)
		}
	}
	imc := c.unitGroup("imc")
	if imc == nil || len(imc.PMUs) != 2 || imc.PMUs[1].Type != 21 || len(imc.Events) != 2 {
		t.Fatalf("memory channels: %+v", imc)
	}
	if e, _ := find([]events.Group{imc.Group}, "unc_m_cas_count.rd"); e.Config != 0xcf05 || e.Spec != "uncore_imc/event=0x5,umask=0xcf/" {
		t.Errorf("reads of memory: %+v", e)
	}
	if upi := c.unitGroup("upi"); upi == nil || len(upi.PMUs) != 1 || len(upi.Events) != 1 {
		t.Errorf("links: %+v", upi)
	}
	if c.unitGroup("uncore_cha") != nil {
		t.Error("the LLC's parts are read by default: there are dozens")
	}
}

// TestSubNUMAClustering: where a socket holds several nodes its other nodes
// are a place of their own.
func TestSubNUMAClustering(t *testing.T) {
	roots := host(t, "spr")
	topology := &numa.Topology{CPUs: []numa.CPU{{ID: 0, Node: 0}, {ID: 1, Node: 1}, {ID: 56, Socket: 1, Node: 2}}}
	c, err := Choose(Options{Roots: roots, Topology: topology})
	if err != nil {
		t.Fatal(err)
	}
	_, own := find(c.Groups, "ocr.reads_to_core.local_dram")
	if _, same := find(c.Groups, "ocr.reads_to_core.snc_dram"); own == "" || own != same {
		t.Errorf("own node in %q, same socket in %q", own, same)
	}
	if _, group := find(choose(t, roots).Groups, "ocr.reads_to_core.snc_dram"); group != "" {
		t.Errorf("one node a socket: SNC_DRAM, which is always 0, is in %q", group)
	}
}

func TestZen4(t *testing.T) {
	c := choose(t, host(t, "zen4"))
	if c.Model != "ZEN4" || len(c.Unavailable) != 0 {
		t.Errorf("model %q, missing %+v", c.Model, c.Unavailable)
	}
	if e, group := find(c.Groups, "ls_dmnd_fills_from_sys.dram_io_far"); !strings.HasPrefix(group, "memory") || e.Config != 0x4043 {
		t.Errorf("%q %+v", group, e)
	}
	if links := c.unitGroup("df-link"); links == nil || len(links.Events) != 8 || links.Events[7].Config != 0xd0f003e1f {
		t.Errorf("%+v", links)
	}
	if l3 := c.unitGroup("l3"); l3 == nil || !slices.Equal(l3.PMUs[0].CPUs, []int{0, 8}) {
		t.Errorf("%+v", l3)
	}
	if umc := c.unitGroup("umc"); umc == nil || umc.Events[1].Config != 0x20a || len(umc.PMUs) != 2 {
		t.Errorf("%+v", umc)
	}
}

func TestNeoverseN1(t *testing.T) {
	c := choose(t, host(t, "n1"), "hnf_mc_reqs", "ll_cache_rd", "r0011")
	if c.Model != "N1" || len(c.Unavailable) != 0 {
		t.Errorf("model %q, missing %+v", c.Model, c.Unavailable)
	}
	if e, group := find(c.Groups, "remote_access"); !strings.HasPrefix(group, "memory") || e.Config != 0x31 || e.Type != 8 {
		t.Errorf("%q %+v", group, e)
	}
	if cmn := c.unitGroup("user-arm_cmn"); cmn == nil || cmn.Events[0].Config != 0xd0005 {
		t.Errorf("%+v", cmn)
	}
	if e, group := find(c.Groups, "r0011"); group != "user" || e.Config != 0x11 || e.Type != 8 {
		t.Errorf("%q %+v", group, e)
	}
	if _, group := find(c.Groups, "ll_cache_rd"); !strings.HasPrefix(group, "memory") {
		t.Errorf("ll_cache_rd, named once more, is in %q", group)
	}
}

// TestMIDRWhereCPUInfoIsSilent: containers hide or fake /proc/cpuinfo.
func TestMIDRWhereCPUInfoIsSilent(t *testing.T) {
	roots := host(t, "n1")
	if err := os.WriteFile(filepath.Join(roots.Proc, "cpuinfo"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(roots.Sys, "devices/system/cpu/cpu0/regs/identification")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "midr_el1"), []byte("0x00000000413fd0c1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if c := choose(t, roots); c.Model != "N1" {
		t.Errorf("model %q", c.Model)
	}
}

// TestVirtualMachine: what its PMU lacks is named, the rest goes on.
func TestVirtualMachine(t *testing.T) {
	c := choose(t, host(t, "icx-vm"))
	if c.Model != "ICX" || !strings.Contains(c.missing("ocr.demand_rfo"), "no such term") || !strings.Contains(c.missing("unc_m_cas_count.rd"), "no PMU uncore_imc") {
		t.Errorf("model %q, missing %+v", c.Model, c.Unavailable)
	}
	if _, group := find(c.Groups, "mem_load_l3_miss_retired.local_dram"); !strings.HasPrefix(group, "memory") {
		t.Errorf("local DRAM is in %q", group)
	}
	if _, group := find(c.Groups, "ocr.demand_rfo.l3_hit.snoop_hitm"); group != "" {
		t.Errorf("an event that cannot be encoded is in %q", group)
	}
}

// TestUnknownProcessor: generic events, and the reason.
func TestUnknownProcessor(t *testing.T) {
	roots := host(t, "icx-vm")
	info := "vendor_id : GenuineIntel\ncpu family : 6\nmodel : 63\nstepping : 2\n"
	if err := os.WriteFile(filepath.Join(roots.Proc, "cpuinfo"), []byte(info), 0o644); err != nil {
		t.Fatal(err)
	}
	c := choose(t, roots)
	if _, group := find(c.Groups, "node-loads"); c.Model != "" || group != "node" || !strings.Contains(c.missing("this processor's model"), "model 63") {
		t.Errorf("model %q, node-loads in %q, missing %+v", c.Model, group, c.Unavailable)
	}
}

func TestHybrid(t *testing.T) {
	c := choose(t, host(t, "hybrid"), "cpu_core/event=0xd1,umask=0x20/", "r04d3")
	if _, group := find(c.Groups, "node-loads"); group != "node" {
		t.Error("without the generic events")
	}
	if e, group := find(c.Groups, "cpu_core/event=0xd1,umask=0x20/"); group != "user" || e.Config != 0x20d1 {
		t.Errorf("%q %+v", group, e)
	}
	if !strings.Contains(c.missing("r04d3"), "no PMU of its cores") {
		t.Errorf("missing %+v", c.Unavailable)
	}
}

// TestNoPMU: this machine, or any container without sysfs.
func TestNoPMU(t *testing.T) {
	c := choose(t, collect.Roots{Sys: t.TempDir(), Proc: t.TempDir()}, "context-switches", "page-faults", "cpu/event=1/")
	if len(c.Groups) != 4 || len(c.Unavailable) != 1 || !strings.Contains(c.missing("cpu/event=1/"), "no PMU cpu") {
		t.Errorf("groups %+v, missing %+v", c.Groups, c.Unavailable)
	}
	if e, group := find(c.Groups, "page-faults"); group != "user" || !e.Software() || !e.Proven {
		t.Errorf("%q %+v", group, e)
	}
	if _, group := find(c.Groups, "context-switches"); group != "" {
		t.Error("an event of the software group is counted twice")
	}
}

func TestUserEvents(t *testing.T) {
	roots := host(t, "spr")
	c := choose(t, roots,
		"cpu/event=0xd3,umask=0x4,name=mine/u", "cpu/mem-stores/", "mem-loads", "LLC-load-misses:u", "r01d1",
		"OCR.READS_TO_CORE.SNC_DRAM", "unc_cha_requests.reads_local", "uncore_imc_1/event=0x5,umask=0xff/", "uncore_imc/event=0x1/",
		"uncore_imc_0/cas_count_read/", "cpu/umsk=1/", "nonsense", "cpu/event=0xd3,umask=0x4,name=mine/u", "sched:sched_switch", "uncore_imc_free_running/event=0xff,umask=0x20/",
	)
	for name, want := range map[string]struct {
		config, config1 uint64
		typ             uint32
	}{
		"mine": {0x4d3, 0, 4}, "cpu/mem-stores/": {0x2cd, 0, 4}, "mem-loads": {0x1cd, 3, 4}, "LLC-load-misses:u": {2 | 1<<16, 0, 3},
		"r01d1": {0x1d1, 0, 4}, "ocr.reads_to_core.snc_dram": {0x12a, 0x708004477, 4},
	} {
		e, group := find(c.Groups, name)
		if !strings.HasPrefix(group, "user") || e.Config != want.config || e.Config1 != want.config1 || e.Type != want.typ {
			t.Errorf("%s in %q: %+v", name, group, e)
		}
	}
	if e, _ := find(c.Groups, "mine"); !e.ExcludeKernel || e.ExcludeUser || e.Meaning != "" {
		t.Errorf("mine: %+v", e)
	}
	if e, _ := find(c.Groups, "ocr.reads_to_core.snc_dram"); e.Meaning != numa.CoreReadsSameSocket || e.Caveat == "" {
		t.Errorf("a vendor's event, named, lost its meaning: %+v", e)
	}
	units := map[string][]string{}
	for _, u := range c.Units {
		for _, e := range u.Events {
			for _, p := range u.PMUs {
				units[e.Name] = append(units[e.Name], p.Name)
			}
		}
	}
	for event, want := range map[string][]string{
		"unc_cha_requests.reads_local":                   {"uncore_cha_0", "uncore_cha_1"},
		"uncore_imc_1/event=0x5,umask=0xff/":             {"uncore_imc_1"},
		"uncore_imc/event=0x1/":                          {"uncore_imc_0", "uncore_imc_1"},
		"uncore_imc_0/cas_count_read/":                   {"uncore_imc_0"},
		"uncore_imc_free_running/event=0xff,umask=0x20/": {"uncore_imc_free_running_0"},
	} {
		if !slices.Equal(units[event], want) {
			t.Errorf("%s is of %q, want %q", event, units[event], want)
		}
	}
	for text, why := range map[string]string{"cpu/umsk=1/": "no such term; it has cmask", "nonsense": "none such for SPR", "sched:sched_switch": "tracepoints"} {
		if !strings.Contains(c.missing(text), why) {
			t.Errorf("%s: %q, want %q", text, c.missing(text), why)
		}
	}
	for _, g := range c.Groups {
		if g.Name == "user" && len(g.Events) > 8 {
			t.Errorf("%d events in one group", len(g.Events))
		}
	}
}

// TestWatchdog: where cycles has no counter of its own, the watchdog's is one
// less for a group.
func TestGroupsFit(t *testing.T) {
	for _, name := range []string{"spr", "zen4", "n1"} {
		c := choose(t, host(t, name))
		for _, g := range c.Groups {
			if len(g.Events) > 8 || len(g.Events) == 0 {
				t.Errorf("%s: group %s has %d events", name, g.Name, len(g.Events))
			}
		}
		for _, pair := range [][2]numa.Meaning{{numa.DRAMLoadsLocal, numa.DRAMLoadsRemote}, {numa.RemoteAccesses, numa.LLCLoadMisses}} {
			of := map[numa.Meaning]string{}
			for _, g := range c.Groups {
				for _, e := range g.Events {
					of[e.Meaning] = g.Name
				}
			}
			if of[pair[0]] != of[pair[1]] && of[pair[0]] != "" {
				t.Errorf("%s: %s in %q, %s in %q", name, pair[0], of[pair[0]], pair[1], of[pair[1]])
			}
		}
	}
}

// TestMalformedTree: a damaged file makes its PMU unavailable and no more.
func TestMalformedTree(t *testing.T) {
	for file, content := range map[string]string{"type": "many\n", "cpumask": "0-\n"} {
		roots := host(t, "spr")
		path := filepath.Join(roots.Sys, "bus/event_source/devices/uncore_upi_0", file)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		c := choose(t, roots)
		if c.unitGroup("upi") != nil || c.unitGroup("imc") == nil || !strings.Contains(c.missing("unc_upi_txl_flits.all_data"), "uncore_upi_0") {
			t.Errorf("%s: missing %+v", file, c.Unavailable)
		}
	}
}

func TestThisHost(t *testing.T) {
	c := choose(t, collect.HostRoots(), "page-faults")
	t.Logf("model %q, missing %+v", c.Model, c.Unavailable)
	for _, name := range Names(collect.HostRoots()) {
		if _, err := Read(collect.HostRoots(), name); err != nil {
			t.Errorf("%v", err)
		}
	}
	if _, group := find(c.Groups, "page-faults"); group != "user" {
		t.Errorf("page-faults is in %q", group)
	}
}
