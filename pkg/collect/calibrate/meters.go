package calibrate

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/collect/pmu"
	"github.com/numalens/numalens/pkg/collect/softpmu"
	"github.com/numalens/numalens/pkg/collect/uncore"
	"github.com/numalens/numalens/pkg/events"
)

// permissionError stands for the refusal that made us leave the kernel out.
var permissionError error = unix.EACCES

// openMeters opens what the host grants, as a recording would: the software
// PMU of an emulated machine in place of hardware events, else those that the
// host's model has.
func (b *bench) openMeters() error {
	soft, report, err := softpmu.Open(softpmu.Options{Roots: b.Roots, Topology: &b.Info.Topology, Hz: 1})
	if err != nil {
		return err
	}
	b.out.Missing = append(b.out.Missing, report.Unavailable...)
	groups := []events.Group{events.ProcessSoftware()}
	choice := &pmu.Choice{}
	if soft != nil {
		b.out.Emulated = report.Emulated
		b.plan.emulated = true
		b.meters = append(b.meters, newCollected(soft, report.Groups, true))
	} else {
		if choice, err = pmu.Choose(pmu.Options{Roots: b.Roots, Topology: &b.Info.Topology, Named: b.Named}); err != nil {
			return err
		}
		b.out.Missing = append(b.out.Missing, choice.Unavailable...)
		groups = append(groups, choice.Groups...)
	}
	units, unitReport, err := uncore.Open(uncore.Options{Roots: b.Roots, Topology: &b.Info.Topology, Groups: choice.Units})
	if err != nil {
		return err
	}
	b.out.Missing = append(b.out.Missing, unitReport.Unavailable...)
	if units != nil {
		b.meters = append(b.meters, newCollected(units, unitReport.Groups, false))
	}
	if perfevent.ReadPermission(b.Roots).MayCountCPUs() {
		b.addClocks()
	}
	mine, missing := newThreads(b.Roots, groups)
	b.out.Missing = append(b.out.Missing, missing...)
	b.meters, b.threads = append(b.meters, mine), mine
	return nil
}

// addClocks adds the clock of CPUs, unless something refuses it after all.
func (b *bench) addClocks() {
	m := &cpuClocks{}
	err := m.begin(spot{cpus: b.plan.initiators[0].cpus[:1]})
	if err == nil {
		_, err = m.end()
	}
	if err != nil {
		b.miss("cpu-clock of whole CPUs", errors.Join(err, m.close()), "see numalens-agent check")
		return
	}
	b.clocks = m
	b.meters = append(b.meters, m)
}

func (b *bench) closeMeters() {
	for _, m := range b.meters {
		m.close()
	}
}

var _ collect.Sink = (*collected)(nil)
