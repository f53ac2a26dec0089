// Command agent measures what collecting costs the host that it runs on, by
// part and under different loads. It prints lines in Go's benchmark format:
//
//	BenchmarkAgent/idle/all 1 0.31 %core 11.2 wakeups/s 240 irqs/s 47.1 rows/s
//
// %core is the time that the collecting process was on a CPU, of one core.
// wakeups/s are its voluntary context switches. irqs/s are the timer and
// inter-processor interrupts of the whole host: compare with the part "none"
// under the same load, which collects nothing.
//
// What collecting costs the measured programs is in no process's time. The
// lines of BenchmarkReading give it for counters, as the time by which one
// reading holds up a program that spins; those of BenchmarkFault and
// BenchmarkThread for page faults that are sampled, and for threads of a
// command that is counted.
//
// Tracing is measured under loads of its own, paced at a rate (work/s says
// what was reached), by the collector alone and by the agent with everything
// on, whose probes are never taken off here. The first ten seconds and a steady
// time after twenty stand apart, because the governor has to learn:
//
//	BenchmarkTrace/kmalloc-20k/agent/steady 1 0.45 %core 25 bpf-%core 3000 bpf-ns/run …
//
// bpf-%core is the run time of the programs on all CPUs by the kernel's
// statistics, which are on the whole time; events/s, kept/s, thinned/s and
// lost/s are counts of the programs, of everything that the host does.
// BenchmarkProbe is what an event costs the program that causes it: CPU time
// of the same work with and without probes in turn, the median of the
// differences and its quartiles; "-kept" is with every event sent to the
// agent. BenchmarkTrap is a program that does nothing, at each kind of place.
//
// Parts run in this process, with the agent's own loop and runtime settings;
// the part "agent" is the real binary. "counters" is the agent's way of reading
// them, "counters-timer" and "counters-syscall" are each of the two that it is
// made of. Parts named 128cpus open 64 groups on each of two CPUs, the
// readings of a host with 128, by timer.
//
// Run it as root on a quiet machine: whatever else runs is in irqs/s, and
// makes every fault that it takes a sample.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
)

func main() {
	if runLoad(os.Args) {
		return
	}
	var b bench
	flag.DurationVar(&b.duration, "for", 5*time.Second, "how `long` each line measures")
	flag.IntVar(&b.count, "count", 1, "how often everything is measured, for benchstat")
	flag.IntVar(&b.hz, "hz", 10, "readings a second")
	flag.StringVar(&b.agent, "agent", "bin/numalens-agent", "the agent's `binary`; left out if it is missing")
	only := flag.String("parts", "", "only these `parts`, separated by commas")
	traced := flag.String("traced", "", "only these traced `loads`, separated by commas")
	flag.DurationVar(&b.steady, "steady", 20*time.Second, "how `long` tracing is measured, after its first seconds")
	loads := flag.String("loads", strings.Join(loadNames, ","), "only these `loads`, separated by commas")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./bench/agent [flags]\n\nMeasures what collecting costs this host. Parts:", strings.Join(partNames(), " ")+".\nIts package comment says what the figures mean.\n\nFlags:")
		flag.PrintDefaults()
	}
	flag.Parse()
	b.out = os.Stdout
	b.loads = strings.Split(*loads, ",")
	if *traced != "" {
		b.traced = strings.Split(*traced, ",")
	}
	if *only != "" {
		b.parts = strings.Split(*only, ",")
	}
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/agent:", err)
		os.Exit(1)
	}
}

type bench struct {
	duration time.Duration
	count    int
	hz       int
	agent    string
	loads    []string
	parts    []string // nil is all
	traced   []string // loads; nil is all
	steady   time.Duration
	out      io.Writer
	host     *hostinfo.Info
}

func (b *bench) run() error {
	var err error
	if b.host, err = hostinfo.Read(collect.HostRoots()); err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	quiet()
	fmt.Fprintf(b.out, "goos: %s\ngoarch: %s\npkg: github.com/numalens/numalens/bench/agent\ncpu: %s\n", runtime.GOOS, runtime.GOARCH, b.host.CPUModel)
	for range b.count {
		for _, load := range b.loads {
			if !b.wantsParts() {
				break
			}
			if err := b.underLoad(load); err != nil {
				return err
			}
		}
		if b.wants("reading") {
			b.readings()
		}
		if b.wants("program") {
			b.program()
		}
		if b.wants("probe") {
			b.probe()
		}
		if b.wants("trace") {
			if err := b.tracing(); err != nil {
				fmt.Fprintf(os.Stderr, "bench/agent: BenchmarkTrace is left out: %v\n", err)
			}
		}
	}
	return nil
}

func (b *bench) check() error {
	for _, l := range b.loads {
		if !slices.Contains(loadNames, l) {
			return fmt.Errorf("load %q is not known; there are %s", l, strings.Join(loadNames, ", "))
		}
	}
	for _, p := range b.parts {
		if !slices.Contains(partNames(), p) {
			return fmt.Errorf("part %q is not known; there are %s", p, strings.Join(partNames(), ", "))
		}
	}
	return nil
}

func (b *bench) wants(part string) bool {
	return b.parts == nil || slices.Contains(b.parts, part)
}

// wantsParts tells whether any is measured under loads.
func (b *bench) wantsParts() bool {
	return slices.ContainsFunc(parts, func(p part) bool { return b.wants(p.name) })
}

func (b *bench) underLoad(load string) error {
	l, err := startLoad(load, len(b.host.Topology.CPUs))
	if err != nil {
		return err
	}
	defer l.stop()
	time.Sleep(300 * time.Millisecond) // until it runs
	for _, p := range parts {
		if !b.wants(p.name) {
			continue
		}
		cost, err := p.measure(b)
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench/agent: %s/%s is left out: %v\n", load, p.name, err)
			continue
		}
		fmt.Fprintf(b.out, "BenchmarkAgent/%s/%s 1 %.4g %%core %.4g wakeups/s %.4g irqs/s %.4g rows/s\n",
			load, p.name, cost.core, cost.wakeups, cost.irqs, cost.rows)
	}
	return nil
}
