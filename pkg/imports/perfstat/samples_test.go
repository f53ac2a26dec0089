package perfstat

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

const (
	host   = imports.ScopeHost
	cpu    = imports.ScopeCPU
	socket = imports.ScopeSocket
)

// want is a figure that must be there; at 0 is of no interval.
type want struct {
	scope          imports.Scope
	instance, name string
	at             int64
	value          float64
	running        float64 // -1 is not told
}

func capture(t *testing.T, file string) *importstest.Kept {
	t.Helper()
	text := importstest.Sample(t, "perf_stat/"+file)
	if n := Format().Detect([]byte(text)); n < 50 {
		t.Errorf("it is not detected: %d", n)
	}
	k := importstest.Read(Format(), text)
	if k.Err != nil {
		t.Fatal(k.Err)
	}
	return k
}

func find(k *importstest.Kept, w want) []imports.Figure {
	var out []imports.Figure
	for _, f := range k.Find(w.scope, w.instance, w.name) {
		if f.TimeNS == w.at {
			out = append(out, f)
		}
	}
	return out
}

func check(t *testing.T, k *importstest.Kept, all ...want) {
	t.Helper()
	for _, w := range all {
		f := find(k, w)
		if len(f) != 1 || f[0].Null || f[0].Value != w.value || w.running >= 0 && f[0].Running != w.running {
			t.Errorf("%s %s %s at %d: got %+v, want %v, running %v", w.scope, w.instance, w.name, w.at, f, w.value, w.running)
		}
	}
}

func kinds(k *importstest.Kept) (counts, nulls int) {
	for _, f := range k.Figures {
		if f.Kind == imports.KindCount {
			counts++
			if f.Null {
				nulls++
			}
		}
	}
	return counts, nulls
}

func TestNotCountedIsNull(t *testing.T) {
	k := capture(t, "csv_group_not_counted.csv")
	if n, nulls := kinds(k); n != 6 || nulls != 6 {
		t.Errorf("%d counts, %d null", n, nulls)
	}
	for _, f := range k.Figures {
		if f.RunningNS != 0 || f.Running != 0 || f.Why != "<not counted>" {
			t.Errorf("%+v", f)
		}
	}
	k = capture(t, "human_all_not_supported.txt")
	if n, nulls := kinds(k); n != 8 || nulls != 8 || k.Fact1(imports.FactTarget) != "CPU(s) 12323431" || k.Fact1(imports.FactElapsed) != "1192373" {
		t.Errorf("%d counts, %d null; %v", n, nulls, k.Facts)
	}
	if f := k.Find(host, "", "cpu-clock"); len(f) != 1 || f[0].Unit != "ns" || f[0].Why != "<not supported>" {
		t.Errorf("cpu-clock, of msec: %+v", f)
	}
}

func TestVarianceStandsBeforeTheRunningTime(t *testing.T) {
	k := capture(t, "csv_r_variance_column_amd.csv")
	check(t, k, want{host, "", "ex_ret_brn_misp:u", 0, 73900351, 1}, want{host, "", "ls_l1_d_tlb_miss.all:u", 0, 562200, 0.5})
	f := k.Find(host, "", "ex_ret_brn_misp:u")[0]
	if f.Variance != 0.0023 || f.RunningNS != 1509882571 || k.Find(host, "", "ls_l1_d_tlb_miss.all:u")[0].Variance != 0.0101 {
		t.Errorf("%+v", f)
	}
}

func TestSemicolonsByCPUAndACutRow(t *testing.T) {
	k := capture(t, "csv_semicolon_A_netdata_cut.csv")
	check(t, k, want{cpu, "7", "cpu-clock", 0, 1002238780, 1}, want{cpu, "0", "context-switches", 0, 377, 1}, want{cpu, "4", "context-switches", 0, 263, 1}, want{cpu, "5", "context-switches", 0, 191, -1})
	if n, _ := kinds(k); n != 14 {
		t.Errorf("%d counts", n)
	}
	if f := k.Find(cpu, "5", "context-switches"); f[0].RunningNS != -1 || f[0].Running != -1 || !k.Warned(14, "cut") {
		t.Errorf("%+v %v", f, k.Warnings)
	}
}

