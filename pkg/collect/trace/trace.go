// Package trace collects what the kernel and Go programs allocate, where it
// came from and on which node it lies, which pages and tasks move between
// nodes, and which cache lines are flushed: tables allocations, events,
// migrations, stacks, mappings and symbols.
//
// BPF programs (package probes) see every event. In the kernel they add it to
// the sums by stack, owner, CPU's node and node given, which is exact, and
// decide whether it is worth a record of its own: what a rule of package
// sampling asks for always is, of the rest one in so many is. Here, once a
// second, records are taken from three rings, and sums from whichever of two
// maps the programs have left; names come from package symbols.
//
// Cost: 0.6 to 0.8 µs on the CPU that allocates, and 1.4 more where the
// program's own stack is walked; a growth of a Go slice takes two traps of
// 0.7. docs/decisions/tracing-cost.md has what was measured. What the agent
// takes itself is held under its budget by the rates. What the programs take
// of the workload cannot be lowered by a rate, so above its limit probes are
// taken off, and put on again later; the run's notes tell.
//
// It refuses to tell a node that it does not know, and leaves out what the
// agent itself allocates. An allocation in an interrupt counts for whoever
// was interrupted: its stack shows it.
package trace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/sampling"
	"github.com/numalens/numalens/pkg/collect/symbols"
	"github.com/numalens/numalens/pkg/collect/trace/probes"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// What can be traced, as users name it.
const (
	Kmalloc    = "kmalloc"
	Pages      = "pages"
	Migrations = "migrations"
	Flush      = "flush"
	Go         = "go"
)

// Names lists them.
func Names() []string { return []string{Kmalloc, Pages, Migrations, Flush, Go} }

// Options say what is traced.
type Options struct {
	Roots    collect.Roots
	Clock    export.Clock
	Topology *numa.Topology
	// What is a set of Names.
	What []string
	// Keep are the rules by which events are kept whatever the rate.
	Keep []sampling.Rule
	// GoPrograms are executables whose slices and heap are watched, by every
	// process that runs them.
	GoPrograms []string
	Limits     sampling.Limits
	// Watch are processes whose own stacks are walked, and those of their
	// descendants; of others only the kernel's are.
	Watch []int
	// OnlyPID leaves out everyone else; 0 is nobody.
	OnlyPID int
	// Every fixes how many events one sample stands for, by kind; 0 leaves it
	// to the governor. It is for tests, and for who compares runs.
	Every [sampling.KindCount]uint32
	// FirstGroup is the index at which the report's group will stand.
	FirstGroup int
}

const period = time.Second

// Collector holds the programs and what they fill.
type Collector struct {
	o          Options
	kernel     *probes.Kernel
	set        *probes.Set
	head       *sampling.Head
	governor   *sampling.Governor
	units      []*unit
	rings      *rings
	sums       *sums
	stacks     *stacks
	owners     *owners
	names      *symbols.Namer
	group      int
	started    int64
	settled    int64 // when it gave memory back
	meter      meter
	heap       *heap
	following  []link.Link // of who is watched
	asked      asked
	statistics statistics
	nextRead   int64 // of the sums, monotonic
	every      time.Duration
	finished   bool
}

// Open loads the programs and attaches them.
func Open(o Options) (collect.Collector, collect.Report, error) {
	var report collect.Report
	for _, name := range o.What {
		if !slices.Contains(Names(), name) {
			return nil, report, fmt.Errorf("cannot trace %q; there is %v", name, Names())
		}
	}
	if o.Topology == nil {
		return nil, report, errors.New("trace: no topology was given")
	}
	if len(o.What) == 0 {
		return nil, report, nil
	}
	head, err := sampling.Compile(o.Keep)
	if err != nil {
		return nil, report, err
	}
	o.Limits.CPUs = len(o.Topology.CPUs)
	c := &Collector{o: o, head: head, governor: sampling.NewGovernor(o.Limits), group: o.FirstGroup, started: collect.MonotonicNS(), every: period}
	if err := c.load(&report); err != nil {
		c.Close()
		report.Unavailable = append(report.Unavailable, refusal("tracing by BPF", err))
		return nil, report, nil
	}
	c.attach(&report)
	if err := c.watch(); err != nil {
		report.Unavailable = append(report.Unavailable, refusal("trace: stacks of the recorded command's own code", err))
	}
	if len(c.units) == 0 {
		c.Close()
		return nil, report, nil
	}
	c.describe(&report)
	probes.Forget()
	return c, report, nil
}

