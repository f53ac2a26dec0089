package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/balancing"
	"github.com/numalens/numalens/pkg/collect/counters"
	"github.com/numalens/numalens/pkg/collect/faults"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/numastat"
	"github.com/numalens/numalens/pkg/collect/pmu"
	"github.com/numalens/numalens/pkg/collect/self"
	"github.com/numalens/numalens/pkg/collect/softpmu"
	"github.com/numalens/numalens/pkg/collect/uncore"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// collectorSet is everything that a host grants, opened.
type collectorSet struct {
	collectors []collect.Collector // without nil
	reports    []collect.Report
}

// openCollectors is the list of what is collected. Each is opened whatever
// became of the others. pid is the recorded command's, held back; 0 is none.
func openCollectors(s *settings, info *hostinfo.Info, clock export.Clock, command []string, pid int) (*collectorSet, error) {
	set := &collectorSet{}
	groups, softPMU := 0, false
	choice := &pmu.Choice{}
	for _, open := range []func() (collect.Collector, collect.Report, error){
		func() (collect.Collector, collect.Report, error) {
			return numastat.Open(numastat.Options{Roots: s.roots, Nodes: info.Topology.Nodes, Clock: clock})
		},
		func() (collect.Collector, collect.Report, error) {
			// Before the counters: the hardware events that it counts are
			// those of the machine that the model describes, whatever the
			// emulator itself has for a PMU.
			c, report, err := softpmu.Open(softpmu.Options{Roots: s.roots, Clock: clock, Topology: &info.Topology, Hz: s.hz, FirstGroup: groups})
			softPMU = c != nil
			return c, report, err
		},
		func() (_ collect.Collector, report collect.Report, err error) {
			if !softPMU {
				choice, err = pmu.Choose(pmu.Options{Roots: s.roots, Topology: &info.Topology, Named: s.events})
				report.Unavailable, report.ProcessorModel = choice.Unavailable, choice.Model
			}
			return nil, report, err
		},
		func() (collect.Collector, collect.Report, error) {
			return counters.Open(counters.Options{Roots: s.roots, Clock: clock, CPUs: info.Topology.CPUs, Hz: s.hz, Command: pid, FirstGroup: groups, SoftwareOnly: softPMU, Hardware: choice.Groups})
		},
		func() (collect.Collector, collect.Report, error) {
			return uncore.Open(uncore.Options{Roots: s.roots, Clock: clock, Topology: &info.Topology, Groups: choice.Units, FirstGroup: groups})
		},
		func() (collect.Collector, collect.Report, error) {
			return faults.Open(faults.Options{Roots: s.roots, Clock: clock, Topology: &info.Topology, Period: s.faultPeriod, Command: pid})
		},
		func() (collect.Collector, collect.Report, error) {
			return openPlacement(s, info, clock, pid)
		},
		func() (collect.Collector, collect.Report, error) {
			return balancing.Open(balancing.Options{Roots: s.roots, Clock: clock, FirstGroup: groups})
		},
		func() (collect.Collector, collect.Report, error) {
			return openTrace(s, info, clock, command, pid, groups)
		},
		func() (collect.Collector, collect.Report, error) {
			return self.Open(self.Options{Clock: clock, FirstGroup: groups})
		},
	} {
		c, report, err := open()
		if err != nil {
			set.close()
			return nil, fmt.Errorf("open collectors: %w", err)
		}
		if c != nil {
			set.collectors = append(set.collectors, c)
		}
		set.reports = append(set.reports, report)
		groups += len(report.Groups)
	}
	return set, nil
}

func (s *collectorSet) close() {
	for _, c := range s.collectors {
		c.Close() // what was read is with the writer already
	}
}

// describe adds what the collectors report to a manifest, and gives the
// columns of the nodes table.
func (s *collectorSet) describe(m *export.Manifest) (nodeColumns []string) {
	for _, r := range s.reports {
		m.Groups = append(m.Groups, r.Groups...)
		for _, t := range r.Tables {
			m.Tables = withTable(m.Tables, t)
		}
		m.Unavailable = append(m.Unavailable, r.Unavailable...)
		m.Rung = better(m.Rung, r.Rung)
		if r.Emulated != "" {
			m.Emulated = r.Emulated // it knows more than the processor's name
		}
		m.Units = append(m.Units, r.Units...)
		// One collector gives each of these.
		m.ProcessorModel += r.ProcessorModel
		m.ReferenceHz += r.ReferenceHz
		nodeColumns = append(nodeColumns, r.NodeColumns...)
	}
	return nodeColumns
}

// withTable adds a table, or to one that another collector fills as well its
// scopes.
func withTable(tables []export.TableInfo, t export.TableInfo) []export.TableInfo {
	i := slices.IndexFunc(tables, func(have export.TableInfo) bool { return have.Name == t.Name })
	if i < 0 {
		return append(tables, t)
	}
	have := &tables[i]
	have.PeriodNS = max(have.PeriodNS, t.PeriodNS)
	for _, scope := range t.Scopes {
		if !slices.Contains(have.Scopes, scope) {
			have.Scopes = append(have.Scopes, scope)
		}
	}
	have.Columns = append(have.Columns, t.Columns...)
	if have.ScopePeriodNS == nil {
		have.ScopePeriodNS = t.ScopePeriodNS
	} else {
		maps.Copy(have.ScopePeriodNS, t.ScopePeriodNS)
	}
	return tables
}

// better is the higher of two rungs: the lower number that is not none.
func better(a, b numa.Rung) numa.Rung {
	if a == numa.NoRung || b != numa.NoRung && b < a {
		return b
	}
	return a
}
