package audit

import (
	"fmt"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

// callers are the kernel functions that allocate for a batch, by version, and
// the workload's own on the way there.
var callers = map[string][]string{
	"message": {"load_msg", "alloc_msg"},
	"poll":    {"do_sys_poll"},
}

var ours = map[string][]string{
	"message": {"tracetest.queue.send"},
	"poll":    {"tracetest.pollAll"},
}

// Kmalloc holds the events of each batch, one by one, and their sums. All
// events of the batches' threads have to be kept.
func (r *Run) Kmalloc(a *tracetest.Account) *Ledger {
	l := &Ledger{}
	remote, events := 0, 0
	for i := range a.Kmalloc {
		b := &a.Kmalloc[i]
		what := fmt.Sprintf("%s of %d bytes by %s on CPU %d", b.By, b.Size, b.Comm, b.CPU)
		found := r.of(export.TracedKmalloc, &b.Span, func(e *export.Event) bool { return e.Size == b.Size })
		if len(found) != int(b.Count) {
			l.wrong("%s: %d events, want %d", what, len(found), b.Count)
		}
		for k := range found {
			r.oneKmalloc(l, a, b, what, &found[k])
			if found[k].GivenNode != found[k].CPUNode {
				remote++
			}
		}
		events += len(found)
	}
	l.tell("%d kernel allocations, event by event; %d were given on another node", events, remote)
	r.sumsAgree(l, a, export.TracedKmalloc, comms(a.Kmalloc, func(b *tracetest.Batch) *tracetest.Span { return &b.Span })...)
	r.kmallocSums(l, a)
	return l.end()
}

func (r *Run) oneKmalloc(l *Ledger, a *tracetest.Account, b *tracetest.Batch, what string, e *export.Event) {
	l.made(what, a, &b.Span, e)
	if e.Failed || e.Addr == 0 || e.Bytes < e.Size || e.Bytes > 2*e.Size+32 || e.GFP <= 0 {
		l.wrong("%s: failed %v, address %#x, %d bytes given, flags %#x", what, e.Failed, e.Addr, e.Bytes, e.GFP)
	}
	if e.AskedNode != -1 {
		l.wrong("%s: node %d was asked for, and the kernel asks for none", what, e.AskedNode)
	}
	if node, ok := nodeOf(&a.Machine, e.Addr); ok && int32(node) != e.GivenNode {
		l.wrong("%s: %#x is told to be on node %d, and is on %d", what, e.Addr, e.GivenNode, node)
	}
	if !r.passes(e.Stack, callers[b.By]...) || !r.passes(e.Stack, ours[b.By]...) {
		l.wrong("%s: none of %v, or of %v, in the stack %v", what, callers[b.By], ours[b.By], r.Functions(e.Stack))
	}
}

// kmallocSums: those whose stacks have the kernel's function are the account's.
func (r *Run) kmallocSums(l *Ledger, a *tracetest.Account) {
	should := map[string]int64{}
	for _, b := range a.Kmalloc {
		should[b.By] += b.Count
	}
	for by, n := range should {
		count, _ := r.summed(a, export.TracedKmalloc, func(s *export.Allocation) bool {
			f := r.Functions(s.Stack)
			return len(f) > 0 && r.callerIs(s.Stack, callers[by]...)
		})
		want(l, fmt.Sprintf("the sum of what %v allocated", callers[by]), count, n)
	}
}

// callerIs tells whether a stack's first function that is no allocator is one
// of these: what is allocated for an allocation has an allocator's function
// between.
func (r *Run) callerIs(stack int64, functions ...string) bool {
	for _, f := range r.Functions(stack) {
		for _, name := range functions {
			if isNamed(f, name) {
				return true
			}
		}
		if isNamed(f, "alloc_slab_obj_exts") || isNamed(f, "memcg_alloc_slab_cgroups") || isNamed(f, "memcg_alloc_page_obj_cgroups") {
			return false
		}
	}
	return false
}

// linear are the addresses at which the guest's kernels, which are not at
// random ones, have physical memory: address and physical address of its
// begin.
var linear = map[bool][2]uint64{
	false: {0xffff888000000000, 0},          // amd64 with four levels of page tables
	true:  {0xffff000000000000, 0x40000000}, // arm64 with 48 bits
}

// nodeOf is the node of a kernel address, where it can be told.
func nodeOf(m *tracetest.Machine, addr uint64) (int, bool) {
	if len(m.Nodes) == 1 {
		return m.Nodes[0].ID, true
	}
	if len(m.Memory) == 0 {
		return 0, false
	}
	base := linear[m.Memory[0].Start > 0]
	return m.NodeOfPhysical(addr - base[0] + base[1])
}

// Failed holds allocations that the kernel refused.
func (r *Run) Failed(a *tracetest.Account) *Ledger {
	l := &Ledger{}
	for i := range a.Failed {
		b := &a.Failed[i]
		found := r.of(export.TracedKmalloc, &b.Span, func(e *export.Event) bool { return tracetest.FailedSize(e.Size) })
		// Linux 6.18 tells twice of each, 6.1 once.
		if n := int64(len(found)); n != b.Count && n != 2*b.Count {
			l.wrong("%d events of %d refused allocations", n, b.Count)
		}
		for k := range found {
			e := &found[k]
			l.made("refused", a, &b.Span, e)
			if !e.Failed || e.Addr != 0 || e.Bytes > 0 || e.GivenNode != -1 {
				l.wrong("refused: failed %v, address %#x, %d bytes, node %d", e.Failed, e.Addr, e.Bytes, e.GivenNode)
			}
		}
		l.tell("%d refused allocations, %d events", b.Count, len(found))
	}
	return l.end()
}
