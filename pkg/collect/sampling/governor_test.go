package sampling

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

const promise = 0.007

var every1 = [KindCount]uint32{1, 1, 1, 1, 1}

// wide has no probe detached.
var wide = Limits{CPUs: 64}

func TestStepsOfLoadKeepThePromise(t *testing.T) {
	for seed := range uint64(20) {
		a := newAgent(t, seed, wide)
		a.noise = 0.03
		a.storm(700, 20)
		a.passes(30, 5, 1)
		for _, events := range []float64{20e3, 100e3, 300e3, 20e3, 300e3} {
			a.storm(events, 2000)
			if worst := a.passes(60, 5, 1); worst > promise {
				t.Errorf("seed %d: %.0f events/s: %s in one second", seed, events, percent(worst))
			}
			if a.decision.Every[0] == 1 {
				t.Errorf("seed %d: nothing is thinned at %.0f events/s", seed, events)
			}
			if a.decision.Every[4] != 1 {
				t.Errorf("seed %d: the rare kind is thinned, 1 in %d", seed, a.decision.Every[4])
			}
		}
		a.storm(700, 20)
		a.passes(60, 5, 1)
		if a.decision.Every != every1 || a.decision.DrainEvery != time.Second {
			t.Errorf("seed %d: a minute after the storm rates are %v, aggregates are read every %v", seed, a.decision.Every, a.decision.DrainEvery)
		}
		if len(a.notes) != 0 {
			t.Errorf("seed %d: notes %q", seed, a.notes)
		}
	}
}

// Nothing is thinned that the budget has room for.
func TestTheBudgetIsUsed(t *testing.T) {
	a := newAgent(t, 1, wide)
	a.noise = 0.03
	a.load = [KindCount]float64{2500, 300, 0, 0, 0}
	a.passes(120, 5, 1)
	if a.decision.Every != every1 {
		t.Errorf("2800 events a second are thinned: %v", a.decision.Every)
	}
	a.storm(100e3, 2000)
	for range 5 {
		a.pass()
		if trim := a.governor.rates.trim; trim != 1 {
			t.Errorf("a step of the load is taken for a wrong fit: trim %.2f", trim)
		}
	}
	a.passes(60, 5, 1)
	sum := 0.0
	for _, c := range a.cpu[len(a.cpu)-30:] {
		sum += c / 30
	}
	if sum < 0.75*DefaultAgent {
		t.Errorf("of the budget only %s is used", percent(sum))
	}
}

func TestAnotherMachineIsLearnt(t *testing.T) {
	for _, m := range []struct{ base, event, row float64 }{
		{0.3, 0.5, 0.1}, {3.5, 1.2, 0.3}, {1.5, 5, 0.3}, {1.5, 20, 1}, {4, 3, 0.3},
	} {
		a := newAgent(t, 3, wide)
		a.base, a.event, a.row, a.noise = m.base, m.event, m.row, 0.03
		a.storm(700, 20)
		a.passes(20, 5, 1)
		a.storm(100e3, 1000)
		// Where an event costs many times what is assumed, a storm's first
		// seconds are what it is learnt from.
		if worst := a.passes(60, 10, 5); worst > promise {
			t.Errorf("%+v: %s in five seconds; learnt %+v", m, percent(worst), a.governor.learnt.expense())
		}
	}
}

func TestRandomLoadsKeepThePromise(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		a := newAgent(t, seed, wide)
		a.base, a.event, a.row = 0.5+2.5*rng.Float64(), 0.5+2.5*rng.Float64(), 0.1+0.4*rng.Float64()
		a.noise = 0.05 * rng.Float64()
		for range 12 {
			for i := range a.load {
				a.load[i] = math.Exp(rng.Float64() * math.Log(400e3))
				if rng.IntN(3) == 0 {
					a.load[i] = 0
				}
			}
			a.keys = math.Exp(rng.Float64() * math.Log(3000))
			if worst := a.passes(15+rng.IntN(30), 5, 5); worst > promise {
				t.Errorf("seed %d, load %.0f, keys %.0f: %s in five seconds (base %.2f ms, %.2f µs an event, %.2f µs a row; learnt %+v)",
					seed, a.load, a.keys, percent(worst), a.base, a.event, a.row, a.governor.learnt.expense())
			}
		}
	}
}

