package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// neighbourRules are about what else happens on the measured CPUs.
var neighbourRules = []rule{
	{
		name: "interrupts", severity: export.SeverityProblem, workload: true,
		why:  "an interrupt stops what is measured, evicts its cache lines, and its handler's accesses count as the workload's",
		find: findInterrupts,
	},
	{
		name: "sibling-open", severity: export.SeverityCaution, workload: true,
		why:  "the other thread of a core shares its caches and its execution units: whatever the scheduler puts there slows the measured one down",
		find: findSiblingOpen,
	},
	{
		name: "siblings-both-measured", severity: export.SeverityNote, workload: true,
		why:  "two threads of one core share its L1 and L2: lines that they pass to each other never leave the core, and each has half of its capacity",
		find: findSiblingsMeasured,
	},
	{
		name: "guest", severity: export.SeverityNote,
		why:  "a hypervisor may move virtual CPUs between nodes and back memory from any of them; the nodes that a guest sees need not be those of the hardware",
		find: findGuest,
	},
}

// fewInterrupts on one CPU are worth telling. A stray one happens on any host.
const fewInterrupts = 2

func findInterrupts(l *look) []found {
	if !l.pinned {
		return none
	}
	var told, remedies []string
	for _, irq := range l.AsFound.Interrupts {
		var where []string
		for _, f := range irq.Fired {
			if l.measured(f.CPU) && f.Count >= fewInterrupts {
				where = append(where, fmt.Sprintf("%d times on CPU %d", f.Count, f.CPU))
			}
		}
		if where == nil {
			continue
		}
		told = append(told, fmt.Sprintf("IRQ %d (%s) fired %s", irq.IRQ, irq.Name, strings.Join(where, ", ")))
		remedies = append(remedies, fmt.Sprintf("echo %s > /proc/irq/%d/smp_affinity_list", list(l.others()), irq.IRQ))
	}
	if told == nil {
		return none
	}
	remedy := ""
	if len(l.others()) > 0 {
		// irqbalance would move them back. One that the kernel manages
		// (NVMe queues) refuses to be moved: isolcpus=managed_irq, keeps it off.
		remedy = "systemctl stop irqbalance; " + strings.Join(first(remedies), "; ")
	}
	return one(watched(l)+strings.Join(first(told), "; "), remedy)
}

// watched says how long interrupts were watched.
func watched(l *look) string {
	if l.AsFound.InterruptsNS == 0 {
		return "since boot "
	}
	return fmt.Sprintf("within %.1f s ", float64(l.AsFound.InterruptsNS)/1e9)
}

// first keeps a long list readable.
func first(all []string) []string {
	const most = 8
	if len(all) <= most {
		return all
	}
	return append(slices.Clone(all[:most-1]), fmt.Sprintf("and so %d more", len(all)-most+1))
}

func findSiblingOpen(l *look) []found {
	if !l.pinned {
		return none
	}
	var open []int
	for _, id := range l.cpus {
		c, _ := l.Topology.CPUByID(id)
		for _, s := range c.Siblings {
			// An isolated sibling is as good as idle.
			if !l.measured(s) && !slices.Contains(l.apart, s) {
				open = append(open, s)
			}
		}
	}
	if open == nil {
		return none
	}
	slices.Sort(open)
	return one(fmt.Sprintf("%s share a core with measured ones, and are open to everyone", cpuWord(open)), "echo off > /sys/devices/system/cpu/smt/control")
}

func findSiblingsMeasured(l *look) []found {
	var both []int
	for _, id := range l.cpus {
		c, _ := l.Topology.CPUByID(id)
		if slices.ContainsFunc(c.Siblings, l.measured) {
			both = append(both, id)
		}
	}
	if both == nil {
		return none
	}
	return one(fmt.Sprintf("CPUs %s are threads of shared cores", list(both)), "echo off > /sys/devices/system/cpu/smt/control")
}

func findGuest(l *look) []found {
	if l.AsFound.Hypervisor == "" {
		return none
	}
	return one(fmt.Sprintf("the host is a virtual machine (hypervisor: %s)", l.AsFound.Hypervisor), "")
}
