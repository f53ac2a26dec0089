package hostinfo

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// asFound reads how the host is set. Interrupts are not part of it: that they
// fire shows only after a while.
func (t tree) asFound(info *Info) export.AsFound {
	const cpu, mm = "devices/system/cpu/", "kernel/mm/"
	isolated, noHzFull, err := SetApart(t.roots)
	if err != nil {
		info.miss("list of the CPUs set apart", err.Error(), "no kernel writes such a list, so find out what did; until then the agent cannot keep off them")
	}
	return export.AsFound{
		Hypervisor:        t.hypervisor(),
		Governors:         t.governors(),
		FrequencyDriver:   t.sys(cpu + "cpu0/cpufreq/scaling_driver"),
		Turbo:             t.turbo(),
		Clocksource:       t.sys("devices/system/clocksource/clocksource0/current_clocksource"),
		THPDefrag:         chosen(t.sys(mm + "transparent_hugepage/defrag")),
		KSM:               t.sys(mm + "ksm/run"),
		Swap:              t.swap(),
		HugePages:         t.hugePages(info.Topology.Nodes),
		Isolated:          FormatList(isolated),
		NoHzFull:          FormatList(noHzFull),
		BootArguments:     bootArguments(t.proc("cmdline")),
		IRQAffinity:       t.irqAffinity(),
		PerfEventParanoid: t.proc("sys/kernel/perf_event_paranoid"),
		KptrRestrict:      t.proc("sys/kernel/kptr_restrict"),
		NMIWatchdog:       t.proc("sys/kernel/nmi_watchdog"),
	}
}

// SetApart gives the CPUs that the host keeps free of the scheduler's
// balancing, and of its tick.
func SetApart(roots collect.Roots) (isolated, noHzFull []int, err error) {
	t := tree{roots}
	isolated, err = t.apart("isolated")
	noHzFull, nerr := t.apart("nohz_full")
	return isolated, noHzFull, cmp.Or(err, nerr)
}

// apart reads one of the lists; some kernels print "(null)" for an empty one.
func (t tree) apart(name string) ([]int, error) {
	file := "devices/system/cpu/" + name
	cpus, err := ParseList(strings.TrimSuffix(t.sys(file), "(null)"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.sysPath(file), err)
	}
	return cpus, nil
}

// governors maps each governor to its CPUs. nil: no cpufreq, as in most
// virtual machines.
func (t tree) governors() map[string]string {
	cpus := map[string][]int{}
	for _, id := range t.directories("devices/system/cpu", "cpu") {
		if g := t.sys(fmt.Sprintf("devices/system/cpu/cpu%d/cpufreq/scaling_governor", id)); g != "" {
			cpus[g] = append(cpus[g], id)
		}
	}
	if len(cpus) == 0 {
		return nil
	}
	lists := map[string]string{}
	for g, ids := range cpus {
		lists[g] = FormatList(ids)
	}
	return lists
}

// turbo reads intel_pstate's switch, which is the other way round, or
// cpufreq's, which the other drivers have.
func (t tree) turbo() string {
	words := map[string]string{"0": "on", "1": "off"}
	if w, is := words[t.sys("devices/system/cpu/intel_pstate/no_turbo")]; is {
		return w
	}
	words = map[string]string{"0": "off", "1": "on"}
	return words[firstText(t.sys("devices/system/cpu/cpufreq/boost"), t.sys("devices/system/cpu/cpu0/cpufreq/boost"))]
}

func (t tree) swap() *export.Swap {
	b, err := os.ReadFile(t.procPath("swaps"))
	if err != nil {
		return nil
	}
	swap := &export.Swap{}
	for line := range strings.Lines(string(b)) {
		// Name, type, size, used, priority; the head line has words for numbers.
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		size, err := strconv.ParseInt(fields[len(fields)-3], 10, 52)
		used, uerr := strconv.ParseInt(fields[len(fields)-2], 10, 52)
		if err == nil && uerr == nil {
			swap.Bytes += size << 10
			swap.UsedBytes += used << 10
		}
	}
	return swap
}

func (t tree) hugePages(nodes []numa.Node) []export.HugePagePool {
	var pools []export.HugePagePool
	for _, n := range nodes {
		dir := fmt.Sprintf("%s/node%d/hugepages", nodesDir, n.ID)
		entries, _ := os.ReadDir(t.sysPath(dir))
		for _, e := range entries {
			size, ok := strings.CutPrefix(e.Name(), "hugepages-")
			kib, err := strconv.ParseInt(strings.TrimSuffix(size, "kB"), 10, 52)
			pool := export.HugePagePool{
				Node: n.ID, PageBytes: kib << 10,
				Pages: t.number(dir + "/" + e.Name() + "/nr_hugepages"),
				Free:  t.number(dir + "/" + e.Name() + "/free_hugepages"),
			}
			if ok && err == nil && pool.Pages > 0 {
				pools = append(pools, pool)
			}
		}
	}
	return pools
}

// bearing are the boot arguments that bear on a measurement, or their first
// part up to a dot.
var bearing = []string{
	"amd_iommu", "amd_pstate", "clocksource", "cpufreq", "cpuidle", "default_hugepagesz", "hmat", "hugepages", "hugepagesz",
	"idle", "intel_idle", "intel_iommu", "intel_pstate", "iommu", "irqaffinity", "isolcpus", "kthread_cpus", "maxcpus", "mem", "memmap",
	"mitigations", "nmi_watchdog", "nohz", "nohz_full", "nosmt", "nosoftlockup", "nowatchdog", "nr_cpus", "numa", "numa_balancing", "preempt",
	"processor", "rcu_nocb_poll", "rcu_nocbs", "skew_tick", "threadirqs", "transparent_hugepage", "tsc",
}

func bootArguments(cmdline string) []string {
	var kept []string
	for arg := range strings.FieldsSeq(cmdline) {
		if arg == "--" {
			break // the rest is init's
		}
		name, _, _ := strings.Cut(arg, "=")
		name, _, _ = strings.Cut(name, ".")
		if _, is := slices.BinarySearch(bearing, name); is {
			kept = append(kept, arg)
		}
	}
	return kept
}

// irqAffinity is where a new interrupt may fire.
func (t tree) irqAffinity() string {
	cpus, err := parseMask(t.proc("irq/default_smp_affinity"))
	if err != nil {
		return ""
	}
	return FormatList(cpus)
}
