package calibrate

import (
	"errors"
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// spot is who is counted: threads, and the CPUs that they are pinned to.
type spot struct{ tids, cpus []int }

// counted is an event that a meter counts.
type counted struct {
	export.GroupEvent
	// wide says that others' work on the same CPUs is in it.
	wide bool
}

// meter counts events around a workload.
type meter interface {
	events() []counted
	begin(spot) error
	// end gives a count for each event, scaled where it was multiplexed, or
	// notCounted.
	end() ([]float64, error)
	close() error
}

// notCounted is an event that the kernel found no counter for.
const notCounted = -1

// threads counts what the workload's threads do, and nobody else: it needs no
// privilege but that of counting one's own processes, and other work on the
// host does not show in it.
type threads struct {
	perf   perfevent.Options
	groups []events.Group // as granted
	// pass says which of the hardware groups is counted: one at a time, so
	// that none is multiplexed, and also a short workload is counted whole.
	pass int
	open []opened
}

// opened is a group's events on one thread.
type opened struct {
	*perfevent.Group
	group int // in threads.groups
}

const anyCPU = -1

// newThreads finds what the kernel grants, by opening it on this thread.
func newThreads(roots collect.Roots, groups []events.Group) (*threads, []numa.Unavailable) {
	m := &threads{}
	var missing []numa.Unavailable
	permission := perfevent.ReadPermission(roots)
	try := func(list []events.Event) error {
		g, err := perfevent.OpenGroup(list, perfevent.Target{PID: 0, CPU: anyCPU}, 0, m.perf)
		if err != nil {
			return err
		}
		return g.Close()
	}
	if err := try([]events.Event{events.TaskClock()}); err != nil && perfevent.Forbidden(err) {
		m.perf.ExcludeKernel = true
	}
	for _, g := range groups {
		var granted []events.Event
		for _, e := range g.Events {
			var err error
			if e.KernelOnly && m.perf.ExcludeKernel {
				err = permissionError
			} else {
				err = try([]events.Event{e})
			}
			if err != nil {
				missing = refused(missing, permission, e, err)
				continue
			}
			granted = append(granted, e)
		}
		g.Events = granted
		m.groups = append(m.groups, g.Split(func(list []events.Event) bool { return try(list) == nil })...)
	}
	return m, missing
}

// refused joins events that were refused for the same reason.
func refused(list []numa.Unavailable, permission perfevent.Permission, e events.Event, err error) []numa.Unavailable {
	var of *perfevent.EventError
	if errors.As(err, &of) {
		err = of.Err
	}
	return collect.Join(list, permission.Refusal("events "+e.Label(), err), e.Label())
}

func (m *threads) events() []counted {
	var all []counted
	for _, g := range m.groups {
		for _, e := range g.Events {
			all = append(all, counted{GroupEvent: export.GroupEvent{Name: e.Name, Spec: e.Spec, Unit: e.Unit, Proven: e.Proven, Meaning: e.Meaning, Caveat: e.Caveat}})
		}
	}
	return all
}

func (m *threads) begin(s spot) error {
	for _, tid := range s.tids {
		for i, g := range m.groups {
			if !m.now(i) {
				continue
			}
			o, err := perfevent.OpenGroup(g.Events, perfevent.Target{PID: tid, CPU: anyCPU}, 0, m.perf)
			if err != nil {
				return errors.Join(fmt.Errorf("count thread %d: %w", tid, err), m.close())
			}
			m.open = append(m.open, opened{o, i})
		}
	}
	for _, o := range m.open {
		if err := o.Enable(); err != nil {
			return errors.Join(err, m.close())
		}
	}
	return nil
}

func (m *threads) end() ([]float64, error) {
	sums := make([]float64, len(m.events()))
	for i, g := range m.groups {
		for at := range g.Events {
			if !m.now(i) {
				sums[m.offset(i)+at] = notCounted
			}
		}
	}
	var c perfevent.Counts
	for _, o := range m.open {
		if err := o.Read(&c); err != nil {
			return nil, errors.Join(err, m.close())
		}
		add(sums, m.offset(o.group), c)
	}
	return sums, m.close()
}

// now tells whether a group is counted in this pass; what the kernel counts
// itself is in each.
func (m *threads) now(group int) bool {
	if m.groups[group].Software() {
		return true
	}
	hardware := 0
	for _, g := range m.groups[:group] {
		if !g.Software() {
			hardware++
		}
	}
	return hardware == m.pass
}

// passes is how many it takes to count everything.
func (m *threads) passes() int {
	n := 0
	for _, g := range m.groups {
		if !g.Software() {
			n++
		}
	}
	return max(n, 1)
}

// offset is where a group's events begin among all.
func (m *threads) offset(group int) int {
	n := 0
	for _, g := range m.groups[:group] {
		n += len(g.Events)
	}
	return n
}

func add(sums []float64, at int, c perfevent.Counts) {
	for i, v := range c.Values {
		switch {
		case c.Running <= 0 || sums[at+i] == notCounted:
			sums[at+i] = notCounted
		default:
			sums[at+i] += float64(v) * float64(c.Enabled) / float64(c.Running)
		}
	}
}

func (m *threads) close() error {
	var err error
	for _, o := range m.open {
		err = errors.Join(err, o.Close())
	}
	m.open = nil
	return err
}

// collected counts by a collector that reads whole CPUs or units: what else
// runs there is in it.
type collected struct {
	collect.TraceSink // nothing that is metered is traced
	collector         collect.Collector
	list              []counted
	first             []int // of each group, its first event in list
	byCPU             bool  // instances are CPUs; else all instances are summed
	now               map[instance][]float64
	before            map[instance][]float64
	spot              spot
}

type instance struct {
	group int
	id    int32
}

// newCollected takes a collector as it was opened.
func newCollected(c collect.Collector, groups []export.Group, byCPU bool) *collected {
	m := &collected{collector: c, byCPU: byCPU}
	for _, g := range groups {
		m.first = append(m.first, len(m.list))
		for _, e := range g.Events {
			m.list = append(m.list, counted{GroupEvent: e, wide: byCPU})
		}
	}
	return m
}

func (m *collected) events() []counted { return m.list }

func (m *collected) read() error {
	m.now = map[instance][]float64{}
	return m.collector.Drain(m)
}

func (m *collected) begin(s spot) error {
	m.spot = s
	if err := m.read(); err != nil {
		return err
	}
	m.before = m.now
	return nil
}

func (m *collected) end() ([]float64, error) {
	if err := m.read(); err != nil {
		return nil, err
	}
	sums := make([]float64, len(m.list))
	seen := make([]bool, len(m.list))
	for key, now := range m.now {
		before, ok := m.before[key]
		if !ok || m.byCPU && !slices.Contains(m.spot.cpus, int(key.id)) {
			continue
		}
		for i := range now {
			sums[m.first[key.group]+i] += now[i] - before[i]
			seen[m.first[key.group]+i] = true
		}
	}
	for i := range sums {
		if !seen[i] {
			sums[i] = notCounted
		}
	}
	return sums, nil
}

func (m *collected) close() error { return m.collector.Close() }

// Counter implements collect.Sink, as the others do.
func (m *collected) Counter(r export.CounterRow) {
	scale := 1.0
	if r.Running > 0 {
		scale = float64(r.Enabled) / float64(r.Running)
	}
	values := make([]float64, len(r.Values))
	for i, v := range r.Values {
		values[i] = float64(v) * scale
	}
	m.now[instance{r.Group, r.Instance}] = values
}

func (m *collected) Node(export.NodeRow)           {}
func (m *collected) Sample(export.Sample)          {}
func (m *collected) Placement(export.PlacementRow) {}
func (m *collected) Note(export.Note)              {}

// cpuClocks compares the clock by which whole CPUs are sampled with the
// monotonic one.
type cpuClocks struct {
	open  []*perfevent.Group
	began int64
	// TookNS is the monotonic time of the last measurement.
	tookNS int64
}

func (m *cpuClocks) events() []counted {
	e := events.CPUClock()
	return []counted{{GroupEvent: export.GroupEvent{Name: e.Name, Spec: e.Spec, Unit: e.Unit, Proven: e.Proven}}}
}

func (m *cpuClocks) begin(s spot) error {
	m.began = collect.MonotonicNS()
	for _, cpu := range s.cpus {
		g, err := perfevent.OpenGroup([]events.Event{events.CPUClock()}, perfevent.Target{PID: perfevent.AllProcesses, CPU: cpu}, 0, perfevent.Options{})
		if err != nil {
			return err
		}
		m.open = append(m.open, g)
		if err := g.Enable(); err != nil {
			return err
		}
	}
	return nil
}

func (m *cpuClocks) end() ([]float64, error) {
	sum := make([]float64, 1)
	var c perfevent.Counts
	for _, g := range m.open {
		if err := g.Read(&c); err != nil {
			return nil, errors.Join(err, m.close())
		}
		add(sum, 0, c)
	}
	m.tookNS = (collect.MonotonicNS() - m.began) * int64(len(m.open))
	return sum, m.close()
}

func (m *cpuClocks) close() error {
	var err error
	for _, g := range m.open {
		err = errors.Join(err, g.Close())
	}
	m.open = nil
	return err
}
