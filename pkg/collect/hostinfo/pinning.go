package hostinfo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// PinningOf reads how another process is confined by now: a recorded command
// may have been started by a launcher that pins it. Its CPUs are those of all
// its threads together, because a program may pin each to one. ok is false
// when the process is gone.
func PinningOf(roots collect.Roots, pid string) (p export.Pinning, ok bool) {
	t := tree{roots}
	p = t.pinning(pid)
	var all []int
	threads, _ := filepath.Glob(t.procPath(pid + "/task/*/status"))
	for _, file := range threads {
		cpus, err := ParseList(statusField(content(file), "Cpus_allowed_list"))
		if err == nil {
			all = append(all, cpus...)
		}
	}
	if slices.Sort(all); len(all) > 0 {
		p.CPUs = FormatList(slices.Compact(all))
	}
	return p, p.CPUs != ""
}

func statusField(status, name string) string {
	for line := range strings.Lines(status) {
		if value, is := strings.CutPrefix(line, name+":"); is {
			return strings.TrimSpace(value)
		}
	}
	return ""
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
	status := t.proc(pid + "/status")
	p.CPUs, p.Mems = statusField(status, "Cpus_allowed_list"), statusField(status, "Mems_allowed_list")
	p.Policy = t.policy(pid)
	t.readCgroup(pid, &p)
	return p
}

// policy is the memory policy of a process: mappings without one of their own
// show it in numa_maps. So few bytes are asked for that the kernel walks the
// first mapping only, the program's own text, and not the whole process.
func (t tree) policy(pid string) string {
	f, err := os.Open(t.procPath(pid + "/numa_maps"))
	if err != nil {
		return ""
	}
	defer f.Close()
	var line [64]byte
	n, err := f.Read(line[:])
	fields := strings.Fields(string(line[:n]))
	if err != nil || len(fields) < 2 || n == len(line) && len(fields) == 2 {
		return "" // the last word may be cut
	}
	return fields[1]
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
