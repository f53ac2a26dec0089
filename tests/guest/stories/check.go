package stories

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/tests/guest/plugin"
)

// Check checks all stories below a directory.
func Check(ctx context.Context, dir string) error {
	var failed []error
	for _, s := range All() {
		if err := s.Check(ctx, dir); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Check compares a recorded story with its journal and its truth.
func (s Story) Check(ctx context.Context, dir string) error {
	r, err := open(ctx, dir, s.Name)
	if err != nil {
		return fmt.Errorf("story %s: %w", s.Name, err)
	}
	if err := errors.Join(r.checkManifest(), r.checkTotals(), r.checkLoads(), s.check(r)); err != nil {
		return fmt.Errorf("story %s: %w", s.Name, err)
	}
	return nil
}

// checkManifest: the run is whole and says what it is from.
func (r *recorded) checkManifest() error {
	m := r.manifest
	switch {
	case m.State != export.Sealed:
		return fmt.Errorf("the run is %s", m.State)
	case m.ExitStatus == nil || *m.ExitStatus != 0:
		return errors.New("the program failed")
	case m.Rung != numa.LoadSamples:
		return fmt.Errorf("the run reached rung %d, %v", m.Rung, m.Rung)
	case !strings.Contains(m.Emulated, r.truth.Model) || !strings.Contains(m.Emulated, r.truth.Plugin):
		return fmt.Errorf("emulated is %q, and the truth is of model %q by %q", m.Emulated, r.truth.Model, r.truth.Plugin)
	}
	return nil
}

// countedEvents are compared with the truth one by one.
var countedEvents = []string{"L1-dcache-loads", "L1-dcache-stores", "LLC-loads", "LLC-load-misses", "node-loads", "node-load-misses", "hitm-local", "hitm-remote"}

// checkTotals: what the agent read is no more than what the plugin saw from
// before it until after it, and nearly all of it.
func (r *recorded) checkTotals() error {
	const least = 0.7 // of the kernel's part; see mostly
	var failed []error
	for _, event := range countedEvents {
		var agent, all float64
		for _, c := range r.truth.PerCPU {
			n, err := r.counted(strings.ToLower(strings.ReplaceAll(event, "-", "_")), c.CPU)
			if err != nil {
				return err
			}
			saw := float64(c.User[event] + c.Kernel[event])
			if n > saw {
				failed = append(failed, fmt.Errorf("CPU %d: %.0f %s were recorded, and only %.0f happened", c.CPU, n, event, saw))
			}
			agent, all = agent+n, all+saw
		}
		if agent < least*all {
			failed = append(failed, fmt.Errorf("%.0f %s were recorded, of %.0f that happened", agent, event, all))
		}
	}
	return errors.Join(failed...)
}

const (
	// The Go runtime loads as well: some for each piece of work, some at start.
	perLoad = 1.1
	atStart = 3e6
	// A step of which the reading came late is unknown to a query, so that not
	// quite all is recorded on a host that was busy.
	mostly = 0.9
)

// checkLoads: a thread's own loads are all counted on its CPU, and there are
// few others in user mode.
func (r *recorded) checkLoads() error {
	logged, stored := map[int]float64{}, map[int]float64{}
	for _, t := range r.journal.Threads {
		logged[t.CPU] += float64(t.Loads)
		stored[t.CPU] += float64(t.Stores)
	}
	if len(r.journal.Threads) == 1 {
		return r.checkOneThread(float64(r.journal.Threads[0].Loads))
	}
	var failed []error
	for cpu, loads := range logged {
		n, err := r.counted("l1_dcache_loads", cpu)
		if err != nil {
			return err
		}
		truth := cpuOf(r.truth, cpu)
		saw := float64(truth.User["L1-dcache-loads"])
		if n < mostly*loads || saw < loads || saw > perLoad*loads+atStart {
			failed = append(failed, fmt.Errorf("CPU %d: its thread made %.0f loads, of which %.0f were recorded; user mode made %.0f", cpu, loads, n, saw))
		}
		if n, err = r.counted("l1_dcache_stores", cpu); err != nil {
			return err
		}
		if n < mostly*stored[cpu] || truth.User["L1-dcache-stores"] < uint64(stored[cpu]) {
			failed = append(failed, fmt.Errorf("CPU %d: its thread made %.0f stores, of which %.0f were recorded", cpu, stored[cpu], n))
		}
	}
	return errors.Join(failed...)
}

// checkOneThread: it may have run on several CPUs.
func (r *recorded) checkOneThread(loads float64) error {
	var saw float64
	for _, c := range r.truth.PerCPU {
		saw += float64(c.User["L1-dcache-loads"])
	}
	if saw < loads || saw > perLoad*loads+atStart*float64(len(r.truth.PerCPU)) {
		return fmt.Errorf("the thread made %.0f loads, and user mode %.0f", loads, saw)
	}
	return nil
}

func cpuOf(t *plugin.Truth, cpu int) plugin.CPU {
	for _, c := range t.PerCPU {
		if c.CPU == cpu {
			return c
		}
	}
	return plugin.CPU{}
}