func TestCPUsInColumns(t *testing.T) {
	k := capture(t, "human_A_blank_cpu.txt")
	sum := 0.0
	for _, f := range k.Find(host, "", "instructions") {
		sum += f.Value
	}
	if n, _ := kinds(k); n != 4 || sum != 180910 || len(k.Warnings) != 1 {
		t.Errorf("%d counts, sum %v, %v", n, sum, k.Warnings)
	}
	k = capture(t, "human_A_offline_cpu5.txt")
	const event = "cpu/event=cpu-cycles,percore/"
	check(t, k, want{cpu, "1", event, 0, 1009312, -1}, want{cpu, "6", event, 0, 2784072, -1})
	if n, _ := kinds(k); n != 7 || len(k.Find(cpu, "5", event)) != 0 || k.Fact1(imports.FactElapsed) != "1001416041" {
		t.Errorf("%d counts; %v", n, k.Facts)
	}
}

func TestIntervalsForPeople(t *testing.T) {
	k := capture(t, "human_I_interval_count5.txt")
	var got []float64
	for _, f := range k.Find(host, "", "cycles") {
		got = append(got, f.Value)
	}
	if len(got) != 5 || got[0] != 5005909 || got[1] != 3579497 || got[2] != 4350491 || got[4] != 4941014 {
		t.Errorf("%v", got)
	}
	check(t, k, want{host, "", "cycles", 4002221214, 3504926, -1})
}

func TestSocketsWithoutAnyHead(t *testing.T) {
	k := capture(t, "human_per_socket_interval_mib_not_counted.txt")
	const one, two = 1001102293, 2003517973
	n, nulls := kinds(k)
	if n != 12 || nulls != 2 || len(k.Warnings) != 0 {
		t.Errorf("%d counts, %d null, %v", n, nulls, k.Warnings)
	}
	mib := 302.45
	check(t, k, want{socket, "1", "uncore_imc/cas_count_write/", two, mib * 1048576, -1}, want{socket, "0", "duration_time", one, 1001102293, -1},
		want{socket, "0", "DRAM_BW_Use", one, 103, -1}, want{socket, "0", "DRAM_BW_Use", two, 920, -1}, want{socket, "1", "DRAM_BW_Use", one, 0, -1}, want{socket, "1", "DRAM_BW_Use", two, 0, -1})
	for _, at := range []int64{one, two} {
		if f := find(k, want{scope: socket, instance: "1", name: "duration_time", at: at}); len(f) != 1 || !f[0].Null {
			t.Errorf("%+v", f)
		}
	}
}

func TestAProcess(t *testing.T) {
	k := capture(t, "human_pid_timeout_typepollution.txt")
	const process = imports.ScopeProcess
	check(t, k, want{process, "1247858", "instructions", 0, 41091980552, -1}, want{process, "1247858", "insn per cycle", 0, 0.5, -1}, want{process, "1247858", "task-clock", 0, 20013680000, -1}, want{process, "1247858", "CPUs utilized", 0, 1.999, -1})
	if k.Fact1(imports.FactTarget) != "process id 1247858" || k.Fact1(imports.FactElapsed) != "10010738228" {
		t.Errorf("%v", k.Facts)
	}
}

func TestInstancesOfAPMUStayApart(t *testing.T) {
	k := capture(t, "human_snc_uncore_per_socket_A.txt")
	a, b, c := 2484.96, 1336.48, 1337.06
	check(t, k, want{socket, "0", "data_read", 0, a * 1048576, -1})
	f := k.Find(cpu, "0", "data_read")
	if len(f) != 2 || f[0].Device != "uncore_imc_free_running_0" || f[0].Value != b*1048576 || f[1].Device != "uncore_imc_free_running_1" || f[1].Value != c*1048576 {
		t.Errorf("%+v", f)
	}
	var elapsed []string
	for _, x := range k.Facts {
		if x.Key == imports.FactElapsed {
			elapsed = append(elapsed, x.Value)
		}
	}
	if len(elapsed) != 2 || elapsed[0] != "1001365319" || elapsed[1] != "1001049096" {
		t.Errorf("elapsed %v", elapsed)
	}
}

