package pmu

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/events"
)

// Processors says what the host's processors are: by /proc/cpuinfo, and where
// that does not tell, as on arm64 in some containers, by the main ID register
// of CPU 0.
func Processors(roots collect.Roots) ([]events.Processor, error) {
	f, err := os.Open(filepath.Join(roots.Proc, "cpuinfo"))
	if err != nil {
		return midr(roots), nil
	}
	defer f.Close()
	list, err := events.ParseCPUInfo(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	if len(list) == 0 {
		return midr(roots), nil
	}
	return list, nil
}

func midr(roots collect.Roots) []events.Processor {
	b, err := os.ReadFile(filepath.Join(roots.Sys, "devices/system/cpu/cpu0/regs/identification/midr_el1"))
	if err != nil {
		return nil
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 0, 64)
	if err != nil {
		return nil
	}
	return []events.Processor{events.FromMIDR(n)}
}

// core finds the PMU of the host's cores; nil where there is none, as in most
// virtual machines. A host with two kinds of cores has two, and neither is
// the core's: their events are named by their PMU.
func core(roots collect.Roots) *events.PMU {
	for _, name := range Names(roots) {
		if name == "cpu" || strings.HasPrefix(name, "armv8_") || strings.HasPrefix(name, "armv9_") {
			if p, err := Read(roots, name); err == nil && p.Core() {
				return p
			}
		}
	}
	return nil
}

// watchdog tells whether the kernel's NMI watchdog holds a counter.
func watchdog(roots collect.Roots) bool {
	n, err := number(filepath.Join(roots.Proc, "sys/kernel/nmi_watchdog"))
	return err == nil && n != 0
}
