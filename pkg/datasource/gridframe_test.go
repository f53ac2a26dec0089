package datasource

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/query"
)

// grid makes one of the given size, full of shares that need every digit.
func grid(rows, columns int) *query.Grid {
	g := &query.Grid{
		Plan:   query.Plan{StartNS: 1_767_322_800e9, WidthNS: 6e8, Columns: columns},
		Metric: query.Metric{Name: "remote_dram_share", Title: "Remote share of DRAM loads", Unit: "percentunit", Kind: query.Share},
		By:     query.ByCPU, Host: "benchmark-host-17", Run: "20260102T030000Z-nightly",
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for r := range rows {
		cpu, node, socket := r, r/(rows/4+1), r/(rows/2+1)
		g.Rows = append(g.Rows, query.Row{Label: "CPU", Instance: cpu, CPU: &cpu, Node: &node, Socket: &socket})
		for range columns {
			g.Values = append(g.Values, 0.1111+rng.Float64()*0.8)
			g.Volume = append(g.Volume, 1e6+rng.Float64()*1e9)
		}
	}
	return g
}

func TestHeatmapOf256CPUsStaysUnder2600kB(t *testing.T) {
	res := backend.NewQueryDataResponse()
	res.Responses["A"] = backend.DataResponse{Frames: gridFrames(grid(256, 1000), query.ViewHeatmap)}
	b, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("1000 × 256 cells: %d bytes of JSON", len(b))
	if len(b) >= 2_600_000 {
		t.Errorf("%d bytes of JSON", len(b))
	}
}

func TestNullsStayNull(t *testing.T) {
	g := grid(1, 4)
	copy(g.Values, []float64{0.12345, math.NaN(), math.NaN(), 0})
	copy(g.Volume, []float64{1000, 0, math.NaN(), 1})
	f := gridFrames(g, query.ViewHeatmap)[0]
	value, volume := f.Fields[1], f.Fields[2]
	if v := value.At(0).(*float64); v == nil || *v != 0.123 {
		t.Errorf("value 0 is %v, want 0.123", v)
	}
	for _, i := range []int{1, 2} {
		if v := value.At(i).(*float64); v != nil {
			t.Errorf("value %d is %v, want null", i, *v)
		}
	}
	if v := value.At(3).(*float64); v == nil || *v != 0 {
		t.Errorf("value 3 is %v, want 0", v)
	}
	want := []any{uint8(10), uint8(0), nil, uint8(1)}
	for i, w := range want {
		v := volume.At(i).(*uint8)
		if (v == nil) != (w == nil) || v != nil && *v != w {
			t.Errorf("volume %d is %v, want %v", i, v, w)
		}
	}
}

func TestVolumeClasses(t *testing.T) {
	for n, want := range map[float64]uint8{0: 0, 1: 1, 2: 2, 3: 2, 4: 3, 7: 3, 8: 4, 511: 9, 512: 10, 1023: 10, 1024: 11} {
		if got := volumeClass(n); got != want {
			t.Errorf("class of %v is %d, want %d", n, got, want)
		}
	}
}

func TestSignificantDigits(t *testing.T) {
	for in, want := range map[float64]float64{0: 0, 1234567: 1230000, 0.00123456: 0.00123, -9.999: -10, 5e-324: 5e-324} {
		if got := significant3(in); got != want {
			t.Errorf("%v becomes %v, want %v", in, got, want)
		}
	}
}

// Grafana's own panels and alerting read frames by their declared type.
func TestFramesAreWhatTheyDeclare(t *testing.T) {
	f := gridFrames(grid(4, 5), query.ViewHeatmap)[0]
	if f.Meta.Type != data.FrameTypeTimeSeriesWide {
		t.Fatalf("type %q", f.Meta.Type)
	}
	if got := f.TimeSeriesSchema().Type; got != data.TimeSeriesTypeWide {
		t.Errorf("the SDK takes the frame for %v", got)
	}
	seen := map[string]bool{}
	for _, field := range f.Fields[1:] {
		key := field.Name + field.Labels.String()
		if seen[key] {
			t.Errorf("two fields are %s", key)
		}
		seen[key] = true
	}
}

func BenchmarkHeatmapJSON(b *testing.B) {
	g := grid(256, 1000)
	b.ReportAllocs()
	var n int
	for b.Loop() {
		res := backend.NewQueryDataResponse()
		res.Responses["A"] = backend.DataResponse{Frames: gridFrames(g, query.ViewHeatmap)}
		out, err := json.Marshal(res)
		if err != nil {
			b.Fatal(err)
		}
		n = len(out)
	}
	b.ReportMetric(float64(n), "bytes/frame")
}
