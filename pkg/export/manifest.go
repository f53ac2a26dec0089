package export

import (
	"github.com/numalens/numalens/pkg/numa"
)

// Version is the version of the format that this package writes.
const Version = 1

// Manifest is run.json: everything about a run but its rows. Its layout page
// is docs/format/run.md.
type Manifest struct {
	Format  string            `json:"format"` // always "numalens-run"
	Version int               `json:"version"`
	Host    string            `json:"host"`
	Run     string            `json:"run"`            // directory name, unique on the host, sorts by start
	Name    string            `json:"name,omitempty"` // what the user calls it
	Labels  map[string]string `json:"labels,omitempty"`

	State   State `json:"state"`
	StartNS int64 `json:"start_ns"`         // wall clock, ns since the epoch
	EndNS   int64 `json:"end_ns,omitempty"` // 0 while recording

	Command    []string `json:"command,omitempty"`
	ExitStatus *int     `json:"exit_status,omitempty"`

	BootID   string `json:"boot_id,omitempty"`
	Kernel   string `json:"kernel,omitempty"`
	Arch     string `json:"arch,omitempty"`
	CPUModel string `json:"cpu_model,omitempty"`
	// ProcessorModel is the processor's name in the event table, "SPR"; "" is
	// one that is not in it.
	ProcessorModel string `json:"processor_model,omitempty"`
	// ReferenceHz is the frequency of the clock that ref-cycles counts; 0 is
	// not known.
	ReferenceHz int64 `json:"reference_hz,omitempty"`
	// Clock ties the monotonic clock, by which everything is sampled, to the
	// wall clock. It is read once at the start: a step of the wall clock
	// during the run does not move the rows.
	Clock Clock `json:"clock"`
	// Emulated is set when the run was not recorded on hardware; it names
	// the emulator and its model, and every view shows it.
	Emulated string `json:"emulated,omitempty"`

	Topology    numa.Topology      `json:"topology"`
	Pinning     Pinning            `json:"pinning"`
	AsFound     *AsFound           `json:"as_found,omitempty"`
	Findings    []Finding          `json:"findings,omitempty"`
	Rung        numa.Rung          `json:"rung"` // the best rung that the run reached
	Groups      []Group            `json:"groups,omitempty"`
	Units       []Unit             `json:"units,omitempty"` // instances of scope uncore
	Tables      []TableInfo        `json:"tables"`
	Unavailable []numa.Unavailable `json:"unavailable,omitempty"`
	Agent       Agent              `json:"agent"`
	// Paused is set while perf events rest for someone else's use.
	Paused *Pause `json:"paused,omitempty"`
	// Calibration is the host's, where one was taken that still holds.
	Calibration *Calibration `json:"calibration,omitempty"`
	Segments    []Segment    `json:"segments"`
	// SumsOfNodes is set by sources that hold no CPU's counts, only those of
	// nodes. No file says it.
	SumsOfNodes bool `json:"-"`
}

// State of a run.
type State string

// A run is recording until it is sealed; one that was cut off and mended by
// cutting its tail to the last whole batch is recovered.
const (
	Recording State = "recording"
	Sealed    State = "sealed"
	Recovered State = "recovered"
)

// Clock is one reading of both clocks at the same moment, in ns.
type Clock struct {
	WallNS      int64 `json:"wall_ns"`
	MonotonicNS int64 `json:"monotonic_ns"`
}

// Wall converts a reading of the monotonic clock.
func (c Clock) Wall(monotonicNS int64) int64 { return monotonicNS - c.MonotonicNS + c.WallNS }

// Pinning is how the workload was confined, as found at the start.
type Pinning struct {
	CPUs          string `json:"cpus,omitempty"`           // allowed CPUs, list format
	Mems          string `json:"mems,omitempty"`           // allowed nodes, list format
	Governor      string `json:"governor,omitempty"`       // of cpu0; "" when there is no cpufreq
	SMT           string `json:"smt,omitempty"`            // as in /sys/devices/system/cpu/smt/control
	NUMABalancing string `json:"numa_balancing,omitempty"` // as in /proc/sys/kernel/numa_balancing
	THP           string `json:"thp,omitempty"`            // the chosen mode
	// Policy is the memory policy that the workload inherits, as numa_maps
	// words it: "default", "bind:0", "interleave:0-3".
	Policy string `json:"policy,omitempty"`
	// Cgroup is the control group's path, and what it and those above it
	// leave: CPUs and nodes in list format, and the processor time in CPUs,
	// 0 where it is not limited.
	Cgroup     string  `json:"cgroup,omitempty"`
	CgroupCPUs string  `json:"cgroup_cpus,omitempty"`
	CgroupMems string  `json:"cgroup_mems,omitempty"`
	CPUQuota   float64 `json:"cpu_quota,omitempty"`
}

