package gobench

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/numa"
)

// maxSeen bounds the names whose repetitions are counted.
const maxSeen = 100_000

// maxTold bounds the keys of settings that become facts.
const maxTold = 100

// teller turns results into figures.
type teller struct {
	sink imports.Sink
	seen map[string]int // how often there was a name, by package
	full bool           // a warning was given
	told map[string]string
}

// machines are uname's words for Go's.
var machines = map[string]string{"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "ppc64le": "ppc64le", "riscv64": "riscv64", "s390x": "s390x", "loong64": "loongarch64"}

func (t *teller) result(r *benchfmt.Result, at line) {
	labels := map[string]string{}
	for _, c := range r.Config {
		value := strings.TrimSpace(string(c.Value))
		if value == "" {
			continue
		}
		labels[c.Key] = value
		t.fact(c.Key, value)
	}
	if at.pkg != "" {
		labels["pkg"] = at.pkg
	}
	parts(r.Name, labels)
	t.number(string(r.Name), labels, at.number)
	f := imports.NewFigure(at.number)
	f.Timed, f.TimeNS = at.timeNS != 0, at.timeNS
	f.Scope, f.Instance = imports.ScopeBenchmark, string(r.Name)
	f.Labels = labels

	f.Kind, f.Name, f.Unit, f.Value = imports.KindCount, "iterations", "1", float64(r.Iters)
	t.sink.Figure(f)
	f.Kind = imports.KindMetric
	for _, v := range r.Values {
		t.value(f, v)
	}
}

// fact tells a line as goos: linux once, until there is another of its key.
// The keys are Go's; cpu is imports.FactCPU too.
func (t *teller) fact(key, value string) {
	if t.told[key] == value || len(t.told) >= maxTold {
		return
	}
	t.told[key] = value
	t.sink.Fact(key, value)
	if m := machines[value]; key == "goarch" && m != "" {
		t.sink.Fact(imports.FactArch, m)
	}
}

// parts are what is within a name, as benchproc words it: /keys, and
// gomaxprocs, which is not printed where it is 1.
func parts(n benchfmt.Name, labels map[string]string) {
	_, all := n.Parts()
	labels["gomaxprocs"] = "1"
	for _, p := range all {
		s := string(p)
		if s[0] == '-' {
			labels["gomaxprocs"] = s[1:]
		} else if key, value, ok := strings.Cut(s, "="); ok && key != "/" {
			labels[key] = value
		}
	}
}

// number tells repetitions of a benchmark apart.
func (t *teller) number(name string, labels map[string]string, line int) {
	key := labels["pkg"] + "\x00" + name
	if _, ok := t.seen[key]; !ok && len(t.seen) >= maxSeen {
		if !t.full {
			t.full = true
			t.sink.Warn(line, "so many benchmarks that from here on repetitions of further ones are not numbered")
		}
		return
	}
	t.seen[key]++
	labels["iteration"] = strconv.Itoa(t.seen[key])
}

func (t *teller) value(f imports.Figure, v benchfmt.Value) {
	f.Name, f.Unit, f.Value = v.Unit, v.Unit, v.Value
	if v.OrigUnit != "" {
		f.Labels = maps.Clone(f.Labels)
		f.Labels["printed_unit"] = v.OrigUnit
		f.Value = shifted(v)
	}
	if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
		f.Null, f.Why, f.Value = true, strconv.FormatFloat(f.Value, 'g', -1, 64), 0
	}
	t.sink.Figure(f)
}

// shifted is a value in base units: 784.7 ns are 7.847e-07 s, and multiplied
// by 1e-9 they would be a little more.
func shifted(v benchfmt.Value) float64 {
	shift := math.Round(math.Log10(v.Value / v.OrigValue))
	x, err := strconv.ParseFloat(fmt.Sprintf("%se%.0f", strconv.FormatFloat(v.OrigValue, 'f', -1, 64), shift), 64)
	if err != nil || math.Abs(x-v.Value) > 1e-9*math.Abs(v.Value) {
		return v.Value
	}
	return x
}

// discard hears what the detection finds.
type discard struct{}

func (discard) Figure(imports.Figure)              {}
func (discard) Sample(int, export.Sample)          {}
func (discard) Placement(int, export.PlacementRow) {}
func (discard) Event(int, export.Event)            {}
func (discard) Warn(int, string)                   {}
func (discard) Fact(string, string)                {}
func (discard) Topology(numa.Topology)             {}
