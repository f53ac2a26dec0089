// Package self records what the agent itself takes of the host: its CPU time
// and how often it woke up, once a second, in the counters table under the
// scope "agent".
//
// It costs one getrusage a second. Interrupts by which the kernel samples
// counters, and the time of probes in the workload, are not the process's and
// not in it.
package self

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

const period = time.Second

// group names the agent's group and its events, in the order of values.
var group = export.Group{Name: "agent", Events: []export.GroupEvent{
	{Name: "agent-cpu", Spec: "getrusage", Unit: "ns", Help: "CPU time of the agent's own process", Proven: true},
	{Name: "agent-wakeups", Spec: "getrusage", Unit: "1", Help: "times that a thread of the agent slept and woke (voluntary context switches)", Proven: true},
	{Name: "agent-preemptions", Spec: "getrusage", Unit: "1", Help: "times that a thread of the agent was put aside for another (involuntary context switches)", Proven: true},
}}

// Options say how to open the collector.
type Options struct {
	Clock export.Clock
	// FirstGroup is the index at which the report's group will stand in the
	// manifest.
	FirstGroup int
}

// Collector reads this process's use of the host.
type Collector struct {
	clock   export.Clock
	group   int
	started int64
	values  [3]int64
}

// Open never lacks anything: every process may ask about itself.
func Open(o Options) (collect.Collector, collect.Report, error) {
	c := &Collector{clock: o.Clock, group: o.FirstGroup, started: collect.MonotonicNS()}
	scope := string(export.ScopeAgent)
	return c, collect.Report{
		Groups: []export.Group{group},
		Tables: []export.TableInfo{{Name: export.TableCounters, Scopes: []string{scope}, ScopePeriodNS: map[string]int64{scope: int64(period)}}},
	}, nil
}

// Name is "self".
func (c *Collector) Name() string { return "self" }

// Period is a second.
func (c *Collector) Period() time.Duration { return period }

// Drain appends one row.
func (c *Collector) Drain(sink collect.Sink) error {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return fmt.Errorf("read the agent's own use: %w", err)
	}
	now := collect.MonotonicNS()
	c.values = [3]int64{u.Utime.Nano() + u.Stime.Nano(), u.Nvcsw, u.Nivcsw}
	sink.Counter(export.CounterRow{
		TS: c.clock.Wall(now), Scope: export.ScopeAgent, Group: c.group, Values: c.values[:],
		Enabled: now - c.started, Running: now - c.started,
	})
	return nil
}

// Finish appends the totals at the end.
func (c *Collector) Finish(sink collect.Sink) error { return c.Drain(sink) }

// Close has nothing to close.
func (c *Collector) Close() error { return nil }
