package events

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want Spec
	}{
		{"cpu/event=0xd3,umask=0x4/", Spec{PMU: "cpu", Terms: []Term{{Key: "event", Value: 0xd3}, {Key: "umask", Value: 4}}}},
		{"cpu/event=0xd3,umask=4/uk", Spec{PMU: "cpu", Terms: []Term{{Key: "event", Value: 0xd3}, {Key: "umask", Value: 4}}, User: true, Kernel: true}},
		{"cpu/mem-loads,ldlat=30/:u", Spec{PMU: "cpu", Terms: []Term{{Key: "mem-loads", Bare: true}, {Key: "ldlat", Value: 30}}, User: true}},
		{"cpu/event=1,name=mine/", Spec{PMU: "cpu", Terms: []Term{{Key: "event", Value: 1}}, Column: "mine"}},
		{"uncore_imc_0/config=0x304/", Spec{PMU: "uncore_imc_0", Terms: []Term{{Key: "config", Value: 0x304}}}},
		{"cpu/cmask=010,umask=0XF/", Spec{PMU: "cpu", Terms: []Term{{Key: "cmask", Value: 10}, {Key: "umask", Value: 15}}}},
		{"r04d3", Spec{Raw: 0x4d3, IsRaw: true}},
		{"r1cd:k", Spec{Raw: 0x1cd, IsRaw: true, Kernel: true}},
		{"LLC-load-misses:u", Spec{Name: "LLC-load-misses", User: true}},
		{"mem_load_l3_miss_retired.remote_dram", Spec{Name: "mem_load_l3_miss_retired.remote_dram"}},
		{"ocr.demand_rfo.l3_miss:ocr_msr_val=0x103b800002", Spec{Name: "ocr.demand_rfo.l3_miss:ocr_msr_val=0x103b800002"}},
		{"ref-cycles", Spec{Name: "ref-cycles"}},
	} {
		got, err := Parse(c.text)
		c.want.Text = c.text
		if c.want.Column == "" {
			c.want.Column = c.text
		}
		if err != nil || !equalSpec(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.text, got, err, c.want)
		}
	}
}

func equalSpec(a, b Spec) bool {
	if len(a.Terms) != len(b.Terms) {
		return false
	}
	for i := range a.Terms {
		if a.Terms[i] != b.Terms[i] {
			return false
		}
	}
	a.Terms, b.Terms = nil, nil
	return a.Text == b.Text && a.Column == b.Column && a.PMU == b.PMU && a.Raw == b.Raw && a.IsRaw == b.IsRaw && a.Name == b.Name &&
		a.User == b.User && a.Kernel == b.Kernel && a.Hypervisor == b.Hypervisor
}

// TestParseErrors: each names the part that is wrong and what was expected.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, token, want string }{
		{"", "", "empty"},
		{"cpu/event=0xd3", "cpu/event=0xd3", "a second /"},
		{"cpu//", "//", "terms between"},
		{"cpu/event=/", "event=", "a number"},
		{"cpu/event=0xd3,umask=four/", "umask=four", "a number"},
		{"cpu/event=0b1/", "event=0b1", "a number"},
		{"cpu/event=1_0/", "event=1_0", "a number"},
		{"cpu/event=?/", "event=?", "in place of ?"},
		{"cpu/event=1,,umask=2/", "", "want a term"},
		{"cpu/event=0x1ffffffffffffffff/", "event=0x1ffffffffffffffff", "64 bits"},
		{"cpu/event=1,period=1000/", "period=1000", "how to sample"},
		{"cpu/event=1/upp", "p", "precise"},
		{"cpu/event=1/x", "x", "u (user)"},
		{"sched:sched_switch", "sched:sched_switch", "tracepoints"},
		{"cycles:", ":", "modifiers after it"},
		{"{cycles,instructions}", "{cycles,instructions}", "groups"},
		{"r12345678123456781", "r12345678123456781", "16 hexadecimal"},
		{"two words", "two words", "without spaces"},
		{"c\u00fc", "c\u00fc", "ASCII"},
		{"/event=1/", "/", "the name of a PMU"},
		{strings.Repeat("a", 501), strings.Repeat("a", 20) + "…", "longer"},
	} {
		_, err := Parse(c.text)
		e, ok := err.(*SyntaxError)
		if !ok || e.Token != c.token || !strings.Contains(e.Error(), c.want) {
			t.Errorf("%q: %v, want %q at %q", c.text, err, c.want, c.token)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"cpu/event=0xd3,umask=0x4,name=a/uk", "r04d3:u", "LLC-loads", "a/b,c=?/", "sched:sched_switch", "ocr.x:y=0x1", "//:", "r:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			if _, ok := err.(*SyntaxError); !ok {
				t.Errorf("%q: %T %v", text, err, err)
			}
			return
		}
		if s.PMU == "" && s.Name == "" && !s.IsRaw || s.PMU != "" && len(s.Terms) == 0 && !strings.Contains(text, "name=") {
			t.Errorf("%q is %+v: an event of nothing", text, s)
		}
	})
}
