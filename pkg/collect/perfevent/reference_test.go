package perfevent

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

func TestReferenceHzOfAConversion(t *testing.T) {
	for _, c := range []struct {
		mult  uint32
		shift uint16
		want  int64
	}{{1 << 31, 31, 1e9}, {1 << 30, 31, 2e9}, {0, 31, 0}, {1, 64, 0}, {1 << 31, 32, 2e9}} {
		if got := referenceHz(c.mult, c.shift); got != c.want {
			t.Errorf("%d >> %d: %d, want %d", c.mult, c.shift, got, c.want)
		}
	}
}

// TestReferenceHzOfThisHost: near the frequency that cpuinfo shows, where it
// is known; both are of the processor's base clock, give or take a boost.
func TestReferenceHzOfThisHost(t *testing.T) {
	hz := ReferenceHz()
	if hz == 0 {
		t.Skip("[perf] this kernel does not convert its clock for programs")
	}
	info, _ := os.ReadFile("/proc/cpuinfo")
	m := regexp.MustCompile(`cpu MHz\s*: ([0-9.]+)`).FindSubmatch(info)
	if m == nil {
		t.Skipf("[perf] cpuinfo has no frequency to compare %d Hz with", hz)
	}
	mhz, _ := strconv.ParseFloat(string(m[1]), 64)
	if got := float64(hz) / 1e6; got < mhz/4 || got > 4*mhz {
		t.Errorf("%.0f MHz, cpuinfo says %.0f", got, mhz)
	}
}
