package export

// Scope says what one row of the counters table counts.
type Scope string

// The scopes that are written today. Node and socket come from what other
// tools counted; no collector of ours fills them.
const (
	// ScopeCPU counts everything that ran on one CPU; the instance is the CPU.
	ScopeCPU Scope = "cpu"
	// ScopeProcessCPU counts the recorded command and its children, on one
	// CPU; the instance is the CPU. It is what a plain user gets.
	ScopeProcessCPU Scope = "process_cpu"
	// ScopeUncore counts one unit beside the cores; the instance is its place
	// in Manifest.Units.
	ScopeUncore Scope = "uncore"
	// ScopeNode counts what ran on a node's CPUs; the instance is the node.
	ScopeNode Scope = "node"
	// ScopeSocket counts what ran on a socket's CPUs; the instance is the
	// socket.
	ScopeSocket Scope = "socket"
	// ScopeHost counts what happened anywhere on the host; the instance is 0.
	ScopeHost Scope = "host"
	// ScopeAgent counts what the agent itself took of the host; the instance
	// is 0.
	ScopeAgent Scope = "agent"
)

// CounterRow is one reading of one group of events.
type CounterRow struct {
	TS       int64 // ns since the epoch, by the manifest's Clock
	Scope    Scope
	Instance int32
	Group    int     // index into Manifest.Groups
	Values   []int64 // cumulative, in the order of the group's Events; copied
	// Enabled and Running are the group's cumulative times, ns. Running less
	// than Enabled means that the kernel multiplexed the group.
	Enabled, Running int64
	// Epoch grows when the counts start anew: a reset, a hotplug, a sleep of
	// the host.
	Epoch int32
}

// NodeRow is one reading of a node's numastat, meminfo and vmstat.
type NodeRow struct {
	TS     int64
	Node   int32
	Values []int64 // in the order of the node columns given to Create; copied
	Valid  []bool  // false is null; nil means that all are valid
}

// Sample is one memory access or fault.
type Sample struct {
	TS       int64
	Kind     SampleKind
	CPU      int32
	PID, TID int32
	IP       uint64 // 0 is null
	Addr     uint64
	Phys     uint64 // physical address; 0 is null
	CPUNode  int32  // -1 is null
	MemNode  int32  // node of the memory; -1 is null
	DataSrc  uint64 // perf's data_src; 0 is null
	Latency  int32  // cycles; 0 is null
	Weight   int64  // how many such events this one stands for, at least 1
}

// SampleKind is the event that was sampled.
type SampleKind string

// The kinds.
const (
	// MinorFault is a page fault that needed no I/O.
	MinorFault SampleKind = "minor-fault"
	// MemoryLoad is a load, with what served it and how long that took.
	MemoryLoad SampleKind = "load"
	// MemoryStore is a store, with where it went.
	MemoryStore SampleKind = "store"
)

// Note is a moment of the run worth knowing about.
type Note struct {
	TS   int64
	Kind NoteKind
	// Table is the table it concerns; "" is the run, "samples/load" the
	// samples of one kind.
	Table string
	Count int64 // of what was lost, for drops
	Text  string
}

// NoteKind is the kind of a note.
type NoteKind string

// The kinds of notes.
const (
	NoteStart NoteKind = "start"
	NoteStop  NoteKind = "stop"
	NoteMark  NoteKind = "mark"
	NoteDrop  NoteKind = "drop" // rows were lost; Count says how many
)
