package perfscript

import "github.com/numalens/numalens/pkg/export"

// operationEvents are the events that perf makes of one Arm SPE record, in
// the order in which it makes them (arm_spe_sample in
// tools/perf/util/arm-spe.c).
var operationEvents = []string{"l1d-miss", "l1d-access", "llc-miss", "llc-access", "tlb-miss", "tlb-access",
	"branch-miss", "branch", "remote-access", "memory", "instructions"}

// operation is what the samples of one Arm SPE record have in common.
type operation struct {
	cpu, tid      int32
	addr, dataSrc uint64
}

// operations tells which samples are of an operation that was told already.
// It remembers those of one moment.
type operations struct {
	at   int64
	told map[operation]uint16 // which of the events there were
}

// copy is true of a further sample of an operation. One whose event was there
// already is of another operation.
func (o *operations) copy(event []byte, s *export.Sample) bool {
	bit := uint16(0)
	for i, name := range operationEvents {
		if string(event) == name {
			bit = 1 << i
			break
		}
	}
	if bit == 0 {
		return false
	}
	if o.told == nil || s.TS != o.at {
		if o.told == nil {
			o.told = map[operation]uint16{}
		}
		clear(o.told)
		o.at = s.TS
	}
	k := operation{s.CPU, s.TID, s.Addr, s.DataSrc}
	events := o.told[k]
	if events == 0 || events&bit != 0 {
		if len(o.told) < maxOperations {
			o.told[k] = bit
		}
		return false
	}
	o.told[k] = events | bit
	return true
}

// maxOperations of one moment that are remembered: more than a host has CPUs.
const maxOperations = 1 << 14