// load makes the maps and learns of the kernel.
func (c *Collector) load(report *collect.Report) error {
	only := -1
	if nodes := c.o.Topology.Nodes; len(nodes) == 1 {
		only = nodes[0].ID
	}
	if err := probes.Ready(); err != nil {
		return err
	}
	c.kernel = probes.ReadKernel(only, lineBytes(c.o.Topology))
	if err := c.kernel.LearnFromOwn(); err != nil {
		c.kernel.Missing = append(c.kernel.Missing, err)
	}
	// They are compared with in a kprobe alone.
	if _, err := os.Stat(filepath.Join(c.o.Roots.Sys, "bus/event_source/devices/kprobe")); err == nil && c.wants(Migrations) {
		if err := c.kernel.FindFunctions(c.o.Roots.Proc); err != nil {
			c.kernel.Missing = append(c.kernel.Missing, err)
		}
	}
	for _, err := range c.kernel.Missing {
		report.Unavailable = append(report.Unavailable, numa.Unavailable{
			Feature: "trace: node or address of what was given", Why: err.Error(),
			Remedy: "rows have no node there; a kernel with BTF, and an agent with CAP_SYS_ADMIN, tell it"})
	}
	set, err := probes.Load(c.kernel, c.settings())
	if err != nil {
		return err
	}
	c.set = set
	if c.rings, err = openRings(set); err != nil {
		return err
	}
	c.sums = newSums(set)
	c.owners, c.heap = newOwners(c.o.Roots), newHeap()
	names, missing, err := symbols.Open(symbols.Options{Roots: c.o.Roots, Clock: c.o.Clock})
	if err != nil {
		return err
	}
	c.names = names
	report.Unavailable = append(report.Unavailable, missing...)
	c.stacks = newStacks(set, c.names)
	// The governor knows nothing yet, and on a busy host one second of
	// everything would overrun the ring.
	first := sampling.Decision{}
	for i := range first.Every {
		first.Every[i] = everyAtFirst
	}
	return errors.Join(set.SetEvery(c.rates(first)), c.stacks.frames.refill())
}

const everyAtFirst = 64

func (c *Collector) wants(what string) bool { return slices.Contains(c.o.What, what) }

// checkedRecalls is how many recalled kernel stacks are trusted for one that is
// walked as well.
const checkedRecalls = 1024

func (c *Collector) settings() probes.Settings {
	s := probes.Settings{AgentPID: os.Getpid(), OnlyPID: c.o.OnlyPID, RecallStacks: checkedRecalls, Sums: sumsFor(len(c.o.Topology.CPUs)), Nodes: len(c.o.Topology.Nodes)}
	for _, slot := range c.head.Slots() {
		s.Rules = append(s.Rules, probes.Rule{Kinds: slot.Kinds, Flags: uint32(slot.Flags), MinSize: slot.MinSize, MaxSize: slot.MaxSize})
	}
	for i := range s.StacksOf {
		s.StacksOf[i] = probes.KernelStack | probes.UserStack
	}
	for _, kind := range []export.Traced{export.TracedGrowslice, export.TracedHeap} {
		i, _ := sampling.KindIndex(kind)
		s.StacksOf[i] = probes.UserStack
	}
	return s
}

// lineBytes is the size of a cache line of the host.
func lineBytes(t *numa.Topology) uint64 {
	if t.CacheLineBytes > 0 {
		return uint64(t.CacheLineBytes)
	}
	return 64
}

// Name implements collect.Collector.
func (c *Collector) Name() string { return "trace" }

// Period implements collect.Collector.
func (c *Collector) Period() time.Duration { return period }

// Notify implements collect.Waker.
func (c *Collector) Notify(wake chan<- struct{}) { c.rings.notify(wake) }

// Drain implements collect.Collector.
func (c *Collector) Drain(sink collect.Sink) error {
	if err := c.drainRings(sink); err != nil {
		return err
	}
	now := collect.MonotonicNS()
	if !c.meter.due(now) {
		return nil // woken by a ring
	}
	if now >= c.nextRead {
		if err := c.drainSums(sink, now); err != nil {
			return err
		}
		c.nextRead = now + int64(c.every) - int64(period)/2
	}
	if err := c.account(sink, now); err != nil {
		return err
	}
	c.names.Write(sink, nameBudget)
	if c.settled == 0 && now-c.started > int64(settleTime) {
		// Names of the first stacks took as much memory as they will again.
		c.settled = now
		probes.Forget()
	}
	return nil
}

const settleTime = 15 * time.Second

// nameBudget is how long a drain may look for names: what takes longer is
// named by a later one.
const nameBudget = 2 * time.Millisecond

// finalBudget is for the end, when nothing comes later and the workload is
// done.
const finalBudget = 10 * time.Second

// Finish takes the programs off and drains what is left.
func (c *Collector) Finish(sink collect.Sink) error {
	c.finished = true
	var err error
	for _, u := range c.units {
		err = errors.Join(err, u.detach())
	}
	// No program may be at work any more: this waits until every CPU has
	// been out of the kernel's read-side sections.
	unix.Syscall(unix.SYS_MEMBARRIER, membarrierGlobal, 0, 0)
	err = errors.Join(err, c.drainRings(sink))
	now := collect.MonotonicNS()
	for range 2 { // both maps of sums
		err = errors.Join(err, c.drainSums(sink, now))
	}
	err = errors.Join(err, c.account(sink, now))
	c.names.Write(sink, finalBudget)
	return err
}

const membarrierGlobal = 1 << 0 // MEMBARRIER_CMD_GLOBAL, linux/membarrier.h

// Close frees everything.
func (c *Collector) Close() error {
	var err error
	for _, u := range c.units {
		err = errors.Join(err, u.detach())
	}
	for _, l := range c.following {
		err = errors.Join(err, l.Close())
	}
	if c.rings != nil {
		err = errors.Join(err, c.rings.close())
	}
	if c.names != nil {
		err = errors.Join(err, c.names.Close())
	}
	if c.set != nil {
		err = errors.Join(err, c.set.Close())
	}
	return err
}
