package perfdata

import (
	"fmt"
	"math/bits"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports/datasrc"
)

// The bits of perf_event_attr.sample_type that say which fields a sample has
// (include/uapi/linux/perf_event.h).
const (
	hasIP           = 1 << 0
	hasTID          = 1 << 1
	hasTime         = 1 << 2
	hasAddr         = 1 << 3
	hasRead         = 1 << 4
	hasCallchain    = 1 << 5
	hasID           = 1 << 6
	hasCPU          = 1 << 7
	hasPeriod       = 1 << 8
	hasStreamID     = 1 << 9
	hasRaw          = 1 << 10
	hasBranchStack  = 1 << 11
	hasRegsUser     = 1 << 12
	hasStackUser    = 1 << 13
	hasWeight       = 1 << 14
	hasDataSrc      = 1 << 15
	hasIdentifier   = 1 << 16
	hasTransaction  = 1 << 17
	hasRegsIntr     = 1 << 18
	hasPhys         = 1 << 19
	hasAux          = 1 << 20
	hasCgroup       = 1 << 21
	hasDataPageSize = 1 << 22
	hasCodePageSize = 1 << 23
	hasWeightStruct = 1 << 24
	knownFields     = 1<<25 - 1
)

const (
	readEnabled = 1 << 0
	readRunning = 1 << 1
	readID      = 1 << 2
	readGroup   = 1 << 3
	readLost    = 1 << 4

	branchHWIndex  = 1 << 17
	branchCounters = 1 << 19

	flagFreq = 1 << 10

	typeSoftware = 1
	minorFaults  = 5 // PERF_COUNT_SW_PAGE_FAULTS_MIN
)

// event is what a perf_event_attr says about its samples.
type event struct {
	name       string
	typ        uint32
	config     uint64
	period     uint64 // 0 where each sample tells its own
	fields     uint64 // sample_type
	readFormat uint64
	branch     uint64
	regsUser   int // registers in a sample
	regsIntr   int

	// copies are events of which each tells of the same operations as another.
	copies bool
	// skipped samples, and the record of the first.
	skipped int64
	first   int
}

func (e *event) skip(record int) {
	if e.skipped++; e.skipped == 1 {
		e.first = record
	}
}

// attrBytesV0 is the size of the first perf_event_attr.
const attrBytesV0 = 64

// parseEvent reads a perf_event_attr. Fields that an older one lacks are 0.
func parseEvent(b []byte) (*event, error) {
	if len(b) < attrBytesV0 {
		return nil, fmt.Errorf("an event of %d bytes, less than the %d of the first kernels that had one", len(b), attrBytesV0)
	}
	at := func(offset int) uint64 {
		if len(b) < offset+8 {
			return 0
		}
		return le.Uint64(b[offset:])
	}
	flags := at(40)
	e := &event{
		typ: uint32(at(0)), config: at(8), period: at(16), fields: at(24), readFormat: at(32),
		branch: at(72), regsUser: bits.OnesCount64(at(80)), regsIntr: bits.OnesCount64(at(96)),
	}
	if flags&flagFreq != 0 {
		e.period = 0
	}
	return e, nil
}

// kindOf tells which access a sample is of; "" is none. The data source
// decides: an event of loads also tags what is none.
func (e *event) kindOf(dataSrc uint64) export.SampleKind {
	if kind := datasrc.Kind(dataSrc); kind != "" {
		return kind
	}
	if e.typ == typeSoftware && e.config == minorFaults {
		return export.MinorFault
	}
	return ""
}

// idOffset is the place of the event's id in a sample, -1 if it has none.
func (e *event) idOffset() int {
	if e.fields&hasIdentifier != 0 {
		return 0
	}
	if e.fields&hasID == 0 {
		return -1
	}
	return 8 * bits.OnesCount64(e.fields&(hasIP|hasTID|hasTime|hasAddr))
}

// label is the event's name, or what is known instead of it.
func (e *event) label() string {
	if e.name != "" {
		return e.name
	}
	return fmt.Sprintf("of type %d, config %#x", e.typ, e.config)
}
