package trace

import (
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/sampling"
	"github.com/numalens/numalens/pkg/collect/trace/probes"
	"github.com/numalens/numalens/pkg/export"
)

// Flags of an event, as in the programs.
const (
	failed        = 1
	unknownComm   = 2
	unknownCaller = 4
)

// drainRings turns what came through the rings into rows.
func (c *Collector) drainRings(sink collect.Sink) error {
	var refused error
	err := c.rings.drain(func(e *probes.ObjectEvent) {
		switch {
		case e.Kind >= probes.Kinds:
			c.move(sink, e)
			return
		case e.Flags&(unknownComm|unknownCaller) != 0:
			if err := c.judge(sink, e); err != nil && refused == nil {
				refused = err
			}
		}
		c.event(sink, e)
	})
	c.resolve(sink)
	if err == nil {
		err = refused
	}
	return err
}

func (c *Collector) event(sink collect.Sink, e *probes.ObjectEvent) {
	kind := kinds[e.Kind]
	row := export.Event{
		TS: c.o.Clock.Wall(int64(e.Ns)), Owner: c.owners.of(e.Pid, e.Cgroup, e.Comm), Kind: kind,
		CPU: int32(e.Cpu), TID: int32(e.Tid), Size: int64(e.Size), Bytes: int64(e.Bytes), GFP: int64(e.Gfp),
		Caller: e.Caller, Addr: e.Addr, CPUNode: int32(e.CpuNode), AskedNode: int32(e.AskedNode), GivenNode: int32(e.GivenNode),
		Goroutine: int64(e.Goroutine), Lines: -1, Failed: e.Flags&failed != 0, Weight: int64(e.Weight),
	}
	found := c.stacks.of(sink, row.TS, stackOf(e))
	row.Stack = found.number
	if row.Caller == 0 {
		row.Caller = found.caller
	}
	row.Rule = c.ruleOf(e, row)
	switch kind {
	case export.TracedFlush:
		row.Lines, row.GFP = int64(e.Bytes/c.kernel.LineBytes), -1
	case export.TracedGrowslice, export.TracedHeap:
		if kind == export.TracedGrowslice {
			row.GFP = -1
		}
		if c.asked.add(row); len(c.asked.rows) >= askLimit {
			c.resolve(sink)
		}
		return
	}
	sink.Event(row)
}

func (c *Collector) resolve(sink collect.Sink) {
	c.asked.resolve(func(row export.Event) { c.told(sink, row) })
}

// told passes an event of a Go program on, when its node has been asked for.
func (c *Collector) told(sink collect.Sink, row export.Event) {
	if row.Kind == export.TracedHeap {
		weight := c.heap.weigh(&row)
		c.heap.add(row, weight)
	}
	sink.Event(row)
}

// ruleOf is the rule that kept an event. One that was kept until its name or
// caller was judged may be asked for by none; it stands for itself all the
// same, since it was certain to be kept.
func (c *Collector) ruleOf(e *probes.ObjectEvent, row export.Event) string {
	rule := int(e.Rule)
	if e.Flags&(unknownComm|unknownCaller) != 0 {
		name, _ := c.nameOfCaller(row.PID, row.Caller)
		rule = c.head.Matches(row, name)
	}
	if rule < 0 {
		return ""
	}
	return c.head.Rules()[rule].Name
}

func stackOf(e *probes.ObjectEvent) stackKey {
	k := stackKey{kernel: e.KernelStack, user: e.UserStack, pid: int32(e.Pid)}
	if e.KernelStack == 0 {
		k.caller = e.Caller // as among the sums
	}
	return k
}

// judge answers what the programs could not know: whether a thread's name, or
// a caller, is one that a rule asks for. Until then they keep all of it.
func (c *Collector) judge(sink collect.Sink, e *probes.ObjectEvent) error {
	if e.Flags&unknownComm != 0 {
		if err := c.set.Map(probes.ObjectMapComms).Update(&e.Comm, c.head.CommMask(text(e.Comm)), ebpf.UpdateAny); err != nil {
			return fmt.Errorf("tell the programs about %s: %w", text(e.Comm), err)
		}
	}
	if e.Flags&unknownCaller != 0 {
		key, name, ok := c.caller(sink, e)
		if err := c.set.Map(probes.ObjectMapCallers).Update(key, c.head.CallerMask(name, ok), ebpf.UpdateAny); err != nil {
			return fmt.Errorf("tell the programs about caller %s: %w", name, err)
		}
	}
	return nil
}

// caller names who called, and gives the number by which the programs know it.
func (c *Collector) caller(sink collect.Sink, e *probes.ObjectEvent) (key uint64, name string, ok bool) {
	key, addr := e.Caller, e.Caller
	if key == 0 {
		key = e.KernelStack
		addr = c.stacks.of(sink, c.o.Clock.Wall(int64(e.Ns)), stackOf(e)).caller
	}
	if name, ok = c.nameOfCaller(int32(e.Pid), addr); !ok {
		name = fmt.Sprintf("%#x", addr)
	}
	return key, name, ok
}

// nameOfCaller names the function that a call was made from, by the address to
// return to; "" is none that is known.
func (c *Collector) nameOfCaller(pid int32, addr uint64) (string, bool) {
	if addr>>63 != 0 {
		return c.names.Kernel(addr - 1)
	}
	if frames, ok := c.names.User(pid, addr-1); ok && len(frames) > 0 {
		return frames[len(frames)-1].Function, true
	}
	return "", false
}

// reasons are the kernel's, by number: enum migrate_reason of
// include/linux/migrate_mode.h, the same from 5.8 on but for what was added.
var reasons = []string{"compaction", "memory_failure", "memory_hotplug", "syscall_or_cpuset", "mempolicy_mbind",
	"numa_misplaced", "contig_range", "longterm_pin", "demotion", "damon"}

func reason(n int64) string {
	if n < 0 || n >= int64(len(reasons)) {
		return "unknown"
	}
	return reasons[n]
}

func (c *Collector) move(sink collect.Sink, e *probes.ObjectEvent) {
	row := export.Migration{
		TS: c.o.Clock.Wall(int64(e.Ns)), Owner: c.owners.of(e.Pid, e.Cgroup, e.Comm), Kind: export.TracedMigration, CPU: int32(e.Cpu),
		Reason: reason(int64(int32(e.Caller))), FromNode: int32(e.CpuNode), ToNode: int32(e.GivenNode),
		Moved: int64(e.Size), Failed: int64(e.Bytes),
	}
	if e.Kind == probes.MovedTask {
		row.Kind, row.Reason = export.TracedTask, "numa_balancing"
		row.FromNode, row.ToNode = c.nodeOfCPU(row.FromNode), c.nodeOfCPU(row.ToNode)
	} else if row.Reason == "compaction" {
		row.ToNode = row.FromNode // it stays within a zone
	}
	sink.Migration(row)
}

func (c *Collector) nodeOfCPU(cpu int32) int32 {
	if m, ok := c.o.Topology.CPUByID(int(cpu)); ok {
		return int32(m.Node)
	}
	return -1
}

// rates are what the programs keep by chance: the fixed ones, else the
// governor's.
func (c *Collector) rates(d sampling.Decision) [sampling.KindCount]uint32 {
	every := d.Every
	for i, fixed := range c.o.Every {
		if fixed > 0 {
			every[i] = fixed
		}
	}
	return every
}
