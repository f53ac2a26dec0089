package perfscript

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

// samplesVariable names the folder of other people's captures, which are not
// ours to copy into the repository.
const samplesVariable = "NUMALENS_SAMPLES"

func capture(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv(samplesVariable)
	if dir == "" {
		t.Skipf("[samples] %s does not name the folder of captures", samplesVariable)
	}
	b, err := os.ReadFile(filepath.Join(dir, "perf_script", name))
	if err != nil {
		t.Skipf("[samples] %v", err)
	}
	return string(b)
}

// TestOneOperationFourEvents: four lines are one load.
func TestOneOperationFourEvents(t *testing.T) {
	f := readText(t, capture(t, "arm_spe_one_op_four_events.txt"))
	want := export.Sample{TS: 3678072400000, Kind: export.MemoryLoad, CPU: 11, TID: 14753, IP: 0xffffa7c22b4b2a00, CPUNode: -1, MemNode: -1, DataSrc: 0x88000182, Weight: 1}
	if len(f.samples) != 1 || f.samples[0] != want || !f.warned("3 samples tell of the same operation") {
		t.Errorf("%+v, warnings %q", f.samples, f.warnings)
	}
}

// TestWeightsOnly has neither comm nor time; one line has a tabulator, and the
// end was left out.
func TestWeightsOnly(t *testing.T) {
	f := readText(t, capture(t, "intel_data_src_weight_cut.txt"))
	var weights []int32
	levels := map[uint64]int{}
	for _, s := range f.samples {
		weights = append(weights, s.Latency)
		levels[s.DataSrc>>33&15]++ // mem_lvl_num
		if s.Kind != export.MemoryLoad || s.TS != 0 || s.CPU != -1 || s.IP != 0 || s.Addr != 0 || s.Phys != 0 {
			t.Errorf("sample %+v", s)
		}
	}
	if want := []int32{47, 57, 56, 144, 16, 20, 189, 193, 18}; !slices.Equal(weights, want) {
		t.Errorf("weights %v, want %v", weights, want)
	}
	const l1, l2, l3, lfb = 1, 2, 3, 12
	if levels[l3] != 3 || levels[lfb] != 2 || levels[l2] != 3 || levels[l1] != 1 || f.samples[7].DataSrc>>24&3 != 2 {
		t.Errorf("levels %v, lock of the eighth %d", levels, f.samples[7].DataSrc>>24&3)
	}
	for _, part := range []string{"10: lines were left out", "9 samples have no time", "9 samples have no CPU", "9 samples have no period"} {
		if !f.warned(part) {
			t.Errorf("nothing says %q: %q", part, f.warnings)
		}
	}
}
