// Package collect turns what a host's kernel counts into rows of an export.
//
// Each collector lives in a package of its own and is listed by name in the
// command that runs it; nothing registers itself:
//
//	hostinfo   what the host is: topology, clock, pinning (read once, no collector)
//	launch     starts the recorded command held back until collectors are open
//	numastat   table nodes: each node's numastat, meminfo and vmstat
//	counters   table counters: groups of perf events by CPU
//	pmu        chooses what those count on this host (read once, no collector)
//	uncore     table counters: memory channels, links and caches beside the cores
//	faults     table samples: minor faults, CPU's node × memory's node
//	placement  table placement: where the recorded processes' pages lie
//	balancing  table counters: NUMA balancing and page migrations of the host
//	softpmu    both: what the plugin of an emulated machine counted and sampled
//	trace      by BPF: who allocates, grows, moves and flushes what, and on which node
//	sampling   which of trace's events are kept, and what that may cost (no collector)
//	symbols    what names the addresses that trace tells (no collector)
//	goprogram  where Go programs are probed (no collector)
//	self       table counters: what the agent itself takes
//	calibrate  known workloads that prove events (run once, no collector)
//	perfevent  the kernel interface that counters and faults share
//
// # Life of a collector
//
// A package's Open takes its Options and gives a Collector, a Report for the
// manifest, and an error. The error is for wrong use only. What the host
// refuses is in Report.Unavailable, and a Collector that has nothing left to
// collect is nil: the agent records the reasons and goes on with the others.
//
// After that the agent has one loop, on one goroutine, and so one timer:
//
//	schedule := collect.NewSchedule(clock, time.Now(), collectors...)
//	schedule.Begin(sink) // before the recorded command is released
//	for {
//		wait for schedule.Next(), schedule.Wake() or the end
//		schedule.Drain(time.Now(), sink), or schedule.DrainWoken(sink)
//	}
//	schedule.Finish(sink) // the totals up to the end; then Close
//
// Ticks of all collectors fall on the same multiples of their periods, so
// that a process which collects at 1 Hz wakes once a second whatever the
// number of its collectors. The kernel does what needs to be quicker; the one
// exception is counters read by system call, whose Period is shorter.
//
// This package leaves out how rows are stored (export) and what they mean
// (query). A collector never writes a file, and starts no goroutine but one
// that sleeps until a ring fills up.
package collect

import (
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Sink takes rows; export's writer satisfies it. Its methods never wait for
// a disk, and copy what they keep, so that collectors can use their buffers
// again.
type Sink interface {
	Counter(export.CounterRow)
	Node(export.NodeRow)
	Sample(export.Sample)
	Placement(export.PlacementRow)
	TraceSink
	Note(export.Note)
}

// TraceSink takes what probes tell of.
type TraceSink interface {
	Allocation(export.Allocation)
	Event(export.Event)
	Migration(export.Migration)
	Stack(export.Stack)
	Mapping(export.Mapping)
	Symbol(export.Symbol)
}

// Collector gathers rows of one kind from the kernel. It is used from one
// goroutine.
type Collector interface {
	// Name is for messages: "numastat", "counters", "faults".
	Name() string
	// Period is how often Drain is to be called. It may change with a Drain.
	Period() time.Duration
	// Drain appends to the sink what came since it was last called. Rows
	// that were lost become a note. An error means that nothing more will
	// come: the caller notes it and closes this collector, not the others.
	Drain(Sink) error
	// Finish drains for the last time and appends the totals at the end.
	Finish(Sink) error
	Close() error
}

// Waker is a Collector with a buffer that can fill up before its period is
// over.
type Waker interface {
	Collector
	// Notify has the collector send to c, without waiting, when it should
	// be drained early. It is called once, before the first Drain.
	Notify(c chan<- struct{})
}

// Pauser is a Collector that holds perf events and can give them back for a
// while. Between the two calls it is drained as always, and has nothing.
type Pauser interface {
	Collector
	// Pause appends the counts until now and closes what is counted with.
	Pause(sink Sink, why string) error
	// Resume counts again, in a new epoch. What cannot be opened again is
	// noted.
	Resume(sink Sink, why string) error
}

// Report is what an opened collector says for the manifest.
type Report struct {
	// Groups are appended to Manifest.Groups at the index that the
	// collector's Options named as FirstGroup.
	Groups []export.Group
	Tables []export.TableInfo
	// ProcessorModel is the processor's name in the event table, if it has one.
	ProcessorModel string
	// ReferenceHz is the frequency of the clock that ref-cycles counts; 0 is
	// not known, or nobody asked.
	ReferenceHz int64
	// Units are the instances of scope uncore; one collector gives them.
	Units []export.Unit
	// NodeColumns are the value columns of the nodes table, in the order of
	// NodeRow.Values.
	NodeColumns []string
	Rung        numa.Rung
	Unavailable []numa.Unavailable
	// Emulated is set by a collector that can only be there on an emulated
	// machine: the emulator, its model, and what runs in it.
	Emulated string
}

// Roots are where the kernel's file trees are found. Tests and fixtures put
// other directories there.
type Roots struct {
	Sys  string // "/sys"
	Proc string // "/proc"
}

// HostRoots are the trees of the running kernel.
func HostRoots() Roots { return Roots{Sys: "/sys", Proc: "/proc"} }