// What rules keep is not thinned, and is a reason to thin the rest.
func TestImportantEventsAreUnavoidable(t *testing.T) {
	a := newAgent(t, 1, wide)
	a.storm(100e3, 1000)
	a.ruled = 0.01
	if worst := a.passes(60, 5, 1); worst > promise {
		t.Errorf("with 1000 important events a second: %s", percent(worst))
	}
	before := a.decision.Every[0]
	a.ruled = 0.1
	a.passes(60, 5, 1)
	p := a.reading.Probes
	if missing := ruled(p) - 0.01*100e3*60 - 0.1*100e3*60; math.Abs(missing) > 0.01*ruled(p) {
		t.Errorf("%.0f important events are missing", -missing)
	}
	if a.decision.Every[0] <= before {
		t.Errorf("1 in %d before, 1 in %d beside ten times the important events", before, a.decision.Every[0])
	}
	said := 0
	for _, n := range a.notes {
		if strings.HasPrefix(n, "rules keep ") {
			said++
		}
	}
	if said != 1 || len(a.notes) != 1 {
		t.Errorf("notes %q", a.notes)
	}
	sampled := float64(p[0].Kept-p[0].Ruled) + float64(p[1].Kept-p[1].Ruled)
	a.passes(60, 5, 1)
	if p := a.reading.Probes; float64(p[0].Kept-p[0].Ruled)+float64(p[1].Kept-p[1].Ruled) < sampled+60*100 {
		t.Error("nothing is left for samples")
	}
}

func ruled(probes []ProbeReading) float64 {
	n := int64(0)
	for _, p := range probes {
		n += p.Ruled
	}
	return float64(n)
}

func TestABaseOverTheBudgetIsSaidOnceAndChangesNothing(t *testing.T) {
	a := newAgent(t, 1, wide)
	a.base, a.noise = 9, 0.03
	a.storm(50e3, 500)
	a.passes(120, 5, 1)
	var seen []uint32
	for range 300 {
		a.pass()
		seen = append(seen, a.decision.Every[0])
	}
	if lo, hi := slices.Min(seen), slices.Max(seen); float64(hi) > 1.5*float64(lo) {
		t.Errorf("the rate goes from 1 in %d to 1 in %d", lo, hi)
	}
	if len(a.notes) != 1 || !strings.Contains(a.notes[0], "besides events, over its budget of 0.60 %") {
		t.Errorf("notes %q", a.notes)
	}
}

func TestOverflowRaisesTheRate(t *testing.T) {
	a := newAgent(t, 1, wide)
	a.event, a.ring = 0.1, 1000 // cheap events in a ring that cannot take them
	a.storm(20e3, 20)
	a.passes(20, 5, 1)
	before := dropped(a.reading.Probes)
	a.passes(60, 5, 1)
	if lost := dropped(a.reading.Probes) - before; lost > 60*20 {
		t.Errorf("%d events were dropped in a minute", lost)
	}
	if a.decision.Every[0] < 10 {
		t.Errorf("1 in %d into a ring of 1000", a.decision.Every[0])
	}
}

func dropped(probes []ProbeReading) (n int64) {
	for _, p := range probes {
		n += p.Dropped
	}
	return n
}

func TestAggregatesAreReadLessOftenWhenThatCosts(t *testing.T) {
	// The first is learnt when the rows begin to come, the second by trial.
	for _, c := range []struct {
		row   float64
		quiet int // seconds before
	}{{1, 30}, {3, 0}} {
		a := newAgent(t, 1, wide)
		a.noise, a.row = 0.03, c.row
		a.load = [KindCount]float64{1000, 1000, 0, 0, 0}
		a.passes(c.quiet, 0, 1)
		a.keys = 2500 // 1400 rows a second each second, 250 each ten seconds
		var changes []time.Duration
		for range 900 {
			before := a.decision.DrainEvery
			a.pass()
			if a.decision.DrainEvery != before {
				changes = append(changes, a.decision.DrainEvery)
			}
		}
		if len(changes) == 0 || len(changes) > 3 || !slices.IsSorted(changes) {
			t.Errorf("%+v: aggregates are read every %v, one after the other", c, changes)
		}
		if a.decision.Every != every1 || a.governor.rates.trim != 1 {
			t.Errorf("%+v: seconds in which rows are read thin events: %v, trim %.2f", c, a.decision.Every, a.governor.rates.trim)
		}
		a.keys = 10
		a.passes(90, 5, 1)
		if a.decision.DrainEvery != time.Second {
			t.Errorf("%+v: read every %v when it costs nothing", c, a.decision.DrainEvery)
		}
	}
}

