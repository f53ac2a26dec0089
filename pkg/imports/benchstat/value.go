package benchstat

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

var (
	valueForm = regexp.MustCompile(`^([+-]?[0-9]+(?:\.[0-9]+)?)(Ki|Mi|Gi|Ti|[nµμumkMGT])?$`)
	oldForm   = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(ns|µs|μs|us|ms|s|[kMGT]?B/s|[kMGT]?B|[kMGT])?$`)
)

// exponents of the prefixes that benchstat prints.
var exponents = map[string]int{"n": -9, "µ": -6, "μ": -6, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12}

var binary = map[string]float64{"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}

// scaled reads digits times a power of ten, without the error of multiplying.
func scaled(digits string, exponent int) (float64, bool) {
	x, err := strconv.ParseFloat(digits+"e"+strconv.Itoa(exponent), 64)
	return x, err == nil
}

// number reads a value as 46.55n or 1.594Gi: its unit is the column's.
func number(s string) (float64, bool) {
	m := valueForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	if by, ok := binary[m[2]]; ok {
		x, ok := scaled(m[1], 0)
		return x * by, ok
	}
	return scaled(m[1], exponents[m[2]])
}

// oldUnits are the base units of the metrics of old versions.
var oldUnits = map[string]string{"time/op": "sec/op", "alloc/op": "B/op", "speed": "B/s"}

// oldNumber reads a value as 1.47µs, 1.89GB, 733kB/s or 13.0M of a metric.
func oldNumber(s, metric string) (x float64, unit string, ok bool) {
	m := oldForm.FindStringSubmatch(s)
	if m == nil {
		return 0, "", false
	}
	unit = metric
	if u := oldUnits[metric]; u != "" {
		unit = u
	}
	prefix, suffix := m[2], ""
	for _, end := range []string{"B/s", "B", "s"} {
		if p, ok := strings.CutSuffix(m[2], end); ok {
			prefix, suffix = p, end
			break
		}
	}
	// The suffix must be of what the head says.
	switch want := map[string]string{"sec/op": "s", "B/op": "B", "B/s": "B/s"}[unit]; {
	case want != suffix && (want != "" || suffix == "B" || suffix == "B/s"):
		return 0, "", false
	case want == "" && suffix == "s":
		unit = "sec" // a metric of its own in ns
	}
	x, ok = scaled(m[1], exponents[prefix])
	return x, unit, ok
}

// percent reads 37% as a share.
func percent(s string) (float64, bool) {
	digits, ok := strings.CutSuffix(s, "%")
	if !ok {
		return 0, false
	}
	x, err := strconv.ParseFloat(digits, 64)
	return math.Round(x*1e6) / 1e8, err == nil && x >= 0 && x < 1e9
}
