package audit

import (
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

const (
	pid       = 4242
	base      = 1_000_000_000 // the account's clock at the run's begin
	wall      = 1_700_000_000_000_000_000
	frameSize = 0x100
)

// machine has two nodes of one CPU, at addresses as the guest's.
func machine() tracetest.Machine {
	return tracetest.Machine{PageBytes: 4096, Nodes: []tracetest.Node{{ID: 0, CPUs: []int{0}}, {ID: 1, CPUs: []int{1}}},
		Memory: []tracetest.Range{{Node: 0, Start: 0, End: 1 << 29}, {Node: 1, Start: 1 << 29, End: 1 << 30}}}
}

func span(comm string, tid, cpu int, from int64) tracetest.Span {
	return tracetest.Span{Comm: comm, TID: tid, CPU: cpu, Node: cpu, BeganNS: base + from, EndedNS: base + from + 1000}
}

// account is one of everything, small.
func account() *tracetest.Account {
	return &tracetest.Account{
		PID: pid, Machine: machine(),
		Kmalloc: []tracetest.Batch{{Span: span("nl-message", 7, 0, 0), By: "message", Size: 149, Count: 3},
			{Span: span("nl-message", 8, 1, 2000), By: "poll", Size: 24, Count: 2}},
		Failed: []tracetest.Batch{{Span: span("nl-refused", 9, 0, 4000), By: "semaphores", Size: 6_400_000, Count: 2}},
		Pages: []tracetest.Area{{Span: span("nl-touch", 10, 0, 6000), Name: "area", PageBytes: 4096, On: []int{0, 1}, Frames: []uint64{5, 1<<17 + 1}},
			{Span: span("nl-touch", 10, 0, 8000), Name: "huge", PageBytes: 2 << 20, On: []int{1}, Frames: []uint64{1<<17 + 512}}},
		Moves: []tracetest.Move{{Span: span("nl-move", 11, 0, 10000), Reason: "syscall_or_cpuset", From: 0, To: 1, Moved: 5, Failed: 2}},
		Balance: &tracetest.Balance{BeganNS: base + 12000, EndedNS: base + 13000, From: 0, To: 1, Arrived: 4, Balanced: 6, Counted: 9,
			Tasks: []tracetest.TaskMove{{PID: pid, TID: 12, FromNode: 0, ToNode: 1}}},
		Growths: []tracetest.Growth{{Goroutine: 20, ElementSize: 24, NewLength: 1, NewCapacity: 1, NewPointer: 0xc000010000},
			{Goroutine: 20, ElementSize: 24, OldPointer: 0xc000010000, OldLength: 1, OldCapacity: 1, NewLength: 2, NewCapacity: 2, NewPointer: 0xc000020000}},
		Heap:      []tracetest.Site{{Function: "tracetest.AllocateSmall", Size: 416, Count: 2, ProfileCount: 2}},
		FlushSpan: span("nl-flush", 13, 1, 14000),
		Flushes:   []tracetest.Flush{{TID: 13, CPU: 1, Address: 0xffff888000001030, Size: 32}},
	}
}

// stacks of the run: what they are called, innermost first, kernel | user.
var stackFunctions = []string{
	1: "__kmalloc_noprof,load_msg|tracetest.queue.send,main.main",
	2: "do_sys_poll.isra.0|github.com/x/tracetest.pollAll",
	3: "clear_page|main.main",
	4: "|runtime.growslice,a/tracetest.AppendOne[go.shape.int],a/tracetest.growOne[...]",
	5: "|runtime.mProf_Malloc,tracetest.AllocateSmall",
	6: "clflush_cache_range,iommu_flush|main.main",
}

// told is a run that tells all of the account as it was.
func told(a *tracetest.Account) *Run {
	r := &Run{Clock: export.Clock{WallNS: wall, MonotonicNS: base}, Counts: map[export.Traced]Counts{}}
	r.nameStacks()
	for _, b := range a.Kmalloc {
		stack := map[string]int64{"message": 1, "poll": 2}[b.By]
		for range b.Count {
			r.event(export.TracedKmalloc, &b.Span, stack, b.Size, (b.Size+63)/64*64, 0xffff888000004000, 0)
		}
	}
	for _, b := range a.Failed {
		for range b.Count {
			r.event(export.TracedKmalloc, &b.Span, 3, b.Size+300, 0, 0, -1).Failed = true
		}
	}
	for _, p := range a.Pages {
		for i, frame := range p.Frames {
			r.event(export.TracedPage, &p.Span, 3, int64(p.PageBytes), int64(p.PageBytes), frame*4096, int32(p.On[i]))
		}
	}
	for _, g := range a.Growths {
		e := r.event(export.TracedGrowslice, &tracetest.Span{BeganNS: base, TID: 20, Comm: "alloc"}, 4, g.NewLength*g.ElementSize, g.NewCapacity*g.ElementSize+8, g.NewPointer, 0)
		e.Goroutine = g.Goroutine
	}
	for _, s := range a.Heap {
		for range s.Count {
			r.event(export.TracedHeap, &tracetest.Span{BeganNS: base, TID: 20, Comm: "alloc"}, 5, s.Size, s.Size, 0xc000030000, 0).Goroutine = 1
		}
	}
	for _, f := range a.Flushes {
		e := r.event(export.TracedFlush, &a.FlushSpan, 6, int64(f.Size), 128, f.Address, 0)
		e.Lines = 2
	}
	r.sumUp()
	r.migrate(a)
	return r
}

func (r *Run) event(kind export.Traced, s *tracetest.Span, stack, size, bytes int64, addr uint64, given int32) *export.Event {
	r.Events = append(r.Events, export.Event{TS: s.BeganNS + int64(len(r.Events)) - base + wall, Owner: export.Owner{PID: pid, Comm: s.Comm}, Kind: kind,
		CPU: int32(s.CPU), TID: int32(s.TID), Size: size, Bytes: bytes, GFP: 0xcc0, Stack: stack, Addr: addr, CPUNode: int32(s.Node), AskedNode: -1, GivenNode: given,
		Lines: -1, Rule: "all", Weight: 1})
	return &r.Events[len(r.Events)-1]
}

// sumUp makes the sums of the events, a row each.
func (r *Run) sumUp() {
	for _, e := range r.Events {
		r.Allocations = append(r.Allocations, export.Allocation{TS: e.TS, Owner: e.Owner, Kind: e.Kind, Stack: e.Stack, CPUNode: e.CPUNode, GivenNode: e.GivenNode,
			Bytes: e.Bytes, Count: 1, Weight: 1})
	}
	n := int64(0)
	for _, e := range r.Events {
		if e.Kind == export.TracedKmalloc {
			n++
		}
	}
	r.Counts[export.TracedKmalloc] = Counts{Seen: n, Ruled: n}
}

func (r *Run) migrate(a *tracetest.Account) {
	move := func(at int64, comm, reason string, moved, failed int64) {
		r.Migrations = append(r.Migrations, export.Migration{TS: at - base + wall, Owner: export.Owner{PID: pid, Comm: comm}, Kind: export.TracedMigration, CPU: 0,
			Reason: reason, FromNode: 0, ToNode: 1, Moved: moved, Failed: failed})
	}
	move(a.Moves[0].BeganNS, "nl-move", "syscall_or_cpuset", 3, 0)
	move(a.Moves[0].BeganNS+1, "nl-move", "syscall_or_cpuset", 2, 2)
	move(a.Balance.BeganNS, "nl-balance", "numa_misplaced", 4, 0)
	move(a.Balance.BeganNS, "other", "numa_misplaced", 2, 0)
	move(a.Balance.BeganNS, "nl-follow", "numa_balancing", 1, 0)
	r.Migrations[len(r.Migrations)-1].Kind = export.TracedTask
}

// nameStacks gives each function a place of its own in the kernel or in the
// program.
func (r *Run) nameStacks() {
	r.Mappings = []export.Mapping{{Start: 1 << 32, End: 1 << 33, File: "[kernel]"}, {PID: pid, Start: 1 << 20, End: 1 << 21, Offset: 0x1000, File: "/prog"}}
	for number, text := range stackFunctions {
		if text == "" {
			continue
		}
		kernel, user, _ := strings.Cut(text, "|")
		s := export.Stack{Number: int64(number), PID: pid}
		for i, name := range slices.Concat(strings.Split(kernel, ","), strings.Split(user, ",")) {
			at := uint64(len(r.Symbols)) * frameSize
			if name == "" {
				continue
			}
			if kernel != "" && i <= strings.Count(kernel, ",") {
				s.Kernel = append(s.Kernel, 1<<32+at+frameSize) // a return address after the last byte
				r.Symbols = append(r.Symbols, export.Symbol{File: "[kernel]", Start: at, End: at + frameSize, Symbol: name})
				continue
			}
			s.User = append(s.User, 1<<20+at+frameSize/2)
			r.Symbols = append(r.Symbols, export.Symbol{File: "/prog", Start: 0x1000 + at, End: 0x1000 + at + frameSize, Symbol: name})
		}
		if len(s.Kernel) > 0 {
			s.Kernel[0]--
		}
		r.Stacks = append(r.Stacks, s)
	}
}

var audits = map[string]func(*Run, *tracetest.Account) *Ledger{
	"kmalloc": (*Run).Kmalloc, "failed": (*Run).Failed, "pages": (*Run).Pages,
	"moves":   func(r *Run, a *tracetest.Account) *Ledger { return r.Moves(a, true) },
	"balance": (*Run).Balance, "growths": (*Run).Growths,
	"heap":    func(r *Run, a *tracetest.Account) *Ledger { return r.Heap(a, true) },
	"flushes": func(r *Run, a *tracetest.Account) *Ledger { return r.Flushes(a, 64) },
	"counts":  func(r *Run, _ *tracetest.Account) *Ledger { return r.Accounted(export.TracedKmalloc) },
}

func TestTheTruthAgrees(t *testing.T) {
	a := account()
	for name, audit := range audits {
		if l := audit(told(a), a); len(l.Wrong) > 0 {
			t.Errorf("%s: %v", name, l.Wrong)
		}
	}
}

func TestStacksAreNamed(t *testing.T) {
	r := told(account())
	if got, want := r.Functions(1), []string{"__kmalloc_noprof", "load_msg", "tracetest.queue.send", "main.main"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestWhatIsWrongIsFound damages one thing at a time.
func TestWhatIsWrongIsFound(t *testing.T) {
	first := func(r *Run, kind export.Traced) *export.Event {
		return &r.Events[slices.IndexFunc(r.Events, func(e export.Event) bool { return e.Kind == kind })]
	}
	event := func(kind export.Traced, damage func(*export.Event)) func(*Run) {
		return func(r *Run) { damage(first(r, kind)) }
	}
	sum := func(kind export.Traced, damage func(*export.Allocation)) func(*Run) {
		return func(r *Run) {
			damage(&r.Allocations[slices.IndexFunc(r.Allocations, func(s export.Allocation) bool { return s.Kind == kind })])
		}
	}
	for name, c := range map[string]struct {
		audit  string
		damage func(*Run)
	}{
		"an event is missing":       {"kmalloc", func(r *Run) { r.Events = r.Events[1:] }},
		"an event is there twice":   {"kmalloc", func(r *Run) { r.Events = append(r.Events, r.Events[0]) }},
		"another process":           {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.PID++ })},
		"another CPU":               {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.CPU++ })},
		"another node of the CPU":   {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.CPUNode++ })},
		"another name":              {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.Comm = "x" })},
		"another size":              {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.Size++ })},
		"less given than asked":     {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.Bytes = 100 })},
		"another time":              {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.TS += 10000 })},
		"a weight":                  {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.Weight = 2 })},
		"not by a rule":             {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.Rule = "" })},
		"memory of another node":    {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.GivenNode = 1 })},
		"another stack":             {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.Stack = 3 })},
		"no stack":                  {"kmalloc", event(export.TracedKmalloc, func(e *export.Event) { e.Stack = 0 })},
		"a sum too high":            {"kmalloc", sum(export.TracedKmalloc, func(s *export.Allocation) { s.Count++ })},
		"a sum's bytes":             {"kmalloc", sum(export.TracedKmalloc, func(s *export.Allocation) { s.Bytes++ })},
		"a sum of another node":     {"kmalloc", sum(export.TracedKmalloc, func(s *export.Allocation) { s.GivenNode = 1 })},
		"a refusal given":           {"failed", func(r *Run) { r.Events[5].Addr = 1 }},
		"a refusal missing":         {"failed", func(r *Run) { r.Events = slices.Delete(r.Events, 5, 6) }},
		"a page on another node":    {"pages", event(export.TracedPage, func(e *export.Event) { e.GivenNode = 1 })},
		"a page without a node":     {"pages", event(export.TracedPage, func(e *export.Event) { e.GivenNode = -1 })},
		"another frame":             {"pages", event(export.TracedPage, func(e *export.Event) { e.Addr += 4096 })},
		"a page twice":              {"pages", func(r *Run) { r.Events = append(r.Events, *first(r, export.TracedPage)) }},
		"a page moved less":         {"moves", func(r *Run) { r.Migrations[0].Moved-- }},
		"a page failed more":        {"moves", func(r *Run) { r.Migrations[0].Failed++ }},
		"moved elsewhere":           {"moves", func(r *Run) { r.Migrations[0].ToNode = 0 }},
		"moved nobody knows where":  {"moves", func(r *Run) { r.Migrations[0].ToNode = -1 }},
		"moved for another reason":  {"moves", func(r *Run) { r.Migrations[0].Reason = "compaction" }},
		"balanced less":             {"balance", func(r *Run) { r.Migrations[3].Moved-- }},
		"a thread moved back":       {"balance", func(r *Run) { r.Migrations[4].FromNode, r.Migrations[4].ToNode = 1, 0 }},
		"a thread did not move":     {"balance", func(r *Run) { r.Migrations = r.Migrations[:4] }},
		"a growth elsewhere":        {"growths", event(export.TracedGrowslice, func(e *export.Event) { e.Addr++ })},
		"a growth smaller":          {"growths", event(export.TracedGrowslice, func(e *export.Event) { e.Bytes = 23 })},
		"a growth of another":       {"growths", event(export.TracedGrowslice, func(e *export.Event) { e.Goroutine++ })},
		"growths in another order":  {"growths", event(export.TracedGrowslice, func(e *export.Event) { e.TS += 5000 })},
		"a growth in no sum":        {"growths", sum(export.TracedGrowslice, func(s *export.Allocation) { s.Count = 0 })},
		"an object of another size": {"heap", event(export.TracedHeap, func(e *export.Event) { e.Size++ })},
		"an object that weighs":     {"heap", event(export.TracedHeap, func(e *export.Event) { e.Weight = 1000 })},
		"a flush of fewer lines":    {"flushes", event(export.TracedFlush, func(e *export.Event) { e.Lines, e.Bytes = 1, 64 })},
		"a flush elsewhere":         {"flushes", event(export.TracedFlush, func(e *export.Event) { e.Addr += 64 })},
		"a flush on another CPU":    {"flushes", event(export.TracedFlush, func(e *export.Event) { e.CPU = 0 })},
		"one seen and forgotten":    {"counts", func(r *Run) { c := r.Counts["kmalloc"]; c.Seen++; r.Counts["kmalloc"] = c }},
		"a row not written":         {"counts", func(r *Run) { r.Events = r.Events[1:] }},
	} {
		a := account()
		r := told(a)
		c.damage(r)
		if l := audits[c.audit](r, a); len(l.Wrong) == 0 {
			t.Errorf("%s: nothing is said to be wrong", name)
		}
	}
}

// TestLossesThatAreSaidAreBorne: sums may lack what the notes say, no more.
func TestLossesThatAreSaidAreBorne(t *testing.T) {
	a := account()
	r := told(a)
	r.Allocations = r.Allocations[1:]
	r.Notes = []export.Note{{Kind: export.NoteDrop, Table: export.TableAllocations, Count: 1, Text: "kmalloc: no room"}}
	l := &Ledger{}
	r.sumsAgree(l, a, export.TracedKmalloc, "nl-message")
	if len(l.Wrong) > 0 {
		t.Error(l.Wrong)
	}
	r.Allocations = r.Allocations[1:]
	r.sumsAgree(l, a, export.TracedKmalloc, "nl-message")
	if len(l.Wrong) == 0 {
		t.Error("two are missing, one was said, and nothing is said to be wrong")
	}
}

func TestManyOfOneKindAreCounted(t *testing.T) {
	l := &Ledger{}
	for i := range 10 {
		l.wrong("page %d", i)
	}
	if got := l.end().Wrong; len(got) != enough+1 || !strings.Contains(got[enough], "7 more") {
		t.Errorf("%q", got)
	}
}
