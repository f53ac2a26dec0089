package sampling

import "time"

// drainSteps are how often aggregates are read. A window holds a whole number
// of each.
var drainSteps = [...]time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second}

// Parts of the agent's budget. A step changes the cost of rows 2.5-fold at
// most, so that one never leads to the other.
const (
	muchForRows    = 0.2  // rows take more: read less often
	littleForRows  = 0.05 // rows take less: more often
	muchBeside     = 0.75 // all but events takes more: less often, whatever rows are thought to take
	littleBeside   = 0.5  // takes less: more often
	rowsWorthTrial = 100  // a second: fewer are not what costs
)

// draining chooses how often aggregates are read: a key that was hit many
// times is one row, so reading half as often costs up to half as much.
//
// As long as as many rows come each second, nothing tells what they cost from
// the agent's other work. Then reading less often is also how to find out.
type draining struct {
	step int
	rate float64 // rows a second, spread evenly over the time between two readings
	last float64 // rows a second in the window before
}

func (d *draining) every() time.Duration { return drainSteps[d.step] }

// see follows a second's rows upwards at once.
func (d *draining) see(rows float64) {
	d.rate = max(d.rate, rows/d.every().Seconds())
}

// judge looks at a full window. budget is ms a second.
func (d *draining) judge(rows float64, e expense, budget float64) {
	// A reading that is late may lie in the next window.
	rows, d.last = max(rows, d.last), rows
	d.rate = rows
	part := rows * e.row / 1000 / budget
	beside := e.base/budget + part
	switch {
	case d.step < len(drainSteps)-1 && (part > muchForRows || beside > muchBeside && rows > rowsWorthTrial):
		d.step++
	case d.step > 0 && part < littleForRows && beside < littleBeside:
		d.step--
	}
}
