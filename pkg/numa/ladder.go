package numa

import "fmt"

// Rung is a step of the ladder of capability: the kind of evidence that a
// figure about locality rests on, best first. A view shows its rung, and no
// claim is made that its rung cannot carry.
type Rung int

// The rungs. NoRung is a figure that says nothing about locality.
const (
	NoRung       Rung = 0
	LoadSamples  Rung = 1 // memory samples with data source: PEBS, IBS, SPE
	Counters     Rung = 2 // counters split into local and remote
	FaultSamples Rung = 3 // minor faults: CPU's node × memory's node
	HintFaults   Rung = 4 // NUMA-balancing hint faults and page migrations
	Placement    Rung = 5 // where pages lie: numastat, numa_maps, pagemap
)

func (r Rung) String() string {
	switch r {
	case NoRung:
		return "none"
	case LoadSamples:
		return "load samples"
	case Counters:
		return "counters"
	case FaultSamples:
		return "fault samples"
	case HintFaults:
		return "hint faults"
	case Placement:
		return "placement"
	}
	return fmt.Sprintf("rung(%d)", int(r))
}

// Unavailable says that a part of a host could not be measured. It is an
// error, and it is recorded in the run, so that a reader sees null and the
// reason instead of zero.
type Unavailable struct {
	Feature string `json:"feature"` // what is missing, e.g. "counters: context-switches by CPU"
	Why     string `json:"why"`     // what the kernel said, or what lacks
	Remedy  string `json:"remedy"`  // what the user can do
}

func (u *Unavailable) Error() string {
	if u.Remedy == "" {
		return fmt.Sprintf("%s: %s", u.Feature, u.Why)
	}
	return fmt.Sprintf("%s: %s; %s", u.Feature, u.Why, u.Remedy)
}
