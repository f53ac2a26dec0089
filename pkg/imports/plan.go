package imports

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// plan is what the second pass writes: the manifest, and where everything has
// its place.
type plan struct {
	surveys []*survey
	places  []placing
	m       export.Manifest
	columns []string       // of the table nodes
	groups  map[string]int // of the table counters, by event
	later   []Warning      // of the second pass
}

func planOf(o Options, surveys []*survey) *plan {
	p := &plan{surveys: surveys, groups: map[string]int{}}
	for _, s := range surveys {
		p.places = append(p.places, s.place(o.Start))
	}
	p.m.StartNS, p.m.EndNS = p.places[0].begin, p.places[0].end
	for _, x := range p.places {
		p.m.StartNS, p.m.EndNS = min(p.m.StartNS, x.begin), max(p.m.EndNS, x.end)
	}
	p.m.EndNS++ // a reading at the very end is of the run too
	p.m.Clock = export.Clock{WallNS: p.m.StartNS, MonotonicNS: p.m.StartNS}
	p.m.Name = cmp.Or(o.Run, stem(surveys[0].in.Name))
	p.m.Run = export.RunName(time.Unix(0, p.m.StartNS), p.m.Name)
	p.m.Host = cmp.Or(o.Host, hostName(p.said(FactHost)), "imported")
	p.m.Kernel, p.m.Arch, p.m.CPUModel = p.said(FactKernel), p.said(FactArch), p.said(FactCPU)
	if c := p.said(FactCommand); c != "" {
		p.m.Command = []string{c}
	}
	p.m.Agent.Version = o.Version
	p.m.Labels = p.labels()
	p.m.Topology = p.topology()
	p.planCounters()
	p.planNodes()
	p.planSamples()
	p.planPlacement()
	p.planEvents()
	p.m.Tables = append(p.m.Tables, export.TableInfo{Name: export.TableFigures})
	if p.warned() {
		p.m.Tables = append(p.m.Tables, export.TableInfo{Name: export.TableNotes})
	}
	return p
}

// stem is a file's name without what tells how it is packed or written.
func stem(name string) string {
	for _, end := range []string{".gz", ".xz", ".zst", ".bz2"} {
		name = strings.TrimSuffix(name, end)
	}
	if s := strings.TrimSuffix(name, filepath.Ext(name)); s != "" {
		name = s
	}
	return name
}

// hostName is a host's name if it can be a directory's.
func hostName(s string) string {
	if export.CheckName("host", s) != nil {
		return ""
	}
	return s
}

// said is a fact on which all inputs that tell it agree.
func (p *plan) said(key string) string {
	value := ""
	for _, s := range p.surveys {
		v := s.fact(key)
		if v != "" && value != "" && v != value {
			return ""
		}
		value = cmp.Or(value, v)
	}
	return value
}

func (p *plan) warned() bool {
	return slices.ContainsFunc(p.surveys, func(s *survey) bool { return len(s.warnings) > 0 })
}

// labels say where the run comes from.
func (p *plan) labels() map[string]string {
	var files, formats, begins []string
	for i, s := range p.surveys {
		files = append(files, s.in.Name)
		if !slices.Contains(formats, s.format.Name) {
			formats = append(formats, s.format.Name)
		}
		begins = append(begins, fmt.Sprintf("%s: %s", s.in.Name, p.places[i].how))
	}
	return map[string]string{"import.files": strings.Join(files, ", "), "import.formats": strings.Join(formats, ", "), "import.begin": strings.Join(begins, "; ")}
}

// topology is what an input told, or else no more than which nodes there are.
func (p *plan) topology() numa.Topology {
	for _, s := range p.surveys {
		if s.topology != nil {
			return *s.topology
		}
	}
	all := map[int]bool{}
	for _, s := range p.surveys {
		maps.Copy(all, s.nodes)
	}
	t := numa.Topology{CPUs: []numa.CPU{}, Nodes: []numa.Node{}}
	for _, n := range slices.Sorted(maps.Keys(all)) {
		t.Nodes = append(t.Nodes, numa.Node{ID: n, CPUs: []int{}})
	}
	return t
}

func (p *plan) planNodes() {
	all := map[string]bool{}
	var period int64
	for _, s := range p.surveys {
		maps.Copy(all, s.columns)
		period = max(period, s.readings.period(false))
	}
	if period == 0 {
		// A single reading beside intervals is drawn as wide as one of them.
		for _, t := range p.m.Tables {
			period = t.PeriodNS
		}
	}
	if p.columns = slices.Sorted(maps.Keys(all)); len(p.columns) > 0 {
		p.m.Tables = append(p.m.Tables, export.TableInfo{Name: export.TableNodes, PeriodNS: period})
		p.m.Rung = numa.Placement
	}
}

