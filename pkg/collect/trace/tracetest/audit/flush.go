package audit

import (
	"cmp"
	"slices"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

// Flushes holds every flush, whoever had it done, against the kernel's own
// telling.
func (r *Run) Flushes(a *tracetest.Account, lineBytes uint64) *Ledger {
	type flush struct {
		tid, cpu   int
		addr, size uint64
	}
	l := &Ledger{}
	var should, got []flush
	for _, f := range a.Flushes {
		should = append(should, flush{f.TID, f.CPU, f.Address, f.Size})
	}
	for _, e := range r.Events {
		if e.Kind != export.TracedFlush || !a.FlushSpan.Contains(r.monotonic(e.TS)) {
			continue
		}
		got = append(got, flush{int(e.TID), int(e.CPU), e.Addr, uint64(e.Size)})
		first, last := e.Addr/lineBytes, (e.Addr+uint64(e.Size)-1)/lineBytes
		if uint64(e.Lines) != last-first+1 || uint64(e.Bytes) != uint64(e.Lines)*lineBytes {
			l.wrong("a flush of %d bytes at %#x: %d lines, %d bytes", e.Size, e.Addr, e.Lines, e.Bytes)
		}
		if node, ok := nodeOf(&a.Machine, e.Addr); ok && int32(node) != e.GivenNode {
			l.wrong("a flush at %#x, on node %d: told to be on %d", e.Addr, node, e.GivenNode)
		}
		if int(e.CPUNode) != a.Machine.NodeOfCPU(int(e.CPU)) || e.Weight != 1 {
			l.wrong("a flush on CPU %d: node %d, weight %d", e.CPU, e.CPUNode, e.Weight)
		}
		if len(r.Functions(e.Stack)) < 2 {
			l.wrong("a flush has the stack %v", r.Functions(e.Stack))
		}
	}
	order := func(x, y flush) int {
		return cmp.Or(cmp.Compare(x.addr, y.addr), cmp.Compare(x.size, y.size), cmp.Compare(x.tid, y.tid), cmp.Compare(x.cpu, y.cpu))
	}
	slices.SortFunc(should, order)
	slices.SortFunc(got, order)
	if !slices.Equal(should, got) {
		l.wrong("flushes: %d, and the kernel told of %d: %+v, want %+v", len(got), len(should), some(got), some(should))
	}
	l.tell("%d flushes, event by event", len(got))
	return l.end()
}

func some[T any](all []T) []T { return all[:min(len(all), 8)] }
