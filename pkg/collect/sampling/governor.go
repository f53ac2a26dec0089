package sampling

import (
	"fmt"
	"time"
)

// Governor keeps the agent under its budget and the probes under theirs. It
// is used from one goroutine, has no clock, and does nothing but decide.
type Governor struct {
	budget float64       // ms of the agent's CPU a second
	now    time.Duration // sum of the steps: what timers run by
	meter  meter
	learnt *learner
	rates  *rates
	drain  draining
	window *window
	away   detaching
	cost   Cost
	base   complaint
	ruled  complaint
}

// NewGovernor starts with every event kept and aggregates read each second.
func NewGovernor(l Limits) *Governor {
	l = l.withDefaults()
	return &Governor{
		budget: 1000 * l.Agent,
		learnt: newLearner(),
		rates:  newRates(),
		window: newWindow(),
		away:   detaching{limit: l.Workload * float64(l.CPUs), probes: map[string]*absence{}},
	}
}

// Decide is called once a second. Its rates hold from then on.
func (g *Governor) Decide(r Reading) Decision {
	var d Decision
	if !g.meter.tooSoon(r) {
		if s, ok := g.meter.step(r); ok {
			g.take(s, r.AtNS, &d)
		}
	}
	d.Every, d.DrainEvery, d.Cost = g.rates.every, g.drain.every(), g.cost
	return d
}

func (g *Governor) take(s step, atNS int64, d *Decision) {
	g.now += s.took
	cpu, rows := s.cpu/s.seconds, s.rows/s.seconds
	if !s.partial {
		g.learnt.see(cpu, s.kept, rows)
	}
	g.drain.see(rows)
	e := g.learnt.expense()
	rowCost := e.row * g.drain.rate / 1000
	g.rates.follow(s, g.away.kinds(), cpu-e.row*rows/1000+rowCost, rowCost, g.budget, e)
	g.window.add(s)
	if g.window.full() {
		g.cost = g.window.cost(atNS)
		g.away.judge(g.now, g.window, d)
		g.drain.judge(g.window.rows/g.window.seconds, e, g.budget)
		g.window = newWindow()
	}
	g.complain(e, d)
}

// complain says once what sampling cannot mend.
func (g *Governor) complain(e expense, d *Decision) {
	if g.base.lasts(e.base > g.budget) {
		d.Notes = append(d.Notes, fmt.Sprintf("the agent takes %s of one core besides events, over its budget of %s, which sampling cannot lower; samples keep to %s",
			percent(e.base/1000), percent(g.budget/1000), percent(leastPart*g.budget/1000)))
	}
	if ruled := e.event * g.rates.ruled / 1000; g.ruled.lasts(e.base <= g.budget && e.base+ruled > g.budget) {
		d.Notes = append(d.Notes, fmt.Sprintf("rules keep %.0f events a second, which take %s of one core and bring the agent over its budget of %s; they are kept all the same, and samples keep to %s",
			g.rates.ruled, percent(ruled/1000), percent(g.budget/1000), percent(leastPart*g.budget/1000)))
	}
}

// complaint is a thing to say once, when it has held for ten seconds.
type complaint struct {
	seconds int
	said    bool
}

func (c *complaint) lasts(holds bool) bool {
	if !holds || c.said {
		c.seconds = 0
		return false
	}
	c.seconds++
	c.said = c.seconds >= 10
	return c.said
}
