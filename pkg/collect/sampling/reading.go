package sampling

import (
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// Limits are what the governor holds. Zero values are the defaults.
type Limits struct {
	// Agent is the agent's CPU as a share of one core; DefaultAgent.
	Agent float64
	// Workload is what the probes may take of the host's programs, run time
	// and traps: a share of one core for each CPU of the host;
	// DefaultWorkload. It is a mean over the CPUs: one busy CPU may lose more.
	Workload float64
	CPUs     int // of the host; 1
}

// The defaults. The agent's lies under the 0.007 that is promised, by what a
// second's noise and the steps of 1/N need.
const (
	DefaultAgent    = 0.006
	DefaultWorkload = 0.05
)

func (l Limits) withDefaults() Limits {
	if l.Agent <= 0 {
		l.Agent = DefaultAgent
	}
	if l.Workload <= 0 {
		l.Workload = DefaultWorkload
	}
	l.CPUs = max(l.CPUs, 1)
	return l
}

// Reading is what the governor is told once a second, after the ring and, when
// they are due, the aggregates were read, so that CPU time stands beside what
// took it. Counts and times are cumulative; one that went back began anew.
type Reading struct {
	AtNS     int64         // CLOCK_MONOTONIC
	AgentCPU time.Duration // of the process
	Rows     int64         // of aggregates, read from the kernel
	Probes   []ProbeReading
}

// ProbeReading is one program at one place. Those that stand in Detach or
// Attach of a Decision are named by Name.
type ProbeReading struct {
	Name    string
	Kind    export.Traced
	Hits    int64
	RunTime time.Duration // by the kernel's statistics; may be extrapolated
	TrapNS  float64       // what a hit costs besides the program: a uprobe's trap
	Kept    int64         // events put in the ring
	Ruled   int64         // of Kept, whatever the rate: by a rule, or before its answer was there
	Dropped int64         // events that found no room in the ring
}

// Decision is what is to hold until the next one.
type Decision struct {
	Every      [KindCount]uint32 // by KindIndex: one event in so many is kept, at least 1
	DrainEvery time.Duration     // how often aggregates are read
	// Detach and Attach name probes; all that are in neither stay as they are.
	Detach, Attach []string
	// Notes are sentences for the run. Those about a probe begin with
	// "detached NAME: " or "attached NAME: ". A probe that still costs after it
	// stood in Detach stands there again, without another note.
	Notes []string
	Cost  Cost
}

// Cost is what was taken of the host over ten seconds, as shares of one core.
type Cost struct {
	AtNS   int64   // end of the ten seconds, as Reading.AtNS; 0: not known yet
	Agent  float64 // the process
	BPF    float64 // run time of the programs
	Probes float64 // traps that enter them
}

// step is what came between two readings.
type step struct {
	took    time.Duration
	seconds float64 // the same
	cpu     float64 // ms of the agent's
	rows    float64
	probes  []probeStep
	partial bool // a probe began anew, so that some of what it kept is not known
	// Events a second by kind.
	kept    float64 // all, of every probe
	ruled   float64
	sampled [KindCount]float64
	dropped [KindCount]float64
	hits    [KindCount]float64
}

type probeStep struct {
	name string
	kind export.Traced
	bpf  float64 // ms
	trap float64 // ms
}

// meter turns readings into steps.
type meter struct {
	last   Reading
	probes map[string]ProbeReading
}

// longest is the longest step that is one: beyond it the agent was stopped
// or the clock was set, and nothing can be learnt from it. shortest is the
// least time worth judging.
const (
	longest  = 5 * time.Second
	shortest = 200 * time.Millisecond
)

// tooSoon tells that a reading follows the last one without time to judge.
func (m *meter) tooSoon(r Reading) bool {
	d := r.AtNS - m.last.AtNS
	return m.probes != nil && d >= 0 && d < int64(shortest)
}

// step is false for a reading that only begins a new measure.
func (m *meter) step(r Reading) (step, bool) {
	last, before := m.last, m.probes
	m.last, m.probes = r, make(map[string]ProbeReading, len(r.Probes))
	for _, p := range r.Probes {
		m.probes[p.Name] = p
	}
	took := time.Duration(r.AtNS - last.AtNS)
	if before == nil || took <= 0 || took > longest || r.AgentCPU < last.AgentCPU {
		return step{}, false
	}
	s := step{took: took, seconds: took.Seconds(), cpu: milliseconds(r.AgentCPU - last.AgentCPU), rows: grown(r.Rows, last.Rows)}
	for _, p := range r.Probes {
		if old, ok := before[p.Name]; ok {
			s.add(p, old)
		}
	}
	return s, true
}

func (s *step) add(p, old ProbeReading) {
	s.partial = s.partial || p.Kept < old.Kept
	hits := grown(p.Hits, old.Hits)
	s.probes = append(s.probes, probeStep{
		name: p.Name, kind: p.Kind,
		bpf:  milliseconds(time.Duration(grown(int64(p.RunTime), int64(old.RunTime)))),
		trap: hits * p.TrapNS / 1e6,
	})
	kept, ruled := grown(p.Kept, old.Kept)/s.seconds, grown(p.Ruled, old.Ruled)/s.seconds
	s.kept += kept
	s.ruled += min(ruled, kept)
	if i, ok := KindIndex(p.Kind); ok {
		s.sampled[i] += max(kept-ruled, 0)
		s.dropped[i] += grown(p.Dropped, old.Dropped) / s.seconds
		s.hits[i] += hits / s.seconds
	}
}

// grown is 0 for a count that went back: what it was at its new beginning is
// not known, and an extrapolated time may go back a little without any.
func grown(now, before int64) float64 { return float64(max(now-before, 0)) }

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }
