// Package events is the table of what perf_event_open is asked to count: an
// event's name, its numbers in the kernel's interface, its unit and meaning,
// and which events are scheduled together.
//
// It holds the events that every kernel names by itself: software events and
// the generic hardware events. What a processor's model adds to them (data
// sources, uncore units), and how a host's events are chosen from that, is
// not here yet. Nothing is opened here; collect/counters does that.
package events

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
	Unit   string // of the count: "1" or "ns"
	Help   string // one sentence
	// Proven says that the count's meaning has been checked against known
	// loads. Hardware events are not until calibrate has passed on the host.
	Proven bool
	// KernelOnly events happen inside the kernel only. Where the kernel is
	// excluded from counting, they would read 0 for ever.
	KernelOnly bool
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

// CPUGroups are counted on each CPU, whatever runs there.
func CPUGroups() []Group {
	software := Group{Name: "software", Events: append([]Event{CPUClock()}, schedulerAndFaults()...)}
	return append([]Group{software}, hardwareGroups()...)
}

// ProcessGroups are counted for the recorded command, by CPU.
func ProcessGroups() []Group {
	software := Group{Name: "software", Events: append([]Event{TaskClock()}, schedulerAndFaults()...)}
	return append([]Group{software}, hardwareGroups()...)
}
