package query

import (
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Formula is one way to make a metric of counts. The counts are named by
// meanings, so that one formula serves every processor which has them.
type Formula struct {
	Numerator   []numa.Meaning
	Minus       []numa.Meaning // taken from the numerator's sum
	Denominator []numa.Meaning
	// Scale multiplies a rate; 0 is 1.
	Scale float64
	// Costs gives, where the processor's model decides it, what one of each of
	// the numerator's counts is worth; nil is 1 each.
	Costs func(model string) []float64
	// Unhalted divides by time instead of a count: the denominator is
	// ref-cycles, brought to ns.
	Unhalted bool
	// Text names this formula's denominator where it is not the metric's.
	Text string
	// Approximates says what the formula gets wrong; "" is nothing.
	Approximates string
}

// counts are the meanings that a formula needs.
func (f *Formula) meanings() []numa.Meaning {
	return slices.Concat(f.Numerator, f.Minus, f.Denominator)
}

// of fills the metric's counts with the columns of a run, by the first of its
// formulas that the run can answer. Where it can answer none, the columns are
// the first formula's meanings: words that no run has.
func (x Metric) of(m *export.Manifest) Metric {
	if len(x.Formulas) == 0 {
		return x
	}
	for _, f := range x.Formulas {
		if y, ok := x.by(m, f); ok {
			return y
		}
	}
	f := x.Formulas[0]
	x.Numerator, x.Minus, x.Denominator = words(f.Numerator), words(f.Minus), words(f.Denominator)
	return x
}

// by fills the metric's counts by one formula.
func (x Metric) by(m *export.Manifest, f Formula) (Metric, bool) {
	if f.Costs != nil {
		if x.Costs = f.Costs(m.ProcessorModel); x.Costs == nil {
			return x, false
		}
	}
	var costs []float64
	for i, w := range f.Numerator {
		columns := columnsOf(m, w)
		x.Numerator = append(x.Numerator, columns...)
		for range columns {
			if f.Costs != nil {
				costs = append(costs, x.Costs[i])
			}
		}
		if len(columns) == 0 {
			return x, false
		}
	}
	x.Costs = costs
	for _, part := range []struct {
		meanings []numa.Meaning
		into     *[]string
	}{{f.Minus, &x.Minus}, {f.Denominator, &x.Denominator}} {
		for _, w := range part.meanings {
			columns := columnsOf(m, w)
			if len(columns) == 0 {
				return x, false
			}
			*part.into = append(*part.into, columns...)
		}
	}
	if f.Unhalted {
		if m.ReferenceHz <= 0 {
			return x, false
		}
		x.DenominatorCost = 1e9 / float64(m.ReferenceHz)
	}
	if f.Text != "" {
		x.DenominatorText = f.Text
	}
	if f.Scale != 0 {
		x.Scale = f.Scale
	}
	if f.Approximates != "" {
		x.Caveats = append(slices.Clone(x.Caveats), "Approximated: "+f.Approximates)
	}
	return x.whereUnitsAre(m), true
}

// whereUnitsAre leaves nodes out for units of which the kernel tells the socket
// only.
func (x Metric) whereUnitsAre(m *export.Manifest) Metric {
	if x.Scope == export.ScopeUncore && slices.ContainsFunc(m.Units, func(u export.Unit) bool { return u.Node < 0 }) {
		x.By = slices.DeleteFunc(slices.Clone(x.By), func(b By) bool { return b == ByNode })
	}
	return x
}

func words(list []numa.Meaning) []string {
	var out []string
	for _, w := range list {
		out = append(out, string(w))
	}
	return out
}

// columnsOf gives the columns that a run has for a meaning: events that say
// so, or else those of a run that says nothing of meanings, by their names.
func columnsOf(m *export.Manifest, w numa.Meaning) []string {
	var told, called []string
	for _, g := range m.Groups {
		for _, e := range g.Events {
			switch {
			case e.Meaning == w && !slices.Contains(told, e.Name):
				told = append(told, e.Name)
			case e.Meaning == "" && meaningOf(e.Name) == w && !slices.Contains(called, e.Name):
				called = append(called, e.Name)
			}
		}
	}
	if told != nil {
		return told
	}
	return called
}

// called are the names of events in runs without meanings: the kernel's
// generic events. Those of the guest's software PMU are the vocabulary's own
// words.
var called = map[string]numa.Meaning{
	"cycles": numa.Cycles, "instructions": numa.Instructions, "LLC-loads": numa.LLCLoads, "LLC-load-misses": numa.LLCLoadMisses,
	"node-loads": numa.DRAMLoadsLocal, "node-load-misses": numa.DRAMLoadsRemote,
}

func meaningOf(event string) numa.Meaning {
	if w, ok := called[event]; ok {
		return w
	}
	return numa.Meaning(event)
}

// namesOf are the names under which an agent may have reported that it could
// not count a meaning.
func namesOf(w string) []string {
	out := []string{w}
	for name, meaning := range called {
		if string(meaning) == w {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// caveats are the sentences that the metric's events carry on this run's
// processor.
func caveats(m *export.Manifest, columns []string) []string {
	var out []string
	for _, g := range m.Groups {
		for _, e := range g.Events {
			text := fmt.Sprintf("%s: %s.", e.Name, e.Caveat)
			if e.Caveat != "" && slices.Contains(columns, e.Name) && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}
