package hostinfo

import (
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// PinningOf reads how another process is confined by now: a recorded command
// may have pinned itself, or be a launcher that pins what it starts. ok is
// false when the process is gone.
func PinningOf(roots collect.Roots, pid string) (p export.Pinning, ok bool) {
	p = tree{roots}.pinning(pid)
	return p, p.CPUs != ""
}

// pinning reads how a process is confined. Its own, "self", is that of a
// command which it starts: it has to be read before the agent moves itself to
// housekeeping CPUs.
func (t tree) pinning(pid string) export.Pinning {
	p := export.Pinning{
		Governor:      t.sys("devices/system/cpu/cpu0/cpufreq/scaling_governor"),
		SMT:           t.sys("devices/system/cpu/smt/control"),
		NUMABalancing: t.proc("sys/kernel/numa_balancing"),
		THP:           chosen(t.sys("kernel/mm/transparent_hugepage/enabled")),
	}
	for line := range strings.Lines(t.proc(pid + "/status")) {
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "Cpus_allowed_list":
			p.CPUs = strings.TrimSpace(value)
		case "Mems_allowed_list":
			p.Mems = strings.TrimSpace(value)
		}
	}
	t.readCgroup(pid, &p)
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