// Where other work fills the budget, reading less often is tried, and kept
// to: going back would be tried anew for ever.
func TestAggregatesAreNotReadBySeesaw(t *testing.T) {
	a := newAgent(t, 1, wide)
	a.base, a.noise, a.row = 5, 0.03, 0.1
	a.load = [KindCount]float64{100, 100, 0, 0, 0}
	a.keys = 1000
	changes := 0
	for range 1200 {
		before := a.decision.DrainEvery
		a.pass()
		if a.decision.DrainEvery != before {
			changes++
		}
	}
	if changes > 3 {
		t.Errorf("changed %d times in 20 minutes", changes)
	}
}

func TestAReadingOfAggregatesThatIsLate(t *testing.T) {
	d := draining{step: 3}
	e := expense{base: 1, event: 1, row: 1}
	d.judge(1000, e, 6)
	d.judge(0, e, 6) // its rows lie in the next window
	if d.step != 3 {
		t.Errorf("read every %v", d.every())
	}
}

// An event may cost less in a storm's batches than it does later: for the
// first seconds the fit is then wrong.
func TestAReadingTooSoonSaysNothing(t *testing.T) {
	a := newAgent(t, 1, wide)
	a.storm(20e3, 20)
	a.passes(30, 5, 1)
	before := a.governor.learnt.expense()
	a.reading.AtNS += 10e6
	a.reading.AgentCPU += time.Millisecond
	a.decide()
	if after := a.governor.learnt.expense(); after != before {
		t.Errorf("10 ms changed what was learnt from %+v to %+v", before, after)
	}
}

func TestAWrongFitIsAnswered(t *testing.T) {
	a := newAgent(t, 1, wide)
	a.noise, a.batched = 0.03, 0.3
	a.storm(700, 20)
	a.passes(10, 0, 1)
	a.storm(300e3, 20)
	if worst := a.passes(60, 5, 1); worst > promise {
		t.Errorf("%s in one second", percent(worst))
	}
}

func TestARateSurvivesPausesAndSteps(t *testing.T) {
	for what, upset := range map[string]func(*agent){
		"clock one hour on":   func(a *agent) { a.reading.AtNS += 3600e9 },
		"clock one hour back": func(a *agent) { a.reading.AtNS -= 3600e9 },
		"a pause of a minute": func(a *agent) {
			a.reading.AtNS += 60e9
			for i := range a.reading.Probes {
				a.reading.Probes[i].Hits += int64(60 * a.load[i])
				a.reading.Probes[i].RunTime += time.Duration(60 * a.load[i] * a.bpf[i] * 1e3)
				a.reading.Probes[i].Dropped += int64(a.load[i])
			}
		},
		"counts begin anew": func(a *agent) {
			for i := range a.reading.Probes {
				p := &a.reading.Probes[i]
				*p = ProbeReading{Name: p.Name, Kind: p.Kind}
			}
		},
		"the agent's time begins anew": func(a *agent) { a.reading.AgentCPU = 0 },
		"an extrapolated time goes back": func(a *agent) {
			for i := range a.reading.Probes {
				a.reading.Probes[i].RunTime -= 10 * time.Millisecond
			}
		},
		"a second reading at once": func(a *agent) { a.decide() },
		"a probe is gone":          func(a *agent) { a.reading.Probes = a.reading.Probes[:4]; a.attached[4] = false },
	} {
		a := newAgent(t, 5, wide)
		a.storm(100e3, 1000)
		a.passes(60, 5, 1)
		before := a.decision.Every[0]
		a.passes(4, 0, 1)
		upset(a)
		if now := a.decision.Cost.Agent; now > promise || now < 0.003 {
			t.Errorf("%s: cost %s", what, percent(now))
		}
		a.passes(8, 0, 1)
		if e := a.governor.learnt.expense(); e.base < 1 || e.base > 2 || e.event < 1 || e.event > 1.4 {
			t.Errorf("%s: learnt %+v", what, e)
		}
		if c := a.decision.Cost.Agent; c > promise || c < 0.004 {
			t.Errorf("%s: cost %s", what, percent(c))
		}
		if worst := a.passes(30, 2, 1); worst > promise {
			t.Errorf("%s: %s", what, percent(worst))
		}
		if now := a.decision.Every[0]; now > before*5/4 || now < before*4/5 {
			t.Errorf("%s: 1 in %d before, 1 in %d after", what, before, now)
		}
		if len(a.notes) != 0 {
			t.Errorf("%s: notes %q", what, a.notes)
		}
		if c := a.decision.Cost; c.Agent < 0 || c.Agent > promise || c.BPF < 0.01 || c.BPF > 0.03 {
			t.Errorf("%s: cost %+v", what, c)
		}
	}
}

