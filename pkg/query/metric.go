package query

import (
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Kind says how a metric is computed and how it is read.
type Kind string

// The kinds.
const (
	// Share is a part of a whole, 0 to 1, about locality: 0 is local.
	Share Kind = "share"
	// Ratio divides two counts that say nothing about locality.
	Ratio Kind = "ratio"
	// Rate is a count over time.
	Rate Kind = "rate"
	// Gauge is a state: its last reading.
	Gauge Kind = "gauge"
)

// Metric is something that can be asked of a run.
type Metric struct {
	Name  string
	Title string
	Unit  string // Grafana's unit id
	Help  string
	Kind  Kind
	Rung  numa.Rung
	// DenominatorText names what a share is a share of.
	DenominatorText string
	By              []By // finest first

	// Where it comes from: events or columns of a table, or samples.
	Table       string
	Numerator   []string // of a rate: what is counted
	Minus       []string // taken from the numerator's sum
	Denominator []string // of a share or ratio
	Kinds       export.SampleKind
	// Formulas are the ways to make it, best first. That of a run, the first
	// whose counts it has, fills the fields above.
	Formulas []Formula
	// Caveats are sentences that belong beside every picture of it.
	Caveats []string
	// Remote is set on metrics of samples, and of allocations, whose numerator
	// is what lies on another node than the CPU's.
	Remote bool
	// Access is set on metrics of sampled loads and stores.
	Access *Access
	// Traced is the kind of the rows, of metrics of allocations and
	// migrations; Summed is their column that is summed.
	Traced export.Traced
	Summed string
	// Scale multiplies a rate, so that its unit gives short numbers.
	Scale float64
	// Costs multiply the numerator's counts, one for each; nil is 1.
	Costs []float64
	// DenominatorCost multiplies the denominator's counts; 0 is 1.
	DenominatorCost float64
	// Scope is set where the metric exists in one scope only.
	Scope export.Scope
}

var (
	byCPU  = []By{ByCPU, ByNode, BySocket, ByHost}
	byNode = []By{ByNode, BySocket, ByHost}
)

// Metrics lists what a run can be asked, named metrics first, available or
// not, then the plain rates and gauges of its columns.
func Metrics(m *export.Manifest) []Metric {
	var out []Metric
	for _, x := range named {
		out = append(out, x.of(m))
	}
	out = append(out, meaningRates(m)...)
	for _, x := range eventRates(m) {
		if !slices.ContainsFunc(out, func(have Metric) bool { return have.Name == x.Name }) {
			out = append(out, x)
		}
	}
	for i := range out {
		out[i] = groupedAsCounted(m, out[i], "")
	}
	out = append(out, nodeColumns(m)...)
	return withoutCPUs(m, append(out, placedGauges(m)...))
}

// Describe finds a named metric without a run.
func Describe(name string) (Metric, bool) {
	if name == LagMetric.Name {
		return LagMetric, true
	}
	i := slices.IndexFunc(named, func(x Metric) bool { return x.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return named[i], true
}

// Find finds a metric of a run by its name.
func Find(m *export.Manifest, name string) (Metric, error) {
	if x, ok := namedOf(m, name); ok {
		return x, nil
	}
	all := Metrics(m)
	i := slices.IndexFunc(all, func(x Metric) bool { return x.Name == name })
	if i >= 0 {
		return all[i], nil
	}
	var have []string
	for _, x := range all {
		if Available(m, x) == nil {
			have = append(have, x.Name)
		}
	}
	return Metric{}, &UnknownError{What: "metric", Name: name, Where: where(m), Have: have}
}

func where(m *export.Manifest) string { return "run " + m.Run + " of host " + m.Host }

// columns are the events or columns that the metric is made of, each once.
func (x *Metric) columns() []string {
	var out []string
	for _, c := range slices.Concat(x.Numerator, x.Minus, x.Denominator) {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func (x *Metric) divides() bool { return x.Kind == Share || x.Kind == Ratio }

func (x *Metric) scale() float64 {
	if x.Scale == 0 {
		return 1
	}
	return x.Scale
}
