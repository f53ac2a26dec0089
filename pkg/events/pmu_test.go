package events

import (
	"strings"
	"testing"
)

func formats(t *testing.T, list map[string]string) map[string]Format {
	t.Helper()
	out := map[string]Format{}
	for name, text := range list {
		f, err := ParseFormat(text)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = f
	}
	return out
}

// The formats as kernels have them: arch/x86/events/intel/core.c,
// intel/uncore_snbep.c, amd/core.c, amd/uncore.c, and drivers/perf/arm_pmuv3.c.
func intelCore(t *testing.T) *PMU {
	return &PMU{Name: "cpu", Type: 4,
		Formats: formats(t, map[string]string{
			"event": "config:0-7", "umask": "config:8-15", "edge": "config:18", "inv": "config:23", "cmask": "config:24-31",
			"offcore_rsp": "config1:0-63", "ldlat": "config1:0-15",
		}),
		Events: map[string]string{"mem-loads": "event=0xcd,umask=0x1,ldlat=3", "open": "event=0xcd,foo=?", "chain": "mem-loads,umask=2", "cycles": "event=0x3c"},
	}
}

func TestResolve(t *testing.T) {
	intel := intelCore(t)
	cha := &PMU{Name: "uncore_cha_0", Type: 30, Formats: formats(t, map[string]string{"event": "config:0-7", "umask": "config:8-15,32-55"}), CPUs: []int{0}}
	amd := &PMU{Name: "cpu", Type: 4, Formats: formats(t, map[string]string{"event": "config:0-7,32-35", "umask": "config:8-15"})}
	df := &PMU{Name: "amd_df", Type: 12, Formats: formats(t, map[string]string{"event": "config:0-7,32-37", "umask": "config:8-15,24-27"}), CPUs: []int{0}}
	arm := &PMU{Name: "armv8_pmuv3_0", Type: 8, Formats: formats(t, map[string]string{"event": "config:0-15", "long": "config1:0"})}
	for _, c := range []struct {
		pmu            *PMU
		text           string
		config, second uint64
	}{
		{intel, "cpu/event=0xd3,umask=0x4/", 0x4d3, 0},
		{intel, "cpu/event=0xb7,umask=0x1,offcore_rsp=0x10003c0002/", 0x1b7, 0x10003c0002},
		{intel, "cpu/mem-loads/", 0x1cd, 3},
		{intel, "cpu/mem-loads,ldlat=30/", 0x1cd, 30},
		{intel, "cpu/event=0x3c,edge,inv,cmask=255/", 0xff84003c, 0},
		{intel, "cpu/config=0x4d3,config1=7/", 0x4d3, 7},
		{cha, "uncore_cha_0/event=0x35,umask=0xc816fe01/", 0x00c816fe00000135, 0},
		{amd, "cpu/event=0x18e,umask=0x1f/", 0x100001f8e, 0},
		{df, "amd_df/event=0x7c7,umask=0xffe/", 0x70f00fec7, 0},
		{arm, "armv8_pmuv3_0/event=0x31,long/", 0x31, 1},
	} {
		s, err := Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		e, err := c.pmu.Resolve(s)
		if err != nil || e.Config != c.config || e.Config1 != c.second || e.Type != c.pmu.Type {
			t.Errorf("%s: %#x %#x, %v; want %#x %#x", c.text, e.Config, e.Config1, err, c.config, c.second)
		}
	}
	s, _ := Parse("cpu/event=1/u")
	if e, err := intel.Resolve(s); err != nil || e.ExcludeUser || !e.ExcludeKernel || !e.ExcludeHypervisor {
		t.Errorf("modifier u: %+v, %v", e, err)
	}
}

func TestResolveErrors(t *testing.T) {
	intel := intelCore(t)
	for _, c := range []struct{ text, want string }{
		{"cpu/event=0x1d3/", "more than the 8 bits"},
		{"cpu/umsk=4/", "no such term; it has cmask, edge"},
		{"cpu/mem-stores/", "no such event and no such term; it has chain, cycles, mem-loads"},
		{"cpu/open/", "in place of ?"},
		{"cpu/chain/", "no term of PMU cpu"},
	} {
		s, err := Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := intel.Resolve(s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestParseFormatErrors(t *testing.T) {
	for _, text := range []string{"", "config", "config3:0-7", "config:8-1", "config:0-64", "config:a", "config:0-7,7", "config:-1", "config:"} {
		if f, err := ParseFormat(text); err == nil {
			t.Errorf("%q is %+v", text, f)
		}
	}
}

func FuzzFormat(f *testing.F) {
	f.Add("config:0-7,32-35", uint64(0x18e))
	f.Add("config1:0-63", ^uint64(0))
	f.Fuzz(func(t *testing.T, text string, value uint64) {
		format, err := ParseFormat(text)
		if err != nil {
			return
		}
		words := [3]uint64{0xaaaa, 0xaaaa, 0xaaaa}
		if format.put(&words, value) != nil {
			return
		}
		var got uint64
		at := 0
		for _, r := range format.bits {
			got |= words[format.Word] & r.mask() >> r.low << at
			at += r.width()
		}
		if got != value {
			t.Errorf("%q: put %#x, there is %#x", text, value, got)
		}
	})
}