func (p *plan) planSamples() {
	kinds := map[string]bool{}
	for _, s := range p.surveys {
		for k := range s.samples {
			kinds[string(k)] = true
		}
	}
	if len(kinds) == 0 {
		return
	}
	p.m.Tables = append(p.m.Tables, export.TableInfo{Name: export.TableSamples, Scopes: slices.Sorted(maps.Keys(kinds))})
	switch {
	case kinds[string(export.MemoryLoad)]:
		p.m.Rung = numa.LoadSamples
	case kinds[string(export.MinorFault)]:
		p.m.Rung = numa.FaultSamples
	}
}

func (p *plan) planPlacement() {
	kinds := map[string]bool{}
	for _, s := range p.surveys {
		maps.Copy(kinds, s.placedAs)
	}
	if len(kinds) > 0 {
		p.m.Tables = append(p.m.Tables, export.TableInfo{Name: export.TablePlacement, Scopes: slices.Sorted(maps.Keys(kinds))})
		p.m.Rung = cmp.Or(p.m.Rung, numa.Placement)
	}
}

func (p *plan) planEvents() {
	kinds := map[string]bool{}
	for _, s := range p.surveys {
		for k := range s.traced {
			kinds[string(k)] = true
		}
	}
	if len(kinds) > 0 {
		p.m.Tables = append(p.m.Tables, export.TableInfo{Name: export.TableEvents, Scopes: slices.Sorted(maps.Keys(kinds))})
	}
}

// planCounters gives each event a group of its own: perf tells for each how
// long it ran.
func (p *plan) planCounters() {
	periods := map[string]int64{}
	for _, s := range p.surveys {
		if !s.countsPlaced() {
			continue
		}
		for _, e := range s.events {
			p.addEvent(s, e)
		}
		for scope, pace := range s.scopes {
			periods[string(scope)] = max(periods[string(scope)], pace.period(s.relative.any), s.elapsedOnce())
		}
	}
	if len(p.m.Groups) == 0 {
		return
	}
	info := export.TableInfo{Name: export.TableCounters, Scopes: slices.Sorted(maps.Keys(periods)), ScopePeriodNS: periods}
	info.PeriodNS = periods[info.Scopes[0]]
	p.m.Tables = append(p.m.Tables, info)
}

// countsPlaced tells whether the table counters can hold a file's counts: it
// must be known when their intervals began.
func (s *survey) countsPlaced() bool {
	return len(s.events) > 0 && (s.relative.any || s.elapsedOnce() > 0)
}

// elapsedOnce is the capture's length, where its counts are of all of it.
func (s *survey) elapsedOnce() int64 {
	if s.relative.any || s.fact(FactRepeated) != "" {
		return 0 // or of one repetition, as the mean has it
	}
	return s.elapsed()
}

func (p *plan) addEvent(s *survey, e surveyed) {
	if _, ok := p.groups[e.name]; ok {
		return
	}
	if len(p.m.Groups) == maxEvents {
		p.later = append(p.later, Warning{s.in.Name, 1, fmt.Sprintf("the files have more than %d events: %s is in the table figures only", maxEvents, e.name)})
		return
	}
	if !e.known {
		p.m.Unavailable = append(p.m.Unavailable, numa.Unavailable{Feature: e.name, Why: fmt.Sprintf("%s has it as %s throughout", s.in.Name, cmp.Or(e.why, "not counted")), Remedy: "count fewer events at a time, or one that the processor has"})
		return
	}
	g := export.Group{Name: e.name, Events: []export.GroupEvent{{Name: e.name, Spec: e.name, Unit: e.unit, Help: "As " + s.format.Name + " printed it in " + s.in.Name + ".", Proven: true}}}
	if len(e.scopes) == 1 {
		g.Scope = e.scope
	}
	if e.scopes[export.ScopeHost] {
		g.Events[0].Caveat = hostCaveat(s.fact(FactTarget))
	}
	p.groups[e.name] = len(p.m.Groups)
	p.m.Groups = append(p.m.Groups, g)
}

// hostCaveat says what a count that is of no CPU, node or socket is of.
func hostCaveat(target string) string {
	switch {
	case strings.HasPrefix(target, "system wide"):
		return ""
	case target == "":
		return "The tool did not print whether it counted the host or one command."
	}
	return "Counted for " + target + " only, not for the host."
}
