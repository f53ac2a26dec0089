package perfstat

import (
	"math"
	"strings"
)

// clockUnit is the unit of a clock that perf printed without one: older perf
// gives ms with digits after the point, perf 6.17 whole ns. The time
// for which it was counted is the clock itself in ns, and decides where told.
func clockUnit(r *row) string {
	name, _, _ := strings.Cut(r.event, ":")
	if name != "cpu-clock" && name != "task-clock" {
		return ""
	}
	nanoseconds := r.value == math.Trunc(r.value)
	if r.runningNS > 0 {
		nanoseconds = r.value > float64(r.runningNS)/1000
	}
	if nanoseconds {
		return "nsec"
	}
	return "msec"
}
