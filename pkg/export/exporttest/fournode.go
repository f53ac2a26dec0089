package exporttest

import (
	"math/rand/v2"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// IncidentNode is the node whose CPUs turn to other nodes' memory.
const IncidentNode = 2

// FourNode makes a run of 32 CPUs on four nodes of two sockets. During its
// middle third the CPUs of node 2 find 60 % of what they load on other
// nodes, three quarters of that on the other socket, and slow down; else it
// is 4 %. At the same time a quarter of what they miss in the LLC is modified
// in another cache, a third of the pages that node 3 gives were meant for
// node 2, which is full, and the agent itself costs six times as much. The
// groups llc, node and hitm are multiplexed: they ran
// three quarters of the time.
func FourNode(o Options) error {
	o = o.withDefaults()
	f := &fourNode{o: o, top: topology(), rng: rand.New(rand.NewPCG(4, 32)), step: int64(time.Second) / int64(o.Hz)}
	w, err := create(o, f.manifest(), fourNodeColumns)
	if err != nil {
		return err
	}
	f.w = w
	f.counts = make([][]float64, len(f.top.CPUs))
	for i := range f.counts {
		f.counts[i] = make([]float64, 13)
	}
	ticks := int64(o.Duration) / f.step
	rotated := int64(0)
	for k := int64(0); k <= ticks; k++ {
		at := k * f.step
		f.tick(at)
		if (at+f.step)/1e9 != at/1e9 {
			if err := w.Flush(); err != nil {
				return err
			}
			if at-rotated >= int64(o.Rotate) {
				rotated = at
				if err := w.Rotate(); err != nil {
					return err
				}
			}
		}
	}
	return finish(w, o, o.Start.UnixNano()+int64(o.Duration))
}

type fourNode struct {
	o      Options
	w      *export.Writer
	top    numa.Topology
	rng    *rand.Rand
	step   int64
	counts [][]float64 // by CPU, in the order of the groups' events
	last   []int64     // by CPU, time of the reading before
	run    []int64     // by CPU, how long the multiplexed groups ran
	pages  [4][2]float64
	missed float64 // pages that node 3 gave and node 2 should have
	spent  int64   // the agent's CPU time
}

var fourNodeColumns = []string{"numa_hit", "numa_miss", "numa_foreign", "interleave_hit", "local_node", "other_node", "meminfo.MemTotal", "meminfo.MemFree"}

func (f *fourNode) manifest() export.Manifest {
	software := export.Group{Name: "software"}
	for _, e := range []export.GroupEvent{
		{Name: "cpu-clock", Unit: "ns", Help: "time, by a timer of the CPU"},
		{Name: "context-switches", Unit: "1", Help: "switches from one thread to another"},
		{Name: "cpu-migrations", Unit: "1", Help: "threads that moved to this CPU"},
		{Name: "minor-faults", Unit: "1", Help: "page faults that needed no I/O"},
		{Name: "major-faults", Unit: "1", Help: "page faults that needed I/O"},
	} {
		e.Spec, e.Proven = e.Name, true
		software.Events = append(software.Events, e)
	}
	hardware := func(group string, names ...string) export.Group {
		g := export.Group{Name: group}
		for _, n := range names {
			g.Events = append(g.Events, export.GroupEvent{Name: n, Spec: n, Unit: "1", Help: "synthetic " + n})
		}
		return g
	}
	agent := export.Group{Name: "agent", Events: []export.GroupEvent{{Name: "agent-cpu", Spec: "getrusage", Unit: "ns", Help: "CPU time of the agent's own process", Proven: true}}}
	name := "incident"
	if f.o.Calm {
		name = "calm"
	}
	return export.Manifest{
		Host: Host, Run: export.RunName(f.o.Start, name), Name: name, Labels: map[string]string{"made": "exporttest"},
		Command: []string{"./join", "--threads", "32"}, CPUModel: "none",
		Topology: f.top, Rung: numa.Counters,
		Pinning: export.Pinning{CPUs: "0-31", Mems: "0-3", NUMABalancing: "0", SMT: "off", THP: "madvise"},
		Groups:  []export.Group{software, hardware("core", "cycles", "instructions"), hardware("llc", "LLC-loads", "LLC-load-misses"), hardware("node", "node-loads", "node-load-misses"), hardware("hitm", "hitm-local", "hitm-remote"), agent},
		Tables: []export.TableInfo{
			{Name: export.TableCounters, PeriodNS: f.step, Scopes: []string{string(export.ScopeCPU), string(export.ScopeAgent)},
				ScopePeriodNS: map[string]int64{string(export.ScopeAgent): 1e9}},
			{Name: export.TableNodes, PeriodNS: 1e9},
			{Name: export.TableSamples, Scopes: []string{string(export.MinorFault)}},
			{Name: export.TableNotes},
		},
		Unavailable: []numa.Unavailable{{Feature: "load samples", Why: "the machine does not exist", Remedy: "record a real one"}},
	}
}

// incident tells whether a CPU's memory is remote at a time since the start.
func (f *fourNode) incident(cpu numa.CPU, at int64) bool {
	third := int64(f.o.Duration) / 3
	return !f.o.Calm && cpu.Node == IncidentNode && at >= third && at < 2*third
}

func (f *fourNode) tick(at int64) {
	if f.last == nil {
		f.last, f.run = make([]int64, len(f.top.CPUs)), make([]int64, len(f.top.CPUs))
	}
	for i, cpu := range f.top.CPUs {
		// A CPU's timer fires a little late, each by its own.
		ts := at + 1e6 + int64(i)*11_000 + f.rng.Int64N(400_000)
		f.read(i, cpu, ts)
		f.faults(i, cpu, at)
	}
	if at%1e9 == 0 {
		f.nodes(at)
		f.spent += 2e6
		if f.incident(numa.CPU{Node: IncidentNode}, at) {
			f.spent += 10e6
		}
		f.w.Counter(export.CounterRow{TS: f.o.Start.UnixNano() + at + 3e6, Scope: export.ScopeAgent, Group: 5, Values: []int64{f.spent}, Enabled: at, Running: at})
	}
}

// read advances a CPU's counts to ts and writes a reading of each group.
func (f *fourNode) read(i int, cpu numa.CPU, ts int64) {
	d := float64(ts - f.last[i])
	ran := int64(d * (0.74 + 0.02*f.rng.Float64()))
	f.last[i] = ts
	f.run[i] += ran
	part := float64(ran) / d
	busy := 0.55 + 0.1*float64(cpu.Node) + 0.08*f.rng.Float64()
	ipc, remote, modified := 1.4, 0.04, 0.002
	if f.incident(cpu, ts) {
		busy, ipc, remote, modified = 0.97, 0.55, 0.60, 0.25
	}
	cycles := busy * 2.6 * d
	instructions := cycles * ipc * (0.97 + 0.06*f.rng.Float64())
	llc := instructions * 0.006
	misses := llc * (0.35 + 0.02*f.rng.Float64())
	remote *= 0.95 + 0.1*f.rng.Float64()
	c := f.counts[i]
	for k, x := range []float64{d, d * 4e-7 * (1 + f.rng.Float64()), d * 1e-9 * f.rng.Float64(), d * 2e-7 * busy, 0,
		cycles, instructions, llc * part, misses * part, misses * part * (1 - remote), misses * part * remote,
		misses * part * modified / 4, misses * part * modified * 3 / 4} {
		c[k] += x
	}
	at := f.o.Start.UnixNano() + ts
	first := 0
	for g, n := range []int{5, 2, 2, 2, 2} {
		values := make([]int64, n)
		for k := range values {
			values[k] = int64(c[first+k])
		}
		running := ts
		if g >= 2 {
			running = f.run[i]
		}
		first += n
		f.w.Counter(export.CounterRow{TS: at, Scope: export.ScopeCPU, Instance: int32(cpu.ID), Group: g, Values: values, Enabled: ts, Running: running})
	}
}

// faults writes some sampled faults of the step that begins at at.
func (f *fourNode) faults(i int, cpu numa.CPU, at int64) {
	for f.rng.Float64() < 0.35 {
		ts := at + f.rng.Int64N(f.step)
		mem := cpu.Node
		remote := 0.04
		if f.incident(cpu, ts) {
			remote = 0.60
		}
		if f.rng.Float64() < remote {
			mem = cpu.Node ^ 1
			if f.rng.IntN(4) > 0 {
				mem = (cpu.Node + 2 + f.rng.IntN(2)) % 4
				if mem/2 == cpu.Node/2 {
					mem = (mem + 2) % 4
				}
			}
		}
		phys := f.top.Nodes[mem].MemoryRanges[0].Start + uint64(f.rng.Int64N(1<<20))<<12
		f.w.Sample(export.Sample{TS: f.o.Start.UnixNano() + ts, Kind: export.MinorFault, CPU: int32(cpu.ID), PID: 4000, TID: int32(4000 + i),
			IP: 0x401000 + uint64(f.rng.IntN(64))*16, Addr: 0x7f0000000000 + uint64(i)<<30 + uint64(f.rng.IntN(1<<18))<<12, Phys: phys,
			CPUNode: int32(cpu.Node), MemNode: int32(mem), Weight: 1})
	}
}

// nodes writes the allocation counts, which rise with the faults, and free
// memory, which falls until the program begins anew.
func (f *fourNode) nodes(at int64) {
	if f.incident(numa.CPU{Node: IncidentNode}, at) {
		f.missed += 800
	}
	for n := range f.top.Nodes {
		miss, foreign := int64(0), int64(0)
		switch n {
		case IncidentNode:
			foreign = int64(f.missed)
		case IncidentNode + 1:
			miss = int64(f.missed)
		}
		remote := 0.04
		if n == IncidentNode && f.incident(numa.CPU{Node: n}, at) {
			remote = 0.60
		}
		f.pages[n][0] += 1600 * (1 - remote) * (0.9 + 0.2*f.rng.Float64())
		f.pages[n][1] += 1600 * remote * (0.9 + 0.2*f.rng.Float64())
		local, other := int64(f.pages[n][0]), int64(f.pages[n][1])
		total := f.top.Nodes[n].MemoryBytes
		f.w.Node(export.NodeRow{TS: f.o.Start.UnixNano() + at + 2e6, Node: int32(n),
			Values: []int64{1e6 + local + other, miss, foreign, 512, 1e6 + local, other, total, total - 4<<30 - (local+other)*4096%(8<<30)}})
	}
}
