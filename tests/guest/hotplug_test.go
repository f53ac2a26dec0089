package guest_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/query"
)

// hardwareRow is what of the counters is looked at.
type hardwareRow struct {
	TS       int64  `parquet:"ts"`
	Scope    string `parquet:"scope"`
	Instance int32  `parquet:"instance"`
	Group    string `parquet:"group"`
	Enabled  int64  `parquet:"enabled"`
	Running  int64  `parquet:"running"`
	Epoch    int32  `parquet:"epoch"`
	Clock    *int64 `parquet:"cpu-clock,optional"`
	Cycles   *int64 `parquet:"cycles,optional"`
	Raw      *int64 `parquet:"r11,optional"`
}

// hotplugged is what programs/hotplug says that it did.
type hotplugged struct {
	CPU         int32 `json:"cpu"`
	BeforeOffNS int64 `json:"before_off_ns"`
	OffNS       int64 `json:"off_ns"`
	BeforeOnNS  int64 `json:"before_on_ns"`
	OnNS        int64 `json:"on_ns"`
}

// TestHardwareEventsAndHotplug records on arm64, whose emulated processor has
// a PMU that counts cycles, with more events than it has counters, while a CPU
// is taken away and given back.
func TestHardwareEventsAndHotplug(t *testing.T) {
	needMachine(t, "arm64")
	t.Parallel()
	compile(t, "arm64")
	recording.Lock()
	defer recording.Unlock()
	args := []string{"./programs/hotplug", "--arch", "arm64", "--no-pmu", "--cpus-per-node", "1"}
	for _, e := range []string{"r11", "r12", "r13", "r14", "r15", "r16", "r17", "r18"} {
		args = append(args, "--event", e)
	}
	r := record(t, t.TempDir(), args...)
	if r.status != 0 {
		t.Fatalf("status %d; stderr:\n%s", r.status, r.stderr)
	}
	var did hotplugged
	if err := json.Unmarshal([]byte(r.stdout), &did); err != nil {
		t.Fatalf("%v; stdout:\n%s", err, r.stdout)
	}
	m, dir := r.run(t)
	rows := readRows[hardwareRow](t, dir, export.TableCounters)
	t.Run("multiplexed", func(t *testing.T) { countedByTurns(t, rows) })
	t.Run("epoch", func(t *testing.T) { did.beginsAnEpoch(t, rows) })
	t.Run("query", func(t *testing.T) { did.isANull(t, r.out, m) })
}

// countedByTurns: event 0x11 of the architecture is CPU_CYCLES, which the
// kernel's own "cycles" counts too. They were on the PMU at different times,
// and scaled by those they are alike.
func countedByTurns(t *testing.T, rows []hardwareRow) {
	last := map[string]hardwareRow{} // by what was counted, of CPU 0
	for _, row := range rows {
		if row.Scope != string(export.ScopeCPU) || row.Instance != 0 {
			continue
		}
		if row.Cycles != nil {
			last["cycles"] = row
		}
		if row.Raw != nil {
			last["r11"] = row
		}
	}
	cycles, raw := last["cycles"], last["r11"]
	if cycles.Cycles == nil || raw.Raw == nil {
		t.Fatalf("cycles %+v, r11 %+v: not counted", cycles, raw)
	}
	if raw.Running <= 0 || raw.Running >= raw.Enabled {
		t.Errorf("the group of r11 ran for %d ns of %d; want a part", raw.Running, raw.Enabled)
	}
	per := func(count *int64, row hardwareRow) float64 { return float64(*count) / float64(row.Running) }
	a, b := per(cycles.Cycles, cycles), per(raw.Raw, raw)
	t.Logf("cycles a ns: %.3f in %.0f %% of the time, and by r11 %.3f in %.0f %%", a, share(cycles), b, share(raw))
	if math.Abs(a-b) > 0.1*a || a <= 0 {
		t.Errorf("%v cycles a ns, and by r11 %v", a, b)
	}
}

func share(r hardwareRow) float64 { return 100 * float64(r.Running) / float64(r.Enabled) }

// beginsAnEpoch: what the CPU counts after it came back is told apart from
// what it counted before, and nothing was read while it was away.
func (did hotplugged) beginsAnEpoch(t *testing.T, rows []hardwareRow) {
	before, after, others := int32(-1), int32(-1), map[int32]bool{}
	for _, row := range rows {
		switch {
		case row.Scope != string(export.ScopeCPU) || row.Clock == nil:
		case row.Instance != did.CPU:
			others[row.Epoch] = true
		case row.TS < did.BeforeOffNS:
			before = row.Epoch
		case row.TS > did.OnNS:
			after = row.Epoch
		case row.TS > did.OffNS && row.TS < did.BeforeOnNS:
			t.Errorf("CPU %d was read at %d, and was away from %d to %d", did.CPU, row.TS, did.OffNS, did.BeforeOnNS)
		}
	}
	if before < 0 || after <= before {
		t.Errorf("CPU %d is in epoch %d before and %d after", did.CPU, before, after)
	}
	if len(others) != 1 {
		t.Errorf("the other CPUs are in epochs %v; want one", others)
	}
}

// isANull: a query gives no rate while the CPU is away, and no spike when it
// is back.
func (did hotplugged) isANull(t *testing.T, out string, m *export.Manifest) {
	files, err := export.Dir(out)
	if err != nil {
		t.Fatal(err)
	}
	s := query.Sources{{Name: out, Source: export.NewReader(files)}}
	g, err := s.Grid(t.Context(), query.Query{View: query.ViewHeatmap, Metric: "cycles", By: query.ByCPU, Host: m.Host, Run: m.Run, Columns: 40})
	if err != nil {
		t.Fatal(err)
	}
	known, most := 0, 0.0
	for i, row := range g.Rows {
		for c := range g.Columns {
			from, v := g.StartNS+int64(c)*g.WidthNS, g.Values[i*g.Columns+c]
			if math.IsNaN(v) {
				continue
			}
			known, most = known+1, max(most, v)
			if row.CPU != nil && *row.CPU == int(did.CPU) && from > did.OffNS && from+g.WidthNS < did.BeforeOnNS {
				t.Errorf("CPU %d has %v cycles from %d on, and was away", *row.CPU, v, from)
			}
			if v < 0 {
				t.Errorf("row %d, column %d: %v cycles", i, c, v)
			}
		}
	}
	// The emulated processor's clock is 1 GHz; the metric counts millions.
	if known == 0 || most > 1100 {
		t.Errorf("%d cells are known, the highest of %v million cycles a second", known, most)
	}
	t.Logf("%d of %d cells known, at most %.0f million cycles a second", known, len(g.Values), most)
}
