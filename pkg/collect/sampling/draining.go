package sampling

import "time"

// drainSteps are how often aggregates are read. A window holds a whole number
// of each.
var drainSteps = [...]time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second}

// Parts of the agent's budget above which aggregates are read less often, and
// below which more often. A step changes the cost 2.5-fold at most, so that
// one never leads to the other.
const (
	muchForRows   = 0.2
	littleForRows = 0.05
)

// draining chooses how often aggregates are read: a key that was hit many
// times is one row, so reading half as often costs up to half as much.
type draining struct {
	step int
	rate float64 // rows a second, spread evenly over the time between two readings
}

func (d *draining) every() time.Duration { return drainSteps[d.step] }

// see follows a second's rows upwards at once.
func (d *draining) see(rows float64) {
	d.rate = max(d.rate, rows/d.every().Seconds())
}

// judge looks at a full window. cost and budget are ms a second.
func (d *draining) judge(rows float64, e expense, budget float64) {
	d.rate = rows
	switch part := rows * e.row / 1000 / budget; {
	case part > muchForRows && d.step < len(drainSteps)-1:
		d.step++
	case part < littleForRows && d.step > 0:
		d.step--
	}
}
