package perfstat

import (
	"regexp"
	"slices"
	"strings"
)

// knownEvents are perf's own names of events (perf list hw sw). A row that
// has neither time, place nor running time is taken for perf's by them: a
// number and a word are anybody's.
var knownEvents = []string{
	"cycles", "cpu-cycles", "instructions", "cache-references", "cache-misses", "branches", "branch-instructions", "branch-misses", "bus-cycles", "ref-cycles",
	"stalled-cycles-frontend", "stalled-cycles-backend", "slots", "cpu-clock", "task-clock", "page-faults", "faults", "minor-faults", "major-faults",
	"context-switches", "cs", "cpu-migrations", "migrations", "CPU-migrations", "alignment-faults", "emulation-faults", "cgroup-switches", "bpf-output", "dummy", "duration_time", "user_time", "system_time",
}

var knownFamilies = []string{"L1-dcache-", "L1-icache-", "LLC-", "dTLB-", "iTLB-", "branch-load", "node-", "topdown-", "uncore_", "mem_load_", "mem-loads", "mem-stores", "raw_syscalls:", "syscalls:", "sched:", "kmem:"}

var (
	rawForm = regexp.MustCompile(`^r[0-9a-f]{2,8}$`)
	pmuForm = regexp.MustCompile(`^[A-Za-z_][\w.-]*/[^/\s]+/[A-Za-z]*$`)
)

func knownEvent(name string) bool {
	plain, _, _ := strings.Cut(name, ":")
	return rawForm.MatchString(plain) || slices.Contains(knownEvents, plain) || pmuForm.MatchString(name) ||
		slices.ContainsFunc(knownFamilies, func(f string) bool { return strings.HasPrefix(name, f) })
}

// perfs tells a row that nothing but perf stat prints.
func (r *row) perfs() bool {
	return r.timed && (r.event != "" || len(r.metrics) > 0) || r.place != whole && r.event != "" && r.place.scope != "thread" ||
		r.why != "" || r.runningNS >= 0 && r.running >= 0 || knownEvent(r.event)
}
