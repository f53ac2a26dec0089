package querytest

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
	"github.com/numalens/numalens/pkg/series"
)

// An engine holds a sample each ten seconds or so, and scripts read ten times
// a second. So a script's time is stretched on its way there, until the time
// between two readings is that between two ticks; rates are then as much
// lower.

// Stretched is a script on its way to an engine.
type Stretched struct {
	*Script
	by int64
}

// Stretch stretches a script; nil is that it has nothing that an engine holds.
func (s *Script) Stretch() *Stretched {
	period := time.Duration(0)
	for _, b := range []*block{s.counters, s.nodeTable} {
		if b != nil {
			period = max(period, b.period)
		}
	}
	if period == 0 && len(s.samples) > 0 {
		period = 100 * time.Millisecond
	}
	if period == 0 {
		return nil
	}
	return &Stretched{s, int64(series.DefaultInterval / period)}
}

// Now is a moment soon after the last reading.
func (s *Stretched) Now() time.Time {
	return start.Add(s.length()*time.Duration(s.by) + 2*series.DefaultInterval)
}

// Send gives the ticks of the script to an engine. It returns what ends the
// run.
func (s *Stretched) Send(push func(t series.Tick)) (end func()) {
	m := s.manifest()
	for i := range m.Tables {
		m.Tables[i].PeriodNS *= s.by
	}
	run := series.New(&m, s.nodeColumns(), series.Options{Columns: []string{"*"}})
	passed := start.UnixNano()
	due := func(now int64) {
		for ; passed <= now; passed += int64(time.Second) { // as an agent does, also in a gap
			if t, ok := run.Due(passed); ok {
				t.Samples = append(t.Samples, run.Infos()...)
				push(t)
			}
		}
	}
	to := &stretching{run, s.by, due}
	for second := time.Duration(0); second <= s.length(); second += time.Second {
		s.counters.counterRows(to, second, second+time.Second)
		s.nodeTable.nodeRows(to, second, second+time.Second)
		for _, x := range s.samples {
			if at := time.Duration(x.TS); at >= second && at < second+time.Second {
				x.TS += start.UnixNano()
				to.Sample(x)
			}
		}
	}
	ended := to.at(start.Add(s.length()).UnixNano())
	due(ended + int64(time.Second))
	return func() {
		last, markers := run.End(ended)
		push(last)
		push(markers)
	}
}

// stretching moves rows in time.
type stretching struct {
	run *series.Run
	by  int64
	due func(now int64)
}

func (s *stretching) at(ts int64) int64 { return start.UnixNano() + (ts-start.UnixNano())*s.by }

func (s *stretching) Counter(r export.CounterRow) {
	r.TS, r.Enabled, r.Running = s.at(r.TS), r.Enabled*s.by, r.Running*s.by
	s.due(r.TS)
	s.run.Counter(&r)
}

func (s *stretching) Node(r export.NodeRow) {
	r.TS = s.at(r.TS)
	s.due(r.TS)
	s.run.Node(&r)
}

func (s *stretching) Sample(x export.Sample) {
	x.TS = s.at(x.TS)
	s.due(x.TS)
	s.run.Sample(&x)
}

// Run asks an engine every question of the script that it can be asked, and
// compares. What asks for CPUs or stacks must say that they are not there; a
// node of one CPU is asked for in its place.
func (s *Stretched) Run(t *testing.T, sources query.Sources) (compared int) {
	t.Helper()
	for _, e := range s.Evals {
		if s.cpus == 1 {
			e = e.byNode()
		}
		e.Query.From, e.Query.To = s.ms(e.Query.From), s.ms(e.Query.To)
		got, err := ask(sources, e.Query)
		var none *numa.Unavailable
		switch {
		case e.Engine.skip:
		case !inEngine(e.Query):
			if !errors.As(err, &none) && e.Error == "" {
				t.Errorf("line %d: %v, want that it is not there", e.Line, err)
			}
		case e.Error != "":
			if err == nil || !strings.Contains(err.Error(), e.Error) && !errors.As(err, &none) {
				t.Errorf("line %d: got error %v, want one with %q", e.Line, err, e.Error)
			}
		case err != nil:
			t.Errorf("line %d: %v", e.Line, err)
		default:
			compared++
			s.compare(t, e, got)
		}
	}
	return compared
}

func (s *Stretched) ms(at float64) float64 {
	if at == 0 {
		return 0
	}
	base := float64(start.UnixMilli())
	return base + (at-base)*float64(s.by)
}

func (s *Stretched) compare(t *testing.T, e Eval, g *query.Grid) {
	t.Helper()
	if kindOf(g, e) == query.Rate {
		for i := range g.Values {
			g.Values[i] *= float64(s.by)
		}
	}
	e.compare(t, g, true)
}

// kindOf is the kind of the metric of an answer. Numbers have it by name.
func kindOf(g *query.Grid, e Eval) query.Kind {
	if g.Metric.Kind != "" {
		return g.Metric.Kind
	}
	if x, ok := query.Describe(e.Query.Metric); ok {
		return x.Kind
	}
	return query.Rate
}

// byNode asks for nodes where the script asks for CPUs.
func (e Eval) byNode() Eval {
	if e.Query.By != query.ByCPU || e.Error != "" {
		return e
	}
	e.Query.By = query.ByNode
	e.Rows = slices.Clone(e.Rows)
	for i := range e.Rows {
		e.Rows[i].Label = strings.Replace(e.Rows[i].Label, "CPU ", "node ", 1)
	}
	return e
}

// tolerance is how far an engine's answer may be from what the script expects,
// relative to it; a script states it where it is not the usual one.
type tolerance struct {
	relative float64
	skip     bool
}

// parse reads "0.01", or "skip" and why.
func (x *tolerance) parse(text string) (err error) {
	if x.skip = strings.HasPrefix(text, "skip "); x.skip {
		return nil
	}
	x.relative, err = strconv.ParseFloat(text, 64)
	return err
}

func (x tolerance) near(a, b float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	return math.Abs(a-b) <= max(x.relative, 1e-6)*max(1, math.Abs(b))
}

// inEngine tells whether an engine holds what a query asks for.
func inEngine(q query.Query) bool {
	return q.By != query.ByCPU && !q.OfStacks() && !strings.HasPrefix(q.Metric, "allocations.") && !strings.HasPrefix(q.Metric, "migrations.")
}
