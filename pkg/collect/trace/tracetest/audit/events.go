package audit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

// of are the events of one kind by one thread within its span.
func (r *Run) of(kind export.Traced, s *tracetest.Span, take func(*export.Event) bool) []export.Event {
	var all []export.Event
	for i := range r.Events {
		e := &r.Events[i]
		if e.Kind == kind && int(e.TID) == s.TID && s.Contains(r.monotonic(e.TS)) && (take == nil || take(e)) {
			all = append(all, *e)
		}
	}
	slices.SortStableFunc(all, func(a, b export.Event) int { return cmp.Compare(a.TS, b.TS) })
	return all
}

// made checks who made an event, and that it was kept.
func (l *Ledger) made(what string, a *tracetest.Account, s *tracetest.Span, e *export.Event) {
	type who struct {
		pid, tid, cpu, node int
		comm                string
	}
	got := who{int(e.PID), int(e.TID), int(e.CPU), int(e.CPUNode), e.Comm}
	should := who{a.PID, s.TID, s.CPU, s.Node, s.Comm}
	if s.CPU < 0 {
		should.cpu, should.node = got.cpu, a.Machine.NodeOfCPU(got.cpu)
	}
	if got != should {
		l.wrong("%s: an event of %+v, want %+v", what, got, should)
	}
	if e.Weight != 1 || e.Rule == "" {
		l.wrong("%s: an event of weight %d by rule %q; all were to be kept", what, e.Weight, e.Rule)
	}
}

// sumsAgree holds the table allocations against the events of one process and
// kind, for those threads of which every event was kept. What the run's notes
// say was lost for want of room may be missing, by whomever, and no more.
func (r *Run) sumsAgree(l *Ledger, a *tracetest.Account, kind export.Traced, comms ...string) {
	type key struct {
		comm               string
		cpuNode, givenNode int32
	}
	type sum struct{ count, bytes int64 }
	events, sums := map[key]sum{}, map[key]sum{}
	for _, e := range r.Events {
		if e.Kind == kind && int(e.PID) == a.PID && slices.Contains(comms, e.Comm) {
			k := key{e.Comm, e.CPUNode, e.GivenNode}
			events[k] = sum{events[k].count + 1, events[k].bytes + max(e.Bytes, 0)}
			sums[k] = sum{}
		}
	}
	for _, s := range r.Allocations {
		if s.Kind == kind && int(s.PID) == a.PID && slices.Contains(comms, s.Comm) {
			k := key{s.Comm, s.CPUNode, s.GivenNode}
			sums[k] = sum{sums[k].count + s.Count, sums[k].bytes + s.Bytes}
			want(l, fmt.Sprintf("the weight of a sum of %s", kind), s.Weight, s.Count)
		}
	}
	lost := r.lost(kind)
	for k, s := range sums {
		e := events[k]
		missing := e.count - s.count
		if missing < 0 || missing > lost || missing == 0 && s.bytes != e.bytes {
			l.wrong("%s by %q from node %d on node %d: %+v by sums, %+v by events; %d were lost for want of room", kind, k.comm, k.cpuNode, k.givenNode, s, e, lost)
		}
		lost -= max(missing, 0)
	}
	if len(events) == 0 {
		l.wrong("no event of kind %s by %v", kind, comms)
	}
}

// summed is the count and the bytes of the sums of a process whose stacks have
// a function.
func (r *Run) summed(a *tracetest.Account, kind export.Traced, take func(*export.Allocation) bool) (count, bytes int64) {
	for i := range r.Allocations {
		if s := &r.Allocations[i]; s.Kind == kind && int(s.PID) == a.PID && take(s) {
			count += s.Count
			bytes += s.Bytes
		}
	}
	return count, bytes
}

// comms are the names of threads, each once.
func comms[T any](all []T, span func(*T) *tracetest.Span) []string {
	var names []string
	for i := range all {
		if s := span(&all[i]); !slices.Contains(names, s.Comm) {
			names = append(names, s.Comm)
		}
	}
	return names
}
