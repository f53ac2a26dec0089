package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
)

// clockRules are about how fast CPUs run and how time is told.
var clockRules = []rule{
	{
		name: "governor", severity: export.SeverityCaution,
		why:  "the clock follows the load: a short benchmark begins slow, and cycles and nanoseconds of one run do not compare with another's",
		find: findGovernor,
	},
	{
		name: "turbo", severity: export.SeverityCaution,
		why:  "the clock depends on how many cores are busy and how warm they are; the uncore and memory do not follow it, so even ratios of cycles move",
		find: findTurbo,
	},
	{
		name: "clocksource", severity: export.SeverityCaution,
		why:  "reading the time is a system call, or a slow register that all CPUs share: programs that do so often measure that, and contend for it",
		find: findClocksource,
	},
}

func findGovernor(l *look) []found {
	var told []string
	for _, name := range slices.Sorted(maps.Keys(l.AsFound.Governors)) {
		ids, _ := hostinfo.ParseList(l.AsFound.Governors[name])
		ids = slices.DeleteFunc(ids, func(id int) bool { return !l.measured(id) })
		if name != "performance" && len(ids) > 0 {
			told = append(told, fmt.Sprintf("%s on %s", name, cpuWord(ids)))
		}
	}
	if told == nil {
		return none
	}
	return one("frequency governor "+strings.Join(told, ", "), "cpupower frequency-set -g performance")
}

func findTurbo(l *look) []found {
	if l.AsFound.Turbo != "on" {
		return none
	}
	remedy := "echo 0 > /sys/devices/system/cpu/cpufreq/boost"
	if l.AsFound.FrequencyDriver == "intel_pstate" || l.AsFound.FrequencyDriver == "intel_cpufreq" {
		remedy = "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"
	}
	return one("clocks may rise above the nominal one (turbo, boost)", remedy)
}

// quickClocks are read from user space without a system call.
var quickClocks = []string{"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "timebase", "riscv_clocksource"}

func findClocksource(l *look) []found {
	name := l.AsFound.Clocksource
	if name == "" || slices.Contains(quickClocks, name) {
		return none
	}
	return one("the clock source is "+name, "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource   # if the kernel offers it")
}
