package exporttest

import (
	"math/rand/v2"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// TracedRun is the run that Traced makes when it begins at Start.
const TracedRun = "20261124T065040Z-traced"

// The processes of Traced, and the container that one of them is in.
const (
	TracedJoin      = 4100 // a Go program
	TracedServer    = 5200 // a C program, in a container
	TracedContainer = "3f2a9c0d71e4b85a6c7d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f80912a3b4c5"
)

// Traced makes a run of what probes tell, on four nodes of two sockets: a Go
// program that fills a table from all nodes, a server in a container, and the
// kernel's own threads. During its middle third the program's threads on node
// 2 are given pages of nodes 0 and 3, and NUMA balancing begins to move them.
// The probe of kmalloc is detached from 2/3 to 7/8 of the run.
func Traced(o Options) error {
	if o.Duration == 0 {
		o.Duration = 24 * time.Second
	}
	o = o.withDefaults()
	f := &tracedMaker{o: o, top: topology(), rng: rand.New(rand.NewPCG(7, 4)), at: o.Start.UnixNano()}
	w, err := create(o, f.manifest(), nil)
	if err != nil {
		return err
	}
	f.w = w
	f.begin()
	for second := int64(1); second <= int64(o.Duration/time.Second); second++ {
		f.second(second)
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return finish(w, o, f.at+int64(o.Duration))
}

type tracedMaker struct {
	o      Options
	w      *export.Writer
	top    numa.Topology
	rng    *rand.Rand
	at     int64 // start
	stacks map[string]int64
	spent  [3]int64 // the agent, its programs, their traps
}

var tracedKinds = []string{"kmalloc", "page", "flush", "growslice", "heap"}

func (f *tracedMaker) manifest() export.Manifest {
	host, agent := string(export.ScopeHost), string(export.ScopeAgent)
	event := func(name, help string) export.GroupEvent {
		return export.GroupEvent{Name: name, Spec: name, Unit: "ns", Help: help, Proven: true}
	}
	return export.Manifest{
		Host: Host, Run: export.RunName(f.o.Start, "traced"), Name: "traced", Labels: map[string]string{"made": "exporttest"},
		Command: []string{"./join", "--threads", "32"}, CPUModel: "none",
		Topology: f.top, Rung: numa.HintFaults,
		Pinning: export.Pinning{CPUs: "0-31", Mems: "0-3", NUMABalancing: "1", SMT: "off", THP: "madvise"},
		Groups: []export.Group{
			{Name: "agent", Events: []export.GroupEvent{event("agent-cpu", "CPU time of the agent's own process")}},
			{Name: "trace", Scope: export.ScopeHost, Events: []export.GroupEvent{
				event("trace.bpf-time", "run time of the probes' programs, on all CPUs"),
				event("trace.trap-time", "estimate of what entering the programs cost, on all CPUs")}},
		},
		Tables: []export.TableInfo{
			{Name: export.TableCounters, Scopes: []string{agent, host}, ScopePeriodNS: map[string]int64{agent: 1e9, host: 1e9}},
			{Name: export.TableAllocations, PeriodNS: 1e9, Scopes: tracedKinds},
			{Name: export.TableEvents, Scopes: tracedKinds},
			{Name: export.TableMigrations, Scopes: []string{"pages", "task"}},
			{Name: export.TableNotes},
		},
		Unavailable: []numa.Unavailable{{Feature: "load samples", Why: "the machine does not exist", Remedy: "record a real one"}},
	}
}

// begin writes what names the stacks.
func (f *tracedMaker) begin() {
	kernel, module := &Code{File: "[kernel]", BuildID: "4b1d", Start: 0xffffffff81000000}, &Code{File: "[e1000e]", BuildID: "e100", Start: 0xffffffffc0400000}
	join := &Code{File: "/usr/local/bin/join", BuildID: "0a11", Start: 0x400000, PID: TracedJoin}
	server := &Code{File: "/usr/sbin/server", BuildID: "5e12", Start: 0x55d400000000, PID: TracedServer}
	libc := &Code{File: "/lib/x86_64-linux-gnu/libc.so.6", BuildID: "11bc", Start: 0x7f1200000000, PID: TracedServer}
	f.stacks = map[string]int64{}
	for i, s := range tracedStacks {
		of := []*Code{join}
		if s.server {
			of = []*Code{server, libc}
		}
		number := int64(i + 1)
		stack := Stack(number, f.at, kernel, s.kernel, of, s.process)
		if s.module != "" {
			stack.Kernel = append(stack.Kernel, module.Address(s.module, false))
		}
		f.stacks[s.name] = number
		f.w.Stack(stack)
	}
	for _, c := range []*Code{kernel, module, join, server, libc} {
		f.w.Mapping(c.Mapping(f.at))
		for _, s := range c.Symbols(f.at) {
			f.w.Symbol(s)
		}
	}
}

// third is 0, 1 or 2.
func (f *tracedMaker) third(second int64) int64 {
	return min((second-1)*3*int64(time.Second)/int64(f.o.Duration), 2)
}

// second writes what one second saw.
func (f *tracedMaker) second(second int64) {
	ts := f.at + second*1e9
	f.pages(ts, f.third(second) == 1)
	f.kmalloc(ts, second)
	f.flushes(ts, second)
	f.slices(ts)
	f.heap(ts)
	f.migrations(ts, f.third(second) == 1)
	f.cost(ts, second)
}

func (f *tracedMaker) cost(ts, second int64) {
	add := []int64{2_400_000, 9_000_000, 150_000}
	if f.third(second) == 1 {
		add = []int64{4_900_000, 31_000_000, 420_000}
	}
	for i := range add {
		f.spent[i] += add[i] + f.rng.Int64N(200_000)
	}
	on := second * 1e9
	f.w.Counter(export.CounterRow{TS: ts, Scope: export.ScopeAgent, Group: 0, Values: f.spent[:1], Enabled: on, Running: on})
	f.w.Counter(export.CounterRow{TS: ts, Scope: export.ScopeHost, Group: 1, Values: f.spent[1:], Enabled: on, Running: on})
}