// Group is a set of events that the kernel schedules together. Rows of the
// counters table name it by its Name; its Events are columns of that table.
type Group struct {
	Name string `json:"name"`
	// Scope is set where the group's rows are of this scope only; "" is the
	// scope in which CPUs were counted.
	Scope  Scope        `json:"scope,omitempty"`
	Events []GroupEvent `json:"events"`
}

// GroupEvent is one event of a group.
type GroupEvent struct {
	Name   string `json:"name"`   // column name, e.g. "context-switches"
	Spec   string `json:"spec"`   // what was asked of the kernel, in perf's syntax
	Unit   string `json:"unit"`   // of the cumulative count: "1", "ns"
	Help   string `json:"help"`   // one sentence
	Proven bool   `json:"proven"` // software events are; hardware ones once calibrate has passed
	// Untrusted is why calibrate found that the event does not count what
	// its meaning says; "" is not found.
	Untrusted string `json:"untrusted,omitempty"`
	// Meaning is what the count says in the vocabulary for all processors;
	// "" is an event without a place in it, as a user's own. Caveat is how it
	// differs from the vocabulary's sentence on this processor.
	Meaning numa.Meaning `json:"meaning,omitempty"`
	Caveat  string       `json:"caveat,omitempty"`
}

// TableInfo says that a table was recorded and how often.
type TableInfo struct {
	Name     string `json:"name"`
	PeriodNS int64  `json:"period_ns,omitempty"` // between rows of one instance; 0 for events as they come
	// Scopes are the values of the scope column (counters), or of the kind
	// column (samples), that occur.
	Scopes []string `json:"scopes,omitempty"`
	// ScopePeriodNS has the scopes whose rows come at another pace.
	ScopePeriodNS map[string]int64 `json:"scope_period_ns,omitempty"`
	// Columns names the value columns of the nodes table, which differ from
	// kernel to kernel. Create fills it from its nodeColumns.
	Columns []string `json:"columns,omitempty"`
}

// Period is the time between two rows of one instance of a scope, ns.
func (t TableInfo) Period(s Scope) int64 {
	if p, ok := t.ScopePeriodNS[string(s)]; ok {
		return p
	}
	return t.PeriodNS
}

// Agent is who recorded, and what it cost the host.
type Agent struct {
	Version     string  `json:"version"`
	Commit      string  `json:"commit,omitempty"`
	PID         int     `json:"pid,omitempty"` // while recording: tells a live run from a cut-off one
	StartTicks  uint64  `json:"start_ticks,omitempty"`
	CPUSeconds  float64 `json:"cpu_seconds"`
	WallSeconds float64 `json:"wall_seconds"`
}

// Segment is one file of a table. The name carries the generation: a prefix
// of a tail once read never changes, and a sealed file never changes at all.
type Segment struct {
	Table  string `json:"table"`
	File   string `json:"file"`   // within the run's directory, e.g. "counters.000001.parquet"
	Format string `json:"format"` // "arrows" (live tail: Arrow IPC stream) or "parquet" (sealed)
	// The rest is known once the segment is sealed.
	Rows   int64  `json:"rows,omitempty"`
	FromNS int64  `json:"from_ns,omitempty"`
	ToNS   int64  `json:"to_ns,omitempty"`
	Bytes  int64  `json:"bytes,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

// Index is index.json: the hosts and runs below a root. Byte servers do not
// list directories, so this does.
type Index struct {
	Format     string      `json:"format"` // always "numalens-index"
	Version    int         `json:"version"`
	Generation int64       `json:"generation"` // grows with each rewrite
	Hosts      []IndexHost `json:"hosts"`
}

// IndexHost is a host and its runs, oldest first.
type IndexHost struct {
	Host string     `json:"host"`
	Runs []IndexRun `json:"runs"`
}

// IndexRun is what is worth knowing before opening a run.
type IndexRun struct {
	Run     string            `json:"run"`
	Name    string            `json:"name,omitempty"`
	State   State             `json:"state"`
	StartNS int64             `json:"start_ns"`
	EndNS   int64             `json:"end_ns,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
}
