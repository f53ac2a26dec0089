package trace

import (
	"io"
	"time"

	"github.com/cilium/ebpf"

	"github.com/numalens/numalens/pkg/collect/trace/probes"
)

// The kernel's statistics of programs cost two readings of a clock at every
// run, about a tenth of what a program takes. So they are on for one second
// in ten, and what a run took then is taken for the others.
const (
	statisticsOn    = 1
	statisticsEvery = 10
)

// runCost is what the programs of a unit take.
type runCost struct {
	programs []*ebpf.Program
	runs     uint64
	time     time.Duration
	perRun   float64 // ns
	skipped  uint64  // by the kernel, as the program was at work already
	spent    float64 // ns until counted
	counted  int64   // hits that spent stands for
}

// total is the run time of so many hits: those since the last look at what
// the last look found.
func (r *runCost) total(hits int64) time.Duration {
	r.spent += float64(hits-r.counted) * r.perRun
	r.counted = hits
	return time.Duration(r.spent)
}

func (r *runCost) missed() uint64 { return r.skipped }

// look reads the statistics; learn says that they were on since the last
// look.
func (r *runCost) look(learn bool) {
	var runs uint64
	var took time.Duration
	r.skipped = 0
	for _, p := range r.programs {
		s, err := p.Stats()
		if err != nil {
			return // before 5.8 there are none, and nothing is known
		}
		runs, took = runs+s.RunCount, took+s.Runtime
		r.skipped += s.RecursionMisses
	}
	if learn && runs > r.runs {
		r.perRun = float64(took-r.time) / float64(runs-r.runs)
	}
	r.runs, r.time = runs, took
}

// statistics switches the kernel's statistics on and off.
type statistics struct {
	second int
	on     io.Closer
}

// measure is called once a second.
func (c *Collector) measure(int64) error {
	s := &c.statistics
	wasOn := s.on != nil
	for _, u := range c.units {
		u.cost.look(wasOn)
	}
	if wasOn {
		err := s.on.Close()
		s.on = nil
		if err != nil {
			return err
		}
	}
	if s.second%statisticsEvery < statisticsOn && !c.finished {
		s.on, _ = ebpf.EnableStats(bpfStatsRunTime) // without them costs are not known
	}
	s.second++
	return nil
}

const bpfStatsRunTime = 0 // BPF_STATS_RUN_TIME, linux/bpf.h

// hits is how often a unit's programs ran.
func (u *unit) hits(counts [probes.AllKinds]probes.ObjectCount) int64 {
	return int64(float64(counts[u.kernel].Seen) * max(u.perSeen, 1))
}
