package perfdata

import (
	"fmt"
	"slices"
)

// events are the file's events, and which of them a sample is of.
type events struct {
	list []*event
	byID map[uint64]*event
	// idAt is the place of the id in every sample, -1 where there is none.
	idAt   int
	lastID uint64
	last   *event
}

func newEvents() *events { return &events{byID: map[uint64]*event{}, idAt: -1} }

// add takes an event and its ids, 8 bytes each.
func (es *events) add(e *event, ids []byte) error {
	at := e.idOffset()
	if len(es.list) > 0 && at != es.idAt {
		return fmt.Errorf("event %s has its id at another place than those before it: no sample tells its event", e.label())
	}
	es.idAt = at
	es.list = append(es.list, e)
	for ; len(ids) >= 8; ids = ids[8:] {
		es.byID[le.Uint64(ids)] = e
	}
	return nil
}

// of finds the event of a sample, nil if it has none.
func (es *events) of(payload []byte) *event {
	if es.idAt < 0 || len(es.byID) == 0 {
		if len(es.list) == 1 || es.alike() {
			return es.list[0]
		}
		return nil
	}
	if len(payload) < es.idAt+8 {
		return nil
	}
	id := le.Uint64(payload[es.idAt:])
	if es.last == nil || id != es.lastID {
		es.lastID, es.last = id, es.byID[id]
	}
	return es.last
}

// alike is true of events without ids whose samples tell the same.
func (es *events) alike() bool {
	for _, e := range es.list {
		f := es.list[0]
		if e.fields != f.fields || e.readFormat != f.readFormat || e.branch != f.branch || e.regsUser != f.regsUser ||
			e.regsIntr != f.regsIntr || e.typ != f.typ || e.config != f.config || e.period != f.period {
			return false
		}
	}
	return len(es.list) > 0
}

// operationEvents are the names that perf gives to the events that it makes
// of one Arm SPE record (tools/perf/util/arm-spe.c): each of them tells of
// the same operation.
var operationEvents = []string{"l1d-miss", "l1d-access", "llc-miss", "llc-access", "tlb-miss", "tlb-access",
	"branch-miss", "branch", "remote-access", "memory", "instructions"}

// markCopies leaves one event of those that tell of the same operations, and
// tells whether there is none that tells of all of them.
func (es *events) markCopies() (ambiguous bool) {
	var of []*event
	all := false
	for _, e := range es.list {
		if slices.Contains(operationEvents, e.name) {
			of = append(of, e)
			all = all || e.name == "memory"
		}
	}
	if !all && len(of) < 2 {
		return false
	}
	for _, e := range of {
		e.copies = e.name != "memory"
	}
	return !all
}
