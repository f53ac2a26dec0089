package perfscript

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

// TestNeverWrong has perf print the same samples with columns chosen at
// random. What is read of them is right or null, whatever the choice.
func TestNeverWrong(t *testing.T) {
	perf, err := exec.LookPath("perf")
	if err != nil {
		t.Skipf("[perf] %v", err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	want := truth(t)
	for range 300 {
		columns := []string{"data_src"}
		for _, c := range []string{"comm", "pid", "tid", "cpu", "time", "period", "event", "addr", "weight", "ins_lat", "ip", "sym", "dso", "symoff", "phys_addr", "misc", "flags"} {
			if rng.IntN(2) == 0 {
				columns = append(columns, c)
			}
		}
		// Two choices leave no trace in the text: the page says what is made of
		// them.
		if slices.Contains(columns, "ins_lat") && !slices.Contains(columns, "weight") || slices.Contains(columns, "pid") && !slices.Contains(columns, "tid") {
			continue
		}
		out, err := exec.Command(perf, "script", "--ns", "-i", filepath.Join("testdata", "made.data"), "-F", strings.Join(columns, ",")).Output()
		if err != nil {
			continue // symbols without an ip, as perf says
		}
		n := []int{1, 2, 5, len(want)}[rng.IntN(4)] // few lines tell little
		out = bytes.Join(bytes.SplitAfter(out, []byte("\n"))[:n], nil)
		f := readText(t, string(out))
		if len(f.samples) != n {
			t.Errorf("%v: %d samples, want %d\n%s", columns, len(f.samples), n, firstLine(out))
			continue
		}
		for i, got := range f.samples {
			if what := wrong(got, want[i]); what != "" {
				t.Errorf("%v: %s of line %d is wrong: %+v, want %+v\n%s", columns, what, f.lines[i], got, want[i], firstLine(out))
				break
			}
		}
	}
}

func firstLine(out []byte) string {
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}

// wrong names a column that is neither right nor null.
func wrong(got, want export.Sample) string {
	for _, c := range []struct {
		name      string
		got, want int64
		null      int64
	}{
		{"ts", got.TS, want.TS, 0}, {"cpu", int64(got.CPU), int64(want.CPU), -1}, {"pid", int64(got.PID), int64(want.PID), 0},
		{"tid", int64(got.TID), int64(want.TID), 0}, {"ip", int64(got.IP), int64(want.IP), 0}, {"addr", int64(got.Addr), int64(want.Addr), 0},
		{"phys", int64(got.Phys), int64(want.Phys), 0}, {"data_src", int64(got.DataSrc), int64(want.DataSrc), -1},
		{"latency", int64(got.Latency), int64(want.Latency), 0}, {"weight", got.Weight, want.Weight, 1},
	} {
		if c.got != c.want && c.got != c.null {
			return c.name
		}
	}
	if got.Kind != want.Kind {
		return "kind"
	}
	return ""
}
