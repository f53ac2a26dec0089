package imports

import (
	"fmt"
	"math"
	"strconv"

	"github.com/numalens/numalens/pkg/export"
)

// counted is what a count is called in the table counters.
type counted struct {
	name, unit string
	scope      export.Scope
	instance   int32
}

// counting finds the place of counts in the table counters. It must see a
// file's figures in their order: perf prints an event that it was given twice
// twice, and the second one is another column.
type counting struct {
	at   int64
	seen map[counted]int
}

// maxSeen bounds the counts of one moment.
const maxSeen = 1 << 16

func newCounting() *counting { return &counting{at: math.MinInt64, seen: map[counted]int{}} }

// place tells where a figure belongs, if it is a count that belongs there.
func (c *counting) place(f *Figure) (counted, bool) {
	if f.Kind != KindCount || f.Part || f.Unit != "1" && f.Unit != "ns" && f.Unit != "bytes" {
		return counted{}, false
	}
	scope, instance, ok := counterScope(f)
	if !ok {
		return counted{}, false
	}
	k := counted{name: f.Name, unit: f.Unit, scope: scope, instance: instance}
	if f.Device != "" {
		k.name += " [" + f.Device + "]"
	}
	if f.TimeNS != c.at {
		c.at = f.TimeNS
		clear(c.seen)
	}
	if c.seen[k]++; len(c.seen) > maxSeen {
		return counted{}, false
	}
	if n := c.seen[k]; n > 1 {
		k.name += fmt.Sprintf(" #%d", n)
	}
	return k, true
}

// counterScope is the scope of the table counters that a figure's falls
// under. A process or a command is the whole of what its capture saw, as a
// host is; a caveat tells them apart.
func counterScope(f *Figure) (export.Scope, int32, bool) {
	var scope export.Scope
	switch f.Scope {
	case ScopeHost, ScopeProcess:
		return export.ScopeHost, 0, true
	case ScopeNode:
		scope = export.ScopeNode
	case ScopeSocket:
		scope = export.ScopeSocket
	case ScopeCPU:
		scope = export.ScopeCPU
	default:
		return "", 0, false
	}
	n, err := strconv.ParseInt(f.Instance, 10, 32)
	return scope, int32(n), err == nil && n >= 0
}

// reading is a count as the table counters keeps it: raw, with the times
// from which a reader makes the estimate again.
type reading struct {
	raw, enabled, running int64
	ok                    bool // false is that it was not counted
}

// readingOf undoes perf's scaling: raw × enabled ÷ running is the printed
// count again, and the share of time is kept. step is the interval's length.
func readingOf(f *Figure, step int64) reading {
	none := reading{enabled: step}
	if f.Null || f.Running == 0 {
		return none
	}
	share, running := f.Running, float64(f.RunningNS)
	if share < 0 || share > 1 {
		share = 1
	}
	if running <= 0 {
		running = math.Max(1, float64(step)*share)
	}
	enabled := math.Max(running, math.Round(running/share))
	raw := math.Round(f.Value * running / enabled)
	if !(math.Abs(raw) < 1<<62) || !(enabled < 1<<62) {
		return none
	}
	return reading{int64(raw), int64(enabled), int64(running), true}
}