// A file that is sealed takes seconds of CPU now and then, which has nothing
// to do with events.
func TestABurstOfOtherWorkPasses(t *testing.T) {
	a := newAgent(t, 2, wide)
	a.noise = 0.03
	a.storm(20e3, 500)
	a.passes(60, 5, 1)
	before, learnt := a.decision.Every[0], a.governor.learnt.expense().event
	a.base = 300
	a.passes(5, 0, 1)
	if least := leastPart * a.governor.budget / assumed[1] * 1000; a.governor.rates.room < 0.99*least {
		t.Errorf("room for %.0f samples a second, never less than %.0f", a.governor.rates.room, least)
	}
	a.base = 1.5
	if worst := a.passes(60, 5, 1); worst > promise {
		t.Errorf("afterwards %s", percent(worst))
	}
	if now, e := a.decision.Every[0], a.governor.learnt.expense().event; now > before*5/4 || now < before*3/4 || e > 1.3*learnt {
		t.Errorf("1 in %d and %.2f µs an event before, 1 in %d and %.2f µs a minute after", before, learnt, now, e)
	}
	if len(a.notes) != 0 {
		t.Errorf("notes %q", a.notes)
	}
}

func TestCostIsPublishedEachTenSeconds(t *testing.T) {
	a := newAgent(t, 1, wide)
	a.load[1] = 50e3
	a.reading.Probes[1].TrapNS = 700
	a.event = 0
	published := map[int64]Cost{}
	for range 65 {
		a.pass()
		a.decide() // changes nothing
		published[a.decision.Cost.AtNS] = a.decision.Cost
	}
	if len(published) != 7 {
		t.Errorf("published %d times, counting not at all", len(published))
	}
	if c := published[0]; c != (Cost{}) {
		t.Errorf("cost %+v before it is known", c)
	}
	c := a.decision.Cost
	near := func(got, want float64) bool { return math.Abs(got-want) < 0.02*want }
	if !near(c.Agent, 0.0015) || !near(c.BPF, 0.01) || !near(c.Probes, 0.035) {
		t.Errorf("cost %+v", c)
	}
}

// Whatever it is told, the governor gives rates that can be carried out.
func FuzzDecide(f *testing.F) {
	f.Add(uint64(1), int64(1e9), int64(1e6))
	f.Add(uint64(2), int64(-5), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, seed uint64, step, size int64) {
		rng := rand.New(rand.NewPCG(seed, 1))
		any := func() int64 {
			switch rng.IntN(4) {
			case 0:
				return size
			case 1:
				return int64(rng.Uint64())
			case 2:
				return 0
			}
			return rng.Int64N(1e6)
		}
		g := NewGovernor(Limits{})
		var r Reading
		for range 100 {
			r.AtNS += step
			r.AgentCPU, r.Rows = time.Duration(any()), any()
			r.Probes = nil
			for _, k := range append(order[:], export.TracedTask) {
				r.Probes = append(r.Probes, ProbeReading{Name: string(k), Kind: k, Hits: any(), RunTime: time.Duration(any()), TrapNS: float64(any()), Kept: any(), Ruled: any(), Dropped: any()})
			}
			d := g.Decide(r)
			for _, n := range d.Every {
				if n < 1 || n > maxEvery {
					t.Fatalf("rates %v", d.Every)
				}
			}
			if d.DrainEvery < time.Second || d.DrainEvery > 10*time.Second || len(d.Detach)+len(d.Attach) > 1 {
				t.Fatalf("decision %+v", d)
			}
			if e := g.learnt.expense(); !(e.event > 0 && e.row > 0 && e.base >= 0 && g.rates.room >= 0) {
				t.Fatalf("learnt %+v, room %v", e, g.rates.room)
			}
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	a := newAgent(b, 1, wide)
	a.storm(100e3, 1000)
	a.passes(20, 5, 1)
	b.ReportAllocs()
	for b.Loop() {
		a.reading.AtNS += 1e9
		a.reading.AgentCPU += 5 * time.Millisecond
		a.governor.Decide(a.reading)
	}
}
