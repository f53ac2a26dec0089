// Package events is the table of what perf_event_open is asked to count: an
// event's name, its numbers in the kernel's interface, its unit and meaning,
// and which events are scheduled together.
//
// It holds three things:
//
//   - the events that every kernel names by itself: software events and the
//     generic hardware events ([CPUGroups], [ProcessGroups]);
//   - the events of processor models, as a table with the vendor's encoding,
//     our meaning, caveat and source ([Table], [Identify]);
//   - perf's syntax for any other event ([Parse]), which a [PMU] encodes.
//
// Nothing is read from the host and nothing opened here: collect/pmu reads
// sysfs and chooses, collect/counters and collect/uncore open.
package events

import "github.com/numalens/numalens/pkg/numa"

// The event types of perf_event_open that the table uses.
const (
	typeHardware = 0 // PERF_TYPE_HARDWARE
	typeSoftware = 1 // PERF_TYPE_SOFTWARE
	typeCache    = 3 // PERF_TYPE_HW_CACHE
)

// Event is one event as any host's kernel would be asked for it.
type Event struct {
	Name   string // perf's name, and the column of the counters table
	Spec   string // perf's syntax for exactly what is asked
	Type   uint32
	Config uint64
	// Config1 and Config2 are further words of the kernel's interface, for
	// events that need them.
	Config1, Config2 uint64
	// ExcludeUser and the others leave a mode out, as the modifiers u, k, h
	// ask for by naming the rest.
	ExcludeUser, ExcludeKernel, ExcludeHypervisor bool
	Unit                                          string // of the count: "1" or "ns"
	Help                                          string // one sentence
	// Meaning is what the count says in the vocabulary for all processors; ""
	// is an event without a place in it. Caveat is how it differs.
	Meaning numa.Meaning
	Caveat  string
	// Set joins events of a group that stay together where the group has to
	// be split: their ratio is of the same moments. "" is on its own.
	Set string
	// Offcore takes one of the two registers that Intel's cores have for
	// offcore responses.
	Offcore bool
	// Counters is how many of a core's counters can count it, where not all
	// can; 0 is all.
	Counters int
	// Proven says that the count's meaning has been checked against known
	// loads. Hardware events are not until calibrate has passed on the host.
	Proven bool
	// KernelOnly events happen inside the kernel only. Where the kernel is
	// excluded from counting, they would read 0 for ever.
	KernelOnly bool
}

// Label names the event for a person who may know it by its meaning, as a
// reader does who finds out why a figure is missing.
func (e Event) Label() string { return label(e.Name, e.Meaning) }

func label(name string, meaning numa.Meaning) string {
	if meaning == "" || string(meaning) == name {
		return name
	}
	return name + " (" + string(meaning) + ")"
}

// Software says that the kernel counts the event itself: it needs no PMU and
// is never multiplexed.
func (e Event) Software() bool { return e.Type == typeSoftware }

// Group is a set of events that the kernel schedules together, so that the
// ratio of two of them is of the same moments.
type Group struct {
	Name   string
	Events []Event
}

// Software reports whether every event of the group is.
func (g Group) Software() bool {
	for _, e := range g.Events {
		if !e.Software() {
			return false
		}
	}
	return true
}

// CPUClock measures the time of a CPU. It is also the timer by which the
// kernel samples other events.
func CPUClock() Event {
	return Event{
		Name: "cpu-clock", Spec: "cpu-clock", Type: typeSoftware, Config: 0, Unit: "ns", Proven: true,
		Help: "time for which the CPU was counted",
	}
}

// TaskClock measures the time for which a program ran.
func TaskClock() Event {
	return Event{
		Name: "task-clock", Spec: "task-clock", Type: typeSoftware, Config: 1, Unit: "ns", Proven: true,
		Help: "time for which the command and its children ran on the CPU",
	}
}

// MinorFaults is the event that fault samples are made of.
func MinorFaults() Event {
	return Event{
		Name: "minor-faults", Spec: "minor-faults", Type: typeSoftware, Config: 5, Unit: "1", Proven: true,
		Help: "page faults that needed no I/O",
	}
}

func schedulerAndFaults() []Event {
	return []Event{
		{
			Name: "context-switches", Spec: "context-switches", Type: typeSoftware, Config: 3, Unit: "1", Proven: true,
			KernelOnly: true, Help: "switches from one task to another",
		},
		{
			Name: "cpu-migrations", Spec: "cpu-migrations", Type: typeSoftware, Config: 4, Unit: "1", Proven: true,
			KernelOnly: true, Help: "tasks that the scheduler moved from the CPU to another",
		},
		MinorFaults(),
		{
			Name: "major-faults", Spec: "major-faults", Type: typeSoftware, Config: 6, Unit: "1", Proven: true,
			Help: "page faults that waited for I/O",
		},
	}
}

// CPUSoftware are the software events that are counted on each CPU, whatever
// runs there.
func CPUSoftware() Group {
	return Group{Name: "software", Events: append([]Event{CPUClock()}, schedulerAndFaults()...)}
}

// ProcessSoftware are those that are counted for the recorded command, by CPU.
func ProcessSoftware() Group {
	return Group{Name: "software", Events: append([]Event{TaskClock()}, schedulerAndFaults()...)}
}

// GenericGroups are the hardware events that the kernel names for every
// processor: what there is to count where the model is not known.
func GenericGroups() []Group { return hardwareGroups() }

// CPUGroups are the software events of CPUs and the generic hardware events.
func CPUGroups() []Group { return append([]Group{CPUSoftware()}, hardwareGroups()...) }

// ProcessGroups are the same of the recorded command.
func ProcessGroups() []Group { return append([]Group{ProcessSoftware()}, hardwareGroups()...) }
