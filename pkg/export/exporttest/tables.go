package exporttest

import (
	"github.com/numalens/numalens/pkg/export"
)

// TablesRun is the run that Tables makes.
const TablesRun = "20261124T065040Z-tables"

// Tables makes a run with two or three rows in every table of the format,
// those that no collector fills yet included.
func Tables(o Options) error {
	m := export.Manifest{Host: Host, Run: TablesRun, Topology: topology(),
		Groups: []export.Group{{Name: "software", Events: []export.GroupEvent{{Name: "context-switches", Spec: "context-switches", Unit: "1", Proven: true}}},
			{Name: "core", Events: []export.GroupEvent{{Name: "cycles", Spec: "cycles", Unit: "1"}}}},
		Tables: []export.TableInfo{{Name: export.TableCounters, PeriodNS: 100e6, Scopes: []string{"cpu", "process_cpu"}}, {Name: export.TableNodes, PeriodNS: 1e9},
			{Name: export.TableSamples, Scopes: []string{string(export.MinorFault)}}}}
	w, err := create(o, m, []string{"numa_hit", "meminfo.MemFree"})
	if err != nil {
		return err
	}
	t := Start.UnixNano()
	for k := range int64(3) {
		ts := t + k*100e6
		w.Counter(export.CounterRow{TS: ts, Scope: export.ScopeCPU, Instance: 1, Group: 0, Values: []int64{10 * k}, Enabled: k * 100e6, Running: k * 100e6})
		w.Counter(export.CounterRow{TS: ts, Scope: export.ScopeProcessCPU, Instance: 1, Group: 1, Values: []int64{1 << 40 * k}, Enabled: k * 100e6, Running: k * 50e6, Epoch: int32(k / 2)})
		w.Node(export.NodeRow{TS: ts, Node: int32(k), Values: []int64{1000 * k, 1 << 30}, Valid: []bool{true, k > 0}})
		w.Sample(export.Sample{TS: ts, Kind: export.MinorFault, CPU: 1, PID: 7, TID: 8, IP: 0xffffffff81000000, Addr: 0x7f00deadb000, Phys: uint64(k) << 34, CPUNode: 0, MemNode: int32(k) - 1, Weight: 1 + k})
	}
	rows := []struct {
		table  string
		values []any
	}{
		{export.TablePlacement, []any{t, 7, "join", 0, "anonymous", "bind:0", 4096, 1000, 1000, 990, nil}},
		{export.TablePlacement, []any{t, 7, "join", 1, "file", nil, 4096, 20, nil, nil, 3}},
		{export.TableAllocations, []any{t, "page", 1, 7, "join", "/user.slice", nil, 0, 1, 8192, 2, 2}},
		{export.TableAllocations, []any{t, "kmalloc", nil, nil, nil, nil, nil, nil, nil, 4096, 1, 64}},
		{export.TableEvents, []any{t, "growslice", 1, 7, "join", "/user.slice", "3f2a", 9, 24, 32, nil, uint64(0x401010), 1, uint64(0xc000012000), 0, nil, 1, 18, nil, 0, "large", 1}},
		{export.TableEvents, []any{t, "flush", 0, nil, nil, nil, nil, nil, 4096, nil, nil, nil, nil, nil, nil, nil, nil, nil, 64, 1, nil, 128}},
		{export.TableMigrations, []any{t, "pages", 1, 7, "join", nil, nil, "numa_misplaced", 0, 2, 1, 0}},
		{export.TableMigrations, []any{t, "pages", nil, nil, nil, nil, nil, "compaction", nil, nil, 0, 32}},
		{export.TableStacks, []any{t, 1, 0, nil, uint64(0xffffffff81000010)}},
		{export.TableStacks, []any{t, 1, 1, 7, uint64(0x401010)}},
		{export.TableMappings, []any{t, 7, uint64(0x400000), uint64(0x500000), uint64(0), "/usr/bin/join", "a1b2c3"}},
		{export.TableMappings, []any{t, nil, uint64(0xffffffff81000000), uint64(0xffffffff82000000), uint64(0), "[kernel]", nil}},
		{export.TableSymbols, []any{t, "/usr/bin/join", "a1b2c3", uint64(0x1000), uint64(0x1080), 0, "main", "join.c", 12}},
		{export.TableSymbols, []any{t, "[kernel]", nil, uint64(0x0), uint64(0x40), 0, "_stext", nil, nil}},
	}
	for _, r := range rows {
		if err := w.Append(r.table, r.values...); err != nil {
			return err
		}
	}
	w.Figure(export.FigureRow{TS: t, Time: export.TimeRelative, ElapsedNS: 1000659830, File: "perf.csv", Line: 13, Format: "perf-stat", Scope: "node", Instance: "1",
		Device: "uncore_imc_0", Kind: "count", Name: "cas_count_read", Unit: "bytes", Value: 0.1 + 0.2, RunningNS: 333, Running: 0.333, Variance: 0.0023, Labels: `{"group":"memory"}`})
	w.Figure(export.FigureRow{TS: t, Time: export.TimeCapture, ElapsedNS: -1, File: "perf.csv", Line: 14, Format: "perf-stat", Scope: "host",
		Kind: "count", Name: "slots", Unit: "1", Null: true, Why: "<not counted>", RunningNS: 0, Running: 0, Variance: -1})
	return finish(w, o, t+300e6)
}
