package hostinfo

import (
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// pinning reads how this process, and so a command that it starts, is
// confined. It has to be read before the agent moves itself to housekeeping
// CPUs.
func (t tree) pinning() export.Pinning {
	p := export.Pinning{
		Governor:      t.sys("devices/system/cpu/cpu0/cpufreq/scaling_governor"),
		SMT:           t.sys("devices/system/cpu/smt/control"),
		NUMABalancing: t.proc("sys/kernel/numa_balancing"),
		THP:           chosen(t.sys("kernel/mm/transparent_hugepage/enabled")),
	}
	for line := range strings.Lines(t.proc("self/status")) {
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "Cpus_allowed_list":
			p.CPUs = strings.TrimSpace(value)
		case "Mems_allowed_list":
			p.Mems = strings.TrimSpace(value)
		}
	}
	return p
}

// chosen finds the word in brackets: "always [madvise] never".
func chosen(s string) string {
	_, rest, ok := strings.Cut(s, "[")
	word, _, closed := strings.Cut(rest, "]")
	if !ok || !closed {
		return ""
	}
	return word
}
