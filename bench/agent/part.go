package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/counters"
	"github.com/numalens/numalens/pkg/collect/faults"
	"github.com/numalens/numalens/pkg/collect/numastat"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
)

// part is something that can be measured by itself.
type part struct {
	name    string
	measure func(*bench) (cost, error)
}

var parts = []part{
	{"none", func(b *bench) (cost, error) { return b.collect(false) }},
	{"numastat", func(b *bench) (cost, error) { return b.collect(false, numastatPart) }},
	{"counters", func(b *bench) (cost, error) { return b.collect(false, countersPart(1, counters.Both)) }},
	{"counters-timer", func(b *bench) (cost, error) { return b.collect(false, countersPart(1, counters.KernelTimer)) }},
	{"counters-syscall", func(b *bench) (cost, error) { return b.collect(false, countersPart(1, counters.SystemCall)) }},
	{"faults", func(b *bench) (cost, error) { return b.collect(false, faultsPart) }},
	{"placement", func(b *bench) (cost, error) { return b.collect(false, placementPart) }},
	{"balancing", func(b *bench) (cost, error) { return b.collect(false, balancingPart) }},
	{"all", func(b *bench) (cost, error) {
		return b.collect(true, numastatPart, countersPart(1, counters.Both), faultsPart, placementPart, balancingPart)
	}},
	{"agent", (*bench).realAgent},
	{"counters-128cpus", func(b *bench) (cost, error) { return b.collect(false, countersPart(128, counters.KernelTimer)) }},
	{"counters-128cpus-syscall", func(b *bench) (cost, error) { return b.collect(false, countersPart(128, counters.SystemCall)) }},
	{"all-128cpus", func(b *bench) (cost, error) {
		return b.collect(true, numastatPart, countersPart(128, counters.KernelTimer), faultsPart, placementPart, balancingPart)
	}},
}

func partNames() []string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return append(names, "reading", "program", "trace", "probe")
}

// opener opens a collector of the host.
type opener func(*bench, export.Clock) (collect.Collector, collect.Report, error)

func numastatPart(b *bench, clock export.Clock) (collect.Collector, collect.Report, error) {
	return numastat.Open(numastat.Options{Roots: collect.HostRoots(), Nodes: b.host.Topology.Nodes, Clock: clock})
}

func faultsPart(b *bench, clock export.Clock) (collect.Collector, collect.Report, error) {
	return faults.Open(faults.Options{Roots: collect.HostRoots(), Clock: clock, Topology: &b.host.Topology})
}

// countersPart opens as many groups as that many CPUs would have.
func countersPart(cpus int, method counters.Method) opener {
	return func(b *bench, clock export.Clock) (collect.Collector, collect.Report, error) {
		o := counters.Options{Roots: collect.HostRoots(), Clock: clock, CPUs: b.host.Topology.CPUs, Hz: b.hz, Method: method}
		for range cpus / len(o.CPUs) {
			o.Groups = append(o.Groups, events.CPUGroups()[0])
		}
		return counters.Open(o)
	}
}

// collect runs collectors in this process as the agent does, with rows
// written or thrown away.
func (b *bench) collect(write bool, open ...opener) (cost, error) {
	clock, err := collect.ReadClock()
	if err != nil {
		return cost{}, err
	}
	var (
		collectors []collect.Collector
		reports    []collect.Report
	)
	defer func() {
		for _, c := range collectors {
			c.Close()
		}
	}()
	for _, o := range open {
		c, report, err := o(b, clock)
		if err != nil {
			return cost{}, err
		}
		if c == nil {
			return cost{}, &report.Unavailable[0]
		}
		collectors, reports = append(collectors, c), append(reports, report)
	}
	sink := &countingSink{}
	if write {
		dir, err := os.MkdirTemp("", "numalens-bench")
		if err != nil {
			return cost{}, err
		}
		defer os.RemoveAll(dir)
		if sink.writer, err = b.createRun(dir, clock, reports); err != nil {
			return cost{}, err
		}
	}
	return b.loop(clock, collectors, sink)
}

