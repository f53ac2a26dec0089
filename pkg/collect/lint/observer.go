package lint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// observerRules are about what stands in the way of looking.
var observerRules = []rule{
	{
		name: "kernel-old", severity: export.SeverityNote,
		why:  "parts of what numalens records need a newer kernel, or root instead of one capability",
		find: findOldKernel,
	},
	{
		name: "perf-paranoid", severity: export.SeverityNote,
		why:  "without CAP_PERFMON no event can be opened at all, not even on one's own processes",
		find: findParanoid,
	},
	{
		name: "nmi-watchdog", severity: export.SeverityNote,
		why:  "it holds one hardware counter of every CPU for itself: groups that would fit are multiplexed, and become estimates",
		find: findWatchdog,
	},
}

// since says from which kernel on there is what the agent uses. Sources: the
// kernel's capability.h, perf_event.h and bpf.h, by the release that added it.
var since = []struct {
	major, minor int
	what         string
}{
	{4, 14, "physical addresses of samples"},
	{5, 8, "CAP_PERFMON and CAP_BPF instead of root, and BPF ring buffers"},
	{5, 12, "latency apart from weight in memory samples"},
}

func findOldKernel(l *look) []found {
	major, minor, ok := release(l.Kernel)
	if !ok {
		return none
	}
	var lacks []string
	for _, s := range since {
		if major < s.major || major == s.major && minor < s.minor {
			lacks = append(lacks, fmt.Sprintf("%s (since %d.%d)", s.what, s.major, s.minor))
		}
	}
	if lacks == nil {
		return none
	}
	return one(fmt.Sprintf("Linux %s lacks %s", l.Kernel, strings.Join(lacks, "; ")), "")
}

// release reads "5.10.0-23-amd64".
func release(s string) (major, minor int, ok bool) {
	parts := strings.SplitN(s, ".", 3)
	if len(parts) < 2 {
		return 0, 0, false
	}
	major, err := strconv.Atoi(parts[0])
	minor, merr := strconv.Atoi(strings.TrimRight(strings.SplitN(parts[1], "-", 2)[0], "+"))
	return major, minor, err == nil && merr == nil
}

func findParanoid(l *look) []found {
	level, err := strconv.Atoi(l.AsFound.PerfEventParanoid)
	if err != nil || level < 3 {
		return none
	}
	return one(fmt.Sprintf("kernel.perf_event_paranoid is %d", level), "sysctl -w kernel.perf_event_paranoid=2   # or give the agent CAP_PERFMON")
}

func findWatchdog(l *look) []found {
	// A guest has no such interrupts, or has them from its hypervisor.
	if l.AsFound.NMIWatchdog != "1" || l.AsFound.Hypervisor != "" {
		return none
	}
	return one("the NMI watchdog is on", "sysctl -w kernel.nmi_watchdog=0")
}
