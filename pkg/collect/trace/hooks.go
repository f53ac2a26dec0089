package trace

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/trace/probes"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// unit is what is attached, measured and taken off together.
type unit struct {
	name    string // in notes, and as rules know it: the kind
	kind    export.Traced
	kernel  int // the programs' number of the kind
	hooks   []hook
	links   []link.Link
	cost    runCost
	trapNS  float64
	perSeen float64 // program runs for each event that is counted
}

// hook is one program at one place.
type hook struct {
	place   string // for messages
	program *ebpf.Program
	attach  func(*ebpf.Program) (link.Link, error)
}

func rawTracepoint(name string) func(*ebpf.Program) (link.Link, error) {
	return func(p *ebpf.Program) (link.Link, error) {
		return link.AttachRawTracepoint(link.RawTracepointOptions{Name: name, Program: p})
	}
}

func kprobe(symbol string) func(*ebpf.Program) (link.Link, error) {
	return func(p *ebpf.Program) (link.Link, error) { return link.Kprobe(symbol, p, nil) }
}

// Times that a hit costs besides its program, ns: of a kprobe, of a uprobe
// whose instruction the kernel emulates, and of one that is single-stepped.
// The kernel's statistics have only what a program takes itself. The uprobes'
// are what BenchmarkTrap of bench/agent gave on an AMD EPYC guest (Linux
// 6.18): 780 (774 to 789) and 9,600 (9,400 to 10,400), traps being dear in a
// virtual machine. A kprobe's is an assumption, for one by ftrace: it was not
// measured on hardware yet.
const (
	kprobeTrap  = 100
	emulated    = 780
	singleSteps = 9600
)

// attached is one place of a unit, and whether the unit is worth nothing
// without it.
type wanted struct {
	program, place string
	attach         func(*ebpf.Program) (link.Link, error)
	optional       bool
}

// attach attaches everything that was asked for and that this kernel has.
func (c *Collector) attach(report *collect.Report) {
	if c.wants(Kmalloc) {
		c.add(report, &unit{name: string(export.TracedKmalloc), kind: export.TracedKmalloc, kernel: 0},
			wanted{probes.ObjectProgKmalloc, "tracepoint kmalloc", rawTracepoint("kmalloc"), false},
			wanted{probes.ObjectProgKmallocNode, "tracepoint kmalloc_node", rawTracepoint("kmalloc_node"), true})
	}
	if c.wants(Pages) {
		c.add(report, &unit{name: string(export.TracedPage), kind: export.TracedPage, kernel: 1},
			wanted{probes.ObjectProgPageAlloc, "tracepoint mm_page_alloc", rawTracepoint("mm_page_alloc"), false})
	}
	if c.wants(Flush) {
		c.add(report, &unit{name: string(export.TracedFlush), kind: export.TracedFlush, kernel: 2, trapNS: kprobeTrap}, flushes()...)
	}
	if c.wants(Migrations) {
		c.attachMigrations(report)
	}
	if c.wants(Go) {
		c.attachGo(report)
	}
}

func (c *Collector) attachMigrations(report *collect.Report) {
	c.add(report, &unit{name: "migrations", kind: export.TracedMigration, kernel: probes.MovedPages},
		wanted{probes.ObjectProgPagesMoved, "tracepoint mm_migrate_pages", rawTracepoint("mm_migrate_pages"), false},
		wanted{probes.ObjectProgTaskMoves, "tracepoint sched_move_numa", rawTracepoint("sched_move_numa"), true},
		wanted{probes.ObjectProgTasksSwap, "tracepoint sched_swap_numa", rawTracepoint("sched_swap_numa"), true},
		wanted{probes.ObjectProgMigratePages, "function migrate_pages", kprobe("migrate_pages"), true})
	if !c.has("function migrate_pages") {
		report.Unavailable = append(report.Unavailable, numa.Unavailable{
			Feature: "trace: the nodes that pages move from and to",
			Why:     "the kernel has no kprobes (CONFIG_KPROBES), or no function migrate_pages",
			Remedy:  "migrations are counted, without their nodes; a kernel with kprobes tells them"})
	}
}