// loop is the agent's: one timer for all, and a flush a second.
func (b *bench) loop(clock export.Clock, collectors []collect.Collector, sink *countingSink) (cost, error) {
	start := time.Now()
	schedule := collect.NewSchedule(clock, start, collectors...)
	nextFlush := start.Add(time.Second)
	warm := start.Add(time.Second)
	end := warm.Add(b.duration)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var before usage
	for now := start; now.Before(end); {
		next := nextFlush
		if t, ok := schedule.Next(); ok && t.Before(next) {
			next = t
		}
		timer.Reset(time.Until(next))
		select {
		case <-schedule.Wake():
			schedule.DrainWoken(sink)
			continue
		case <-timer.C:
		}
		now = time.Now()
		schedule.Drain(now, sink)
		if now.Before(nextFlush) {
			continue
		}
		nextFlush = nextFlush.Add(time.Second)
		if err := sink.flush(); err != nil {
			return cost{}, err
		}
		if before.at.IsZero() && !now.Before(warm) {
			var err error
			if before, err = readUsage(os.Getpid()); err != nil {
				return cost{}, err
			}
			sink.rows = 0
		}
	}
	after, err := readUsage(os.Getpid())
	if err != nil {
		return cost{}, err
	}
	return before.until(after, sink.rows), nil
}

func (b *bench) createRun(dir string, clock export.Clock, reports []collect.Report) (*export.Writer, error) {
	m := export.Manifest{
		Host: "bench", Run: export.RunName(time.Now(), ""), StartNS: clock.WallNS, Clock: clock, Topology: b.host.Topology,
	}
	var columns []string
	for _, r := range reports {
		if len(r.Groups) > 0 {
			// The groups of many CPUs are one group of many instances.
			m.Groups = append(m.Groups, r.Groups[0])
		}
		m.Tables = append(m.Tables, r.Tables...)
		columns = append(columns, r.NodeColumns...)
	}
	return export.Create(export.WriterOptions{Root: dir}, m, columns)
}

// countingSink counts rows, and passes them to a writer if there is one, as
// rows of as many CPUs as there are groups.
type countingSink struct {
	writer *export.Writer
	rows   int64
}

func (s *countingSink) Counter(r export.CounterRow) {
	s.rows++
	if s.writer != nil {
		r.Instance, r.Group = r.Instance*64+int32(r.Group), 0
		s.writer.Counter(r)
	}
}

func (s *countingSink) Node(r export.NodeRow) {
	s.rows++
	if s.writer != nil {
		s.writer.Node(r)
	}
}

func (s *countingSink) Sample(r export.Sample) {
	s.rows++
	if s.writer != nil {
		s.writer.Sample(r)
	}
}

func (s *countingSink) Placement(r export.PlacementRow) {
	s.rows++
	if s.writer != nil {
		s.writer.Placement(r)
	}
}

func (s *countingSink) Allocation(a export.Allocation) {
	s.rows++
	if s.writer != nil {
		s.writer.Allocation(a)
	}
}

func (s *countingSink) Event(e export.Event) {
	s.rows++
	if s.writer != nil {
		s.writer.Event(e)
	}
}

func (s *countingSink) Migration(m export.Migration) {
	s.rows++
	if s.writer != nil {
		s.writer.Migration(m)
	}
}

func (s *countingSink) Stack(t export.Stack) {
	s.rows++
	if s.writer != nil {
		s.writer.Stack(t)
	}
}

func (s *countingSink) Mapping(m export.Mapping) {
	s.rows++
	if s.writer != nil {
		s.writer.Mapping(m)
	}
}

func (s *countingSink) Symbol(m export.Symbol) {
	s.rows++
	if s.writer != nil {
		s.writer.Symbol(m)
	}
}

func (s *countingSink) Note(n export.Note) {
	s.rows++
	if s.writer != nil {
		s.writer.Note(n)
	}
}

func (s *countingSink) flush() error {
	if s.writer == nil {
		return nil
	}
	return s.writer.Flush()
}

// realAgent measures the binary while it records, between its first second
// and its last.
func (b *bench) realAgent() (cost, error) {
	if _, err := os.Stat(b.agent); err != nil {
		return cost{}, fmt.Errorf("%w: make build makes it", err)
	}
	dir, err := os.MkdirTemp("", "numalens-bench")
	if err != nil {
		return cost{}, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command(b.agent, "record", "--quiet", "--out", dir, "--hz", fmt.Sprint(b.hz))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // it ends with the bench
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return cost{}, err
	}
	time.Sleep(2 * time.Second)
	before, err := readUsage(cmd.Process.Pid)
	if err == nil {
		time.Sleep(b.duration)
		var after usage
		if after, err = readUsage(cmd.Process.Pid); err == nil {
			err = errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
			return before.until(after, 0), err
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	return cost{}, err
}
