package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/goprogram"
	"github.com/numalens/numalens/pkg/collect/sampling"
	"github.com/numalens/numalens/pkg/collect/trace"
)

// rounds is how often work with probes and without them takes turns: what
// else runs then slows both.
const rounds = 21

// probe measures what an event costs the program that causes it: the CPU time
// of the same work with the probes on, less that with them off.
func (b *bench) probe() {
	for _, l := range []struct {
		name, kind, what string
		operations       int
		every            uint32
	}{
		{"kmalloc", "kmalloc", trace.Kmalloc, 32_000, 1000},
		{"kmalloc-kept", "kmalloc", trace.Kmalloc, 6_400, 1},
		{"page", "page", trace.Pages, 32_000, 1000},
		{"page-kept", "page", trace.Pages, 6_400, 1},
		{"growslice", "growslice", trace.Go, 16_000, 1000},
		{"growslice-kept", "growslice", trace.Go, 6_400, 1},
	} {
		c, err := b.costToWorkload(l.kind, l.what, l.operations, l.every)
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench/agent: BenchmarkProbe/%s is left out: %v\n", l.name, err)
			continue
		}
		fmt.Fprintf(b.out, "BenchmarkProbe/%s 1 %s\n", l.name, c)
	}
	b.traps()
}

// pairs are times of an operation, ns, without and with something: those of
// one round belong together.
type pairs struct{ plain, with, difference []float64 }

func (p *pairs) add(plain, with float64) {
	p.plain, p.with, p.difference = append(p.plain, plain), append(p.with, with), append(p.difference, with-plain)
}

// String gives medians, and between what half of the differences lie.
func (p *pairs) String() string {
	d := slices.Sorted(slices.Values(p.difference))
	return fmt.Sprintf("%.4g ns/op %.4g quarter-ns/op %.4g three-quarters-ns/op %.4g plain-ns/op", d[len(d)/2], d[len(d)/4], d[3*len(d)/4], median(p.plain))
}

// costToWorkload has a program work without probes and with them, in turn.
func (b *bench) costToWorkload(kind, what string, operations int, every uint32) (*pairs, error) {
	w, err := startWorker(kind, b.host.Topology.CPUs[0].ID)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	p := &pairs{}
	for range rounds {
		plain, err := w.do(operations)
		if err != nil {
			return nil, err
		}
		with, err := b.whileTraced(w, what, operations, every)
		if err != nil {
			return nil, err
		}
		p.add(plain, with)
	}
	return p, nil
}

func (b *bench) whileTraced(w *worker, what string, operations int, every uint32) (ns float64, err error) {
	clock, err := collect.ReadClock()
	if err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	o := trace.Options{Roots: collect.HostRoots(), Clock: clock, Topology: &b.host.Topology, What: []string{what}, GoPrograms: []string{self}, Watch: []int{w.cmd.Process.Pid}}
	for i := range sampling.KindCount {
		o.Every[i] = every
	}
	c, report, err := trace.Open(o)
	if err != nil {
		return 0, err
	}
	if c == nil {
		return 0, &report.Unavailable[0]
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if _, err := w.do(operations / 10); err != nil { // the stacks are known then
		return 0, err
	}
	return w.do(operations)
}

// traps measures what it takes to enter a program that does nothing.
func (b *bench) traps() {
	if err := b.trapsOfUprobes(); err != nil {
		fmt.Fprintf(os.Stderr, "bench/agent: BenchmarkTrap/uprobe is left out: %v\n", err)
	}
	symbol := map[string]string{"amd64": "__x64_sys_ppoll", "arm64": "__arm64_sys_ppoll"}[runtime.GOARCH]
	b.trap("kprobe", "kmalloc", func(p *ebpf.Program) (link.Link, error) { return link.Kprobe(symbol, p, nil) })
}

// trapsOfUprobes are at the entry of the function by which slices grow, and
// at the instruction that package goprogram chooses.
func (b *bench) trapsOfUprobes() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	f, err := os.Open(self)
	if err != nil {
		return err
	}
	defer f.Close()
	program, err := goprogram.Inspect(f)
	if err != nil {
		return err
	}
	if program.Grow == nil {
		return errors.New("slices cannot be watched in this binary")
	}
	exe, err := link.OpenExecutable(self)
	if err != nil {
		return err
	}
	at := program.Grow.Begin
	for name, address := range map[string]uint64{"uprobe-chosen": at.FileOffset, "uprobe-entry": at.FileOffset - at.Offset} {
		b.trap(name, "growslice", func(p *ebpf.Program) (link.Link, error) {
			return exe.Uprobe(at.Symbol, p, &link.UprobeOptions{Address: address})
		})
	}
	return nil
}

func (b *bench) trap(name, kind string, attach func(*ebpf.Program) (link.Link, error)) {
	p, err := b.costOfTrap(kind, attach)
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench/agent: BenchmarkTrap/%s is left out: %v\n", name, err)
		return
	}
	fmt.Fprintf(b.out, "BenchmarkTrap/%s 1 %s\n", name, p)
}

func (b *bench) costOfTrap(kind string, attach func(*ebpf.Program) (link.Link, error)) (*pairs, error) {
	empty, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.Kprobe, License: "GPL", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}})
	if err != nil {
		return nil, err
	}
	defer empty.Close()
	w, err := startWorker(kind, b.host.Topology.CPUs[0].ID)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	const operations = 16_000
	p := &pairs{}
	for range rounds {
		plain, err := w.do(operations)
		if err != nil {
			return nil, err
		}
		l, err := attach(empty)
		if err != nil {
			return nil, err
		}
		with, err := w.do(operations)
		if err := errors.Join(err, l.Close()); err != nil {
			return nil, err
		}
		p.add(plain, with)
	}
	return p, nil
}