func TestObjects(t *testing.T) {
	k := capture(t, "json_hybrid_nan.jsonl")
	n, _ := kinds(k)
	nan := 0
	for _, f := range k.Figures {
		if f.Kind == imports.KindMetric && f.Null && f.Why == "nan" {
			nan++
		}
	}
	if n != 12 || nan != 3 {
		t.Errorf("%d counts, %d metrics that are nan", n, nan)
	}
	check(t, k, want{host, "", "cpu_atom/cycles/", 0, 255620352, 0.54})
	k = capture(t, "json_interval_threshold.jsonl")
	const at = 1001089747
	check(t, k, want{host, "", "instructions", at, 4066679471, 1}, want{host, "", "cycles", at, 2497454658, 1}, want{host, "", "branch-misses", at, 9237201, 1},
		want{host, "", "tma_backend_bound", at, 22.036686, -1}, want{host, "", "tma_retiring", at, 33.623465, -1})
	f, g := k.Find(host, "", "tma_backend_bound")[0], k.Find(host, "", "tma_retiring")[0]
	if f.Labels["threshold"] != "bad" || f.Unit != "%" || f.Labels["group"] != "TopdownL1" || g.Labels["threshold"] != "" || !k.Warned(14, "not a JSON object") {
		t.Errorf("%+v %+v %v", f, g, k.Warnings)
	}
}

func TestBlanksAsSeparators(t *testing.T) {
	k := capture(t, "lkp_1.txt")
	const one, two = 1012763890, 2013754454
	check(t, k, want{host, "", "cpu-cycles", one, 3969592418, 0.166}, want{host, "", "cpu-clock", one, 16167760000, 1}, want{host, "", "context-switches", one, 5255, 1},
		want{host, "", "branch-misses", two, 168434520, 0.1661}, want{host, "", "node-loads", one, 0, 0.3338})
	if f := k.Find(host, "", "cpu-cycles")[0]; f.RunningNS != 2683629138 {
		t.Errorf("%+v", f)
	}
	if n, _ := kinds(k); n != 29 {
		t.Errorf("%d counts", n)
	}
}

func TestPaddedTimes(t *testing.T) {
	k := capture(t, "lkp_3.txt")
	at := []int64{1000659830, 2006146525, 3011140905}
	for i, x := range []struct{ misses, loads float64 }{{414159, 224652}, {411038, 74406}, {131830, 55944}} {
		check(t, k, want{host, "", "node-load-misses", at[i], x.misses, -1}, want{host, "", "node-loads", at[i], x.loads, -1})
	}
	check(t, k, want{host, "", "context-switches", at[1], 2315, 1})
	if n, _ := kinds(k); n != 69 || k.Fact1(imports.FactVersion) != "perf 5.13.g303392fd5c16" {
		t.Errorf("%d counts; %v", n, k.Facts)
	}
}

func TestGermanNumbers(t *testing.T) {
	k := capture(t, "locale_de_hybrid_main.parallel2.profile.txt")
	check(t, k, want{host, "", "cpu_atom/cycles/", 0, 39293025980, 0.5873}, want{host, "", "cpu_core/cycles/", 0, 36246187668, 0.5796},
		want{host, "", "task-clock", 0, 19730560000, -1}, want{host, "", "context-switches", 0, 2909, -1})
	if f := k.Find(host, "", "/sec"); f[0].Value != 147.436 || f[0].Labels["event"] != "context-switches" {
		t.Errorf("%+v", f[0])
	}
	for _, f := range k.Find(host, "", "CPUs utilized") {
		if f.Labels["event"] == "task-clock" && f.Value != 9.826 {
			t.Errorf("%+v", f)
		}
	}
}
