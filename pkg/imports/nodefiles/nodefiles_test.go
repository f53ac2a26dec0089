package nodefiles

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]Row{
		"numa_hit 4244346":                 {Node: Host, Name: "numa_hit", Value: 4244346, Unit: "1"},
		"Node 3 MemTotal:        12 kB":    {Node: 3, Name: "MemTotal", Value: 12288, Unit: "bytes", Meminfo: true},
		"Node 0 HugePages_Total:     7":    {Node: 0, Name: "HugePages_Total", Value: 7, Unit: "1", Meminfo: true},
		"Active(anon):    1 kB":            {Node: Host, Name: "Active(anon)", Value: 1024, Unit: "bytes", Meminfo: true},
		"nr_dirty 18446744073709551615":    {Node: Host, Name: "nr_dirty", Unit: "1", Why: "18446744073709551615"},
		"nr_dirty -1":                      {},
		"Node 0, zone Normal":              {},
		"Node 0 MemTotal 12 kB":            {},
		"MemTotal: 12 MB":                  {},
		"MemTotal: 12 kB 13":               {},
		"Node 0 MemTotal: 12345 kB Node 0": {},
	} {
		got, ok := Parse(line)
		if ok != (want.Name != "") || ok && got != want {
			t.Errorf("%q: %+v, %v", line, got, ok)
		}
	}
}

func TestKinds(t *testing.T) {
	for name, want := range map[string]imports.Kind{"nr_free_pages": imports.KindLevel, "nr_dirtied": imports.KindTotal, "pgfault": imports.KindTotal, "workingset_nodes": imports.KindLevel, "workingset_refault_anon": imports.KindTotal} {
		f := Row{Name: name}.Figure(1, Vmstat, 2)
		if f.Kind != want || f.Column != "vmstat."+name || f.Instance != "2" {
			t.Errorf("%+v", f)
		}
	}
	if f := (Row{Name: "numa_hit"}).Figure(1, Numastat, 0); f.Column != "numa_hit" || f.Kind != imports.KindTotal {
		t.Errorf("%+v", f)
	}
	if f := (Row{Name: "MemFree"}).Figure(1, Meminfo, Host); f.Column != "" || f.Scope != imports.ScopeHost || f.Kind != imports.KindLevel {
		t.Errorf("%+v", f)
	}
}