func (c *Collector) has(place string) bool {
	for _, u := range c.units {
		for _, h := range u.hooks {
			if h.place == place {
				return true
			}
		}
	}
	return false
}

// flushes are the kernel's functions that clean or invalidate cache lines: on
// x86 the one of arch/x86/mm/pat/set_memory.c. Those of arm64 that do it
// (arch/arm64/mm/cache.S) take no kprobe, so it is their callers in C, of
// arch/arm64/mm/flush.c and dma-mapping.c.
func flushes() []wanted {
	if runtime.GOARCH == "amd64" {
		return functions(probes.ObjectProgFlushSize, "clflush_cache_range")
	}
	return slices.Concat(functions(probes.ObjectProgFlushEnd, "sync_icache_aliases"),
		functions(probes.ObjectProgFlushSize, "arch_wb_cache_pmem", "arch_invalidate_pmem"),
		functions(probes.ObjectProgFlushPhysical, "arch_sync_dma_for_device", "arch_sync_dma_for_cpu"))
}

func functions(program string, names ...string) []wanted {
	var all []wanted
	for _, name := range names {
		all = append(all, wanted{program, "function " + name, kprobe(name), true})
	}
	return all
}

// add attaches a unit, if anything of it can be.
func (c *Collector) add(report *collect.Report, u *unit, places ...wanted) {
	var first error
	for _, w := range places {
		err := c.hang(u, w)
		if err != nil && !w.optional {
			report.Unavailable = append(report.Unavailable, refusal("trace: "+u.name, fmt.Errorf("%s: %w", w.place, err)))
			u.detach()
			return
		}
		if first == nil {
			first = err
		}
	}
	if len(u.links) == 0 {
		report.Unavailable = append(report.Unavailable, refusal("trace: "+u.name, first))
		return
	}
	c.units = append(c.units, u)
}

func (c *Collector) hang(u *unit, w wanted) error {
	p, err := c.set.Program(w.program)
	if err != nil {
		return err
	}
	return u.hang(hook{w.place, p, w.attach})
}

func (u *unit) hang(h hook) error {
	l, err := h.attach(h.program)
	if err != nil {
		return err
	}
	u.hooks, u.links = append(u.hooks, h), append(u.links, l)
	u.cost.programs = append(u.cost.programs, h.program)
	return nil
}

// detach takes a unit off; its programs stay loaded.
func (u *unit) detach() error {
	var err error
	for _, l := range u.links {
		err = errors.Join(err, l.Close())
	}
	u.links = nil
	return err
}

// reattach puts it on again.
func (u *unit) reattach() error {
	for _, h := range u.hooks {
		l, err := h.attach(h.program)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", h.place, err), u.detach())
		}
		u.links = append(u.links, l)
	}
	return nil
}

// refusal explains an error of loading or attaching.
func refusal(feature string, err error) numa.Unavailable {
	u := numa.Unavailable{Feature: feature, Why: err.Error()}
	var verifier *ebpf.VerifierError
	var typed *numa.Unavailable
	switch {
	case errors.As(err, &typed):
		u.Why, u.Remedy = typed.Why, typed.Remedy
	case errors.As(err, &verifier):
		u.Why = "the kernel's verifier refuses the program: " + firstLine(err)
		u.Remedy = "it needs Linux 5.8 or later; report the kernel's version if it is"
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		u.Why = "the kernel refuses BPF to this user (" + firstLine(err) + ")"
		u.Remedy = "run the agent as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_RESOURCE (deploy/numalens-agent.service grants them)"
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EOPNOTSUPP):
		u.Why = "this kernel does not offer it (" + firstLine(err) + ")"
		u.Remedy = "functions need CONFIG_KPROBES, programs CONFIG_UPROBES, all of it CONFIG_BPF_EVENTS and Linux 5.8"
	}
	return u
}

func firstLine(err error) string {
	s := err.Error()
	for i := range s {
		if s[i] == '\n' {
			return s[:i]
		}
	}
	return s
}
