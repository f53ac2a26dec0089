package trace

import (
	"debug/elf"
	"fmt"
	"io"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/goprogram"
	"github.com/numalens/numalens/pkg/collect/trace/probes"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// attachGo puts probes on the Go programs. They serve every process that runs
// such a program, also later.
func (c *Collector) attachGo(report *collect.Report) {
	grow := &unit{name: string(export.TracedGrowslice), kind: export.TracedGrowslice, kernel: 3}
	heap := &unit{name: string(export.TracedHeap), kind: export.TracedHeap, kernel: 4}
	for _, path := range c.o.GoPrograms {
		if err := c.attachProgram(path, grow, heap, report); err != nil {
			report.Unavailable = append(report.Unavailable, refusal("trace: Go program "+path, err))
		}
	}
	for _, u := range []*unit{grow, heap} {
		if len(u.links) > 0 {
			c.units = append(c.units, u)
		}
	}
	if len(c.o.GoPrograms) == 0 {
		report.Unavailable = append(report.Unavailable, numa.Unavailable{
			Feature: "trace: slices and heap of Go programs", Why: "no Go program is named, and what is recorded is none",
			Remedy: "name one by --go PATH, or go_programs in the configuration"})
	}
}

func (c *Collector) attachProgram(path string, grow, heap *unit, report *collect.Report) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	program, err := goprogram.Inspect(f)
	if err != nil {
		return err
	}
	for _, u := range program.Missing {
		u.Feature += " (" + path + ")"
		report.Unavailable = append(report.Unavailable, u)
	}
	exe, err := link.OpenExecutable(path)
	if err != nil {
		return err
	}
	if err := c.attachGrowth(exe, program, grow); err != nil {
		return fmt.Errorf("slices: %w", err)
	}
	if h := program.Heap; h != nil {
		at := place(program)
		at.Return, at.Object, at.Size = word(h.At.Return), register(h.Pointer), register(h.Size)
		if here, ok := virtualAddress(f, h.At.FileOffset); ok && h.ProfileRate != 0 {
			at.Rate = int64(h.ProfileRate - here)
		}
		if err := c.uprobe(exe, heap, probes.ObjectProgHeapSample, h.At, at); err != nil {
			return fmt.Errorf("heap: %w", err)
		}
	}
	return nil
}

func (c *Collector) attachGrowth(exe *link.Executable, program *goprogram.Program, u *unit) error {
	g := program.Grow
	if g == nil {
		return nil
	}
	at := place(program)
	at.Length, at.Type, at.ElementSize, at.Return = register(g.NewLength), register(g.Element), g.ElementSize, word(g.Begin.Return)
	// The ends first: a growth that is seen to begin is then seen to end.
	for _, filled := range g.Filled {
		end := at
		end.Array, end.Capacity = register(filled.To), word(filled.Capacity)
		if err := c.uprobe(exe, u, probes.ObjectProgGrowFilled, filled.Point, end); err != nil {
			return err
		}
	}
	u.perSeen = 2
	return c.uprobe(exe, u, probes.ObjectProgGrowBegins, g.Begin, at)
}

func (c *Collector) uprobe(exe *link.Executable, u *unit, name string, at goprogram.Point, where probes.GoPlace) error {
	p, err := c.set.GoProgram(name, where)
	if err != nil {
		return err
	}
	trap := float64(singleSteps)
	if at.Emulated {
		trap = emulated
	}
	u.trapNS = max(u.trapNS, trap)
	return u.hang(hook{fmt.Sprintf("%s+%#x (%s)", at.Symbol, at.Offset, at.Instruction), p, func(p *ebpf.Program) (link.Link, error) {
		return exe.Uprobe(at.Symbol, p, &link.UprobeOptions{Address: at.FileOffset})
	}})
}

func place(program *goprogram.Program) probes.GoPlace {
	return probes.GoPlace{G: register(program.G), GoroutineID: program.GoroutineID}
}

func register(r goprogram.Register) uint32 { return uint32(max(r.Offset, 0)) }

func word(l goprogram.Location) probes.Place {
	p := probes.Place{Reg: register(l.Register), Offset: l.Offset}
	if l.Memory {
		p.InMemory = 1
	}
	return p
}

// virtualAddress is where an executable's byte is linked to be.
func virtualAddress(f io.ReaderAt, offset uint64) (uint64, bool) {
	file, err := elf.NewFile(f)
	if err != nil {
		return 0, false
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_LOAD && p.Off <= offset && offset < p.Off+p.Filesz {
			return offset - p.Off + p.Vaddr, true
		}
	}
	return 0, false
}
