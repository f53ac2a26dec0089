package imports

// Figure is one number that a tool printed, as it printed it, in base units.
type Figure struct {
	Line int // of the file, from 1

	// TimeNS is when it held, where Timed: wall clock, ns since the epoch, or
	// where Relative the time since the capture began (perf stat -I). A
	// figure without a time holds for the capture as a whole.
	TimeNS   int64
	Timed    bool
	Relative bool

	// Scope and Instance say of what it is: "node" "0", "socket" "1".
	Scope    Scope
	Instance string
	Device   string // the PMU instance, as uncore_imc_free_running_0

	Kind Kind
	Name string // of the event or row, as the tool names it
	Unit string // a base unit: bytes, ns, 1, 1/s; what was scaled says so in the format's page

	Value float64
	// Null is a number that the tool could not give; Why is its own word for
	// that, as "<not counted>".
	Null bool
	Why  string

	// RunningNS is for how long the event was really counted, all instances
	// together; -1 is unknown.
	RunningNS int64
	Running   float64 // share of the time for which it was counted; -1 is unknown
	Variance  float64 // relative, between repetitions; -1 is unknown

	// Column is the figure's column in the table nodes, where the kernel
	// gives it by node: numa_hit, meminfo.MemFree. "" is none.
	Column string

	// Part is one of several figures of that name, place and time, as a
	// bucket of a histogram or a process's share of a CPU: it is no count of
	// the whole, and the table counters does not have it.
	Part bool

	Labels map[string]string // metric group, threshold, bucket …
}

// NewFigure is a figure of which nothing but its place is known yet.
func NewFigure(line int) Figure {
	return Figure{Line: line, RunningNS: -1, Running: -1, Variance: -1}
}

// Scope says of what a figure is.
type Scope string

// The scopes. The instance of a host is "".
const (
	ScopeHost    Scope = "host"
	ScopeNode    Scope = "node"
	ScopeSocket  Scope = "socket"
	ScopeDie     Scope = "die"     // instance "S0-D1"
	ScopeCluster Scope = "cluster" // instance "S0-D0-CLS1"
	ScopeCache   Scope = "cache"   // instance "S0-D0-L3-ID8"
	ScopeCore    Scope = "core"    // instance "S0-D0-C3"
	ScopeCPU     Scope = "cpu"
	ScopeProcess Scope = "process"
	ScopeThread  Scope = "thread" // instance "comm-tid", as perf names it
	ScopeCgroup  Scope = "cgroup"

	ScopeFunction  Scope = "function"
	ScopeCacheLine Scope = "cacheline" // instance its address, "0x55c8971f0080"
	ScopeMap       Scope = "map"       // of a bpftrace program, "@reads"
	ScopeBenchmark Scope = "benchmark" // of a test binary, "Sum/n=1024-8"
)

// Kind says what kind of number a figure is.
type Kind string

// The kinds.
const (
	// KindCount is what was counted in the interval that ended at the
	// figure's time, or in the whole capture.
	KindCount Kind = "count"
	// KindTotal is a cumulative count since a beginning that the tool does
	// not tell, as numastat's since boot.
	KindTotal Kind = "total"
	// KindLevel is how much there was at the figure's time.
	KindLevel Kind = "level"
	// KindMetric is what the tool computed from others: a ratio, a rate.
	KindMetric Kind = "metric"
)
