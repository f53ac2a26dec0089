package imports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Warning is what of an input is missing, cut or doubtful.
type Warning struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
}

// Fact is something that a tool said beside its numbers.
type Fact struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Bounds of what is kept of one input.
const (
	maxWarnings = 1000
	maxFacts    = 1000
	maxSteps    = 4096
	maxEvents   = 200 // each is a column of the table counters
)

// survey is the first pass over an input: what there is.
type survey struct {
	in     Input
	format Format

	figures  int
	kinds    map[Kind]int
	units    map[string]int
	nulls    int
	samples  map[export.SampleKind]int
	placed   int             // rows of placement
	placedAs map[string]bool // their kinds
	traced   map[export.Traced]int
	facts    []Fact
	topology *numa.Topology
	warnings []Warning
	unkept   int // warnings beyond those

	relative, printed, sampled extent
	columns                    map[string]bool // of the table nodes
	nodes                      map[int]bool
	counting                   *counting
	events                     []surveyed // in the order of their appearance
	byName                     map[string]int
	crowded                    bool // events beyond those
	scopes                     map[export.Scope]*paces
	readings                   paces // of nodes
}

// surveyed is one event of the table counters.
type surveyed struct {
	name, unit string
	scope      export.Scope // of its first count
	scopes     map[export.Scope]bool
	known      bool   // some count of it is
	why        string // not, in the tool's words
}

// extent is the least and the greatest of times.
type extent struct {
	any      bool
	from, to int64
}

func (e *extent) add(t int64) {
	if !e.any {
		*e = extent{true, t, t}
	}
	e.from, e.to = min(e.from, t), max(e.to, t)
}

// paces are the steps between times that follow each other.
type paces struct {
	last  int64
	steps []int64
}

func (p *paces) add(t int64) {
	if t > p.last && len(p.steps) < maxSteps {
		p.steps = append(p.steps, t-p.last)
	}
	p.last = t
}

// period is the usual step, 0 when there is none. The first step is from
// where a capture began, or from nowhere.
func (p *paces) period(fromZero bool) int64 {
	steps := p.steps
	if !fromZero && len(steps) > 0 {
		steps = steps[1:]
	}
	if len(steps) == 0 {
		return 0
	}
	steps = slices.Sorted(slices.Values(steps))
	return rounded(steps[len(steps)/2])
}

// rounded leaves a step's first two digits: a tool that was told 1000 ms
// prints 1.001 s apart.
func rounded(step int64) int64 {
	unit := int64(1)
	for step/unit >= 100 {
		unit *= 10
	}
	return (step + unit/2) / unit * unit
}

func newSurvey(in Input, f Format) *survey {
	return &survey{in: in, format: f, kinds: map[Kind]int{}, units: map[string]int{}, samples: map[export.SampleKind]int{}, traced: map[export.Traced]int{}, columns: map[string]bool{}, placedAs: map[string]bool{}, nodes: map[int]bool{},
		counting: newCounting(), byName: map[string]int{}, scopes: map[export.Scope]*paces{}}
}

func (s *survey) Figure(f Figure) {
	s.figures++
	s.kinds[f.Kind]++
	s.units[f.Unit]++
	if f.Null {
		s.nulls++
	}
	switch {
	case f.Timed && f.Relative:
		s.relative.add(f.TimeNS)
	case f.Timed:
		s.printed.add(f.TimeNS)
	}
	if node, ok := nodeOf(&f); ok {
		s.nodes[node] = true
		if f.Column != "" {
			s.columns[f.Column] = true
			if f.Timed {
				s.readings.add(f.TimeNS)
			}
		}
	}
	if k, ok := s.counting.place(&f); ok {
		s.count(&f, k)
	}
}

// nodeOf is the node that a figure is of.
func nodeOf(f *Figure) (int, bool) {
	if f.Scope != ScopeNode {
		return 0, false
	}
	n, err := strconv.ParseInt(f.Instance, 10, 32)
	return int(n), err == nil && n >= 0
}

func (s *survey) count(f *Figure, k counted) {
	i, ok := s.byName[k.name]
	if !ok && len(s.events) == maxEvents {
		if !s.crowded {
			s.crowded = true
			s.Warn(f.Line, fmt.Sprintf("more than %d events: from this one on, %s, those that are new are in the table figures only", maxEvents, f.Name))
		}
		return
	}
	if !ok {
		i = len(s.events)
		s.byName[k.name] = i
		s.events = append(s.events, surveyed{name: k.name, unit: k.unit, scope: k.scope, scopes: map[export.Scope]bool{}})
	}
	e := &s.events[i]
	e.scopes[k.scope] = true
	if f.Null || f.Running == 0 {
		e.why = cmp.Or(e.why, f.Why)
	} else {
		e.known = true
	}
	p := s.scopes[k.scope]
	if p == nil {
		p = &paces{}
		s.scopes[k.scope] = p
	}
	if f.Timed {
		p.add(f.TimeNS)
	}
}

func (s *survey) Sample(_ int, x export.Sample) {
	s.samples[x.Kind]++
	s.sampled.add(x.TS)
}

func (s *survey) Placement(_ int, r export.PlacementRow) {
	s.placed++
	s.placedAs[string(r.Kind)] = true
	if r.Node >= 0 {
		s.nodes[int(r.Node)] = true
	}
	if r.TS != 0 {
		s.printed.add(r.TS)
	}
}

func (s *survey) Event(_ int, e export.Event) {
	s.traced[e.Kind]++
	s.sampled.add(e.TS)
}

func (s *survey) Warn(line int, text string) {
	if len(s.warnings) >= maxWarnings {
		s.unkept++
		return
	}
	s.warnings = append(s.warnings, Warning{s.in.Name, line, text})
}

func (s *survey) Fact(key, value string) {
	if len(s.facts) < maxFacts && !slices.Contains(s.facts, Fact{key, value}) {
		s.facts = append(s.facts, Fact{key, value})
	}
}

func (s *survey) Topology(t numa.Topology) {
	if s.topology == nil {
		s.topology = &t
	}
}

// fact is what the tool said, if it said one thing.
func (s *survey) fact(key string) string {
	value := ""
	for _, f := range s.facts {
		if f.Key == key {
			if value != "" {
				return ""
			}
			value = f.Value
		}
	}
	return value
}

func (s *survey) sampleCount() int { return sum(s.samples) }

func (s *survey) eventCount() int { return sum(s.traced) }

// empty tells that nothing was found that has a row.
func (s *survey) empty() bool {
	return s.figures+s.placed+s.sampleCount()+s.eventCount() == 0
}

// nothing is the error of an input without a row, with what its reader said of
// it: the reason may be any of the first warnings.
func (s *survey) nothing() error {
	const most = 3
	var err error = &SyntaxError{File: s.in.Name, Line: 1, Expected: "numbers of " + s.format.Doc, Found: "none"}
	for i, w := range s.warnings {
		if i == most {
			return fmt.Errorf("%w; and %d more", err, len(s.warnings)+s.unkept-most)
		}
		err = fmt.Errorf("%w; line %d: %s", err, w.Line, w.Text)
	}
	return err
}

func sum[K comparable](counts map[K]int) int {
	n := 0
	for c := range maps.Values(counts) {
		n += c
	}
	return n
}
