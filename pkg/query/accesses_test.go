package query

import (
	"math"
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// dataSrc puts a data source together as the kernel does.
func dataSrc(lvl, num, remote, hops, snoop uint64) uint64 {
	return 2 | lvl<<5 | snoop<<19 | num<<33 | remote<<37 | hops<<43
}

// What processors say of who served a load, as kernels of several ages word
// it (arch/x86/events/intel/ds.c, arch/x86/events/amd/ibs.c,
// tools/perf/util/arm-spe.c).
func TestWhoServedALoad(t *testing.T) {
	const hit, miss, l1, lfb, l2, l3, local = 2, 4, 8, 0x10, 0x20, 0x40, 0x80
	const far1, cache1, cache2, io = 0x100, 0x400, 0x800, 0x1000
	const none, hitm = 2, 0x10
	for name, c := range map[string]struct {
		src   uint64
		model string
		want  served
		hitm  bool
	}{
		"nothing told":                      {0, "", servedUnknown, false},
		"Intel, L1":                         {dataSrc(hit|l1, 1, 0, 0, none), "", servedCore, false},
		"Intel, fill buffer":                {dataSrc(hit|lfb, 12, 0, 0, none), "", servedCore, false},
		"Intel, L3":                         {dataSrc(hit|l3, 3, 0, 0, none), "", servedNear, false},
		"Intel, L3, another core's line":    {dataSrc(hit|l3, 3, 0, 0, hitm), "", servedNear, true},
		"Intel, local memory":               {dataSrc(hit|local, 13, 0, 0, none), "", servedLocal, false},
		"Intel, remote memory":              {dataSrc(hit|far1, 13, 1, 0, none), "", servedFarMemory, false},
		"Intel, another socket's line":      {dataSrc(hit|cache1, 3, 1, 0, hitm), "", servedFarCache, true},
		"Intel before 4.13, remote memory":  {dataSrc(hit|far1, 0, 0, 0, none), "", servedFarMemory, false},
		"Intel before 4.13, remote cache":   {dataSrc(hit|cache1, 0, 0, 0, hitm), "Intel(R) Xeon(R) CPU E5-2690 v3", servedFarCache, true},
		"AMD before 6.4, near complex":      {dataSrc(hit|cache1, 0, 0, 0, none), "AMD EPYC 9654", servedNear, false},
		"remote cache of a model not known": {dataSrc(hit|cache1, 0, 0, 0, none), "", servedUnknown, false},
		"AMD Zen 3, a cache of the node":    {dataSrc(hit|l3|cache1, 11, 0, 1, none), "", servedNear, false},
		"AMD Zen 4, near complex":           {dataSrc(hit|cache1, 11, 1, 1, hitm), "", servedNear, true},
		"AMD, far complex":                  {dataSrc(hit|cache2, 11, 1, 2, none), "", servedFarCache, false},
		"AMD, remote memory":                {dataSrc(hit|far1, 13, 1, 2, none), "", servedFarMemory, false},
		"AMD, remote CXL":                   {dataSrc(0, 9, 1, 2, none), "", servedFarMemory, false},
		"Arm, memory":                       {dataSrc(hit, 13, 0, 0, none), "", servedLocal, false},
		"Arm, another chip":                 {dataSrc(hit, 11, 1, 0, 0), "", servedFarCache, false},
		"Power, another core of the node":   {dataSrc(hit, 3, 1, 1, none), "", servedNear, false},
		"Power, another socket's memory":    {dataSrc(hit, 13, 1, 3, none), "", servedFarMemory, false},
		"L3 missed, and no more told":       {dataSrc(miss|l3, 0, 0, 0, none), "", servedUnknown, false},
		"I/O":                               {dataSrc(hit|io, 10, 0, 0, none), "", servedOther, false},
	} {
		want := int(c.want)
		if c.hitm {
			want += modified
		}
		if got := classOf(c.src, c.model); got != want {
			t.Errorf("%s: class %d, want %d", name, got, want)
		}
	}
}

// Loads by CPU and node, as they are asked for; what does not tell its CPU is
// a row of its own.
func TestSampledLoads(t *testing.T) {
	const second = int64(1e9)
	topology := numa.Topology{}
	for cpu := range 4 {
		topology.CPUs = append(topology.CPUs, numa.CPU{ID: cpu, Core: cpu, Socket: cpu / 2, Node: cpu / 2})
	}
	topology.Nodes = []numa.Node{{ID: 0, CPUs: []int{0, 1}}, {ID: 1, CPUs: []int{2, 3}}}
	root := t.TempDir()
	m := export.Manifest{Host: "h", Run: "r", StartNS: second, EndNS: 3 * second, Topology: topology, Tables: []export.TableInfo{{Name: export.TableSamples, Scopes: []string{"load"}}}}
	w, err := export.Create(export.WriterOptions{Root: root, KeepFreeBytes: -1}, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	l1, local, remote, hitm := dataSrc(2|8, 1, 0, 0, 2), dataSrc(2|0x80, 13, 0, 0, 2), dataSrc(2|0x100, 13, 1, 0, 2), dataSrc(2|0x400, 3, 1, 0, 0x10)
	for i, s := range []export.Sample{
		{CPU: 0, DataSrc: l1, Latency: 5, Weight: 10},
		{CPU: 0, DataSrc: local, Latency: 100, Weight: 10},
		{CPU: 0, DataSrc: remote, Latency: 300, Weight: 30},
		{CPU: 1, DataSrc: local, Latency: 200, Weight: 10},
		{CPU: 2, DataSrc: hitm, Latency: 400, Weight: 10},
		{CPU: -1, DataSrc: remote, Weight: 10},
		{CPU: 3, DataSrc: 0, Latency: 50, Weight: 10},
	} {
		s.TS, s.Kind, s.CPUNode, s.MemNode = second+int64(i)*second/10, export.MemoryLoad, -1, -1
		w.Sample(s)
	}
	if err := w.Seal(nil); err != nil {
		t.Fatal(err)
	}
	files, err := export.Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	sources := Sources{{Name: "d", Source: export.NewReader(files)}}
	null := math.NaN()
	for metric, want := range map[string]map[By][]float64{
		"load_remote_share":   {ByCPU: {0.75, 0, null, null, 1}, ByNode: {0.6, null, 1}},
		"load_far_share":      {ByNode: {0.6, 1, 1}, ByHost: {50.0 / 70}},
		"load_hitm_share":     {ByCPU: {0, 0, 1, null, 0}, ByHost: {10.0 / 70}},
		"load_latency":        {ByCPU: {201, 200, 400, 50, null}, ByNode: {12050.0 / 60, 225, null}},
		"load_latency_local":  {ByHost: {150}},
		"load_latency_remote": {ByHost: {325}},
		"sampled_loads":       {ByNode: {60, 20, 10}},
	} {
		for by, values := range want {
			g, err := sources.Grid(t.Context(), Query{View: ViewHeatmap, Metric: metric, By: by, From: 1000, To: 2000, Columns: 1})
			if err != nil {
				t.Fatal(err)
			}
			same := func(a, b float64) bool { return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-9 }
			if !slices.EqualFunc(g.Values, values, same) {
				t.Errorf("%s by %s: %v of %v, want %v; %v", metric, by, g.Values, g.Rows, values, g.Plan)
			}
		}
	}
	g, err := sources.Grid(t.Context(), Query{View: ViewHeatmap, Metric: "load_remote_share"})
	if err != nil || len(g.Notices) < 3 || g.Rows[4].Label != "no CPU" {
		t.Errorf("%q %v %v", g.Notices, g.Rows, err)
	}
}
