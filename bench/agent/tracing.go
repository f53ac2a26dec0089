package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/cilium/ebpf"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/sampling"
	"github.com/numalens/numalens/pkg/collect/trace"
	"github.com/numalens/numalens/pkg/export"
)

// tracedLoad is a load that is traced: operations a second of one kind.
type tracedLoad struct {
	name, kind string // "" of no load
	rate       int
	what       string // as --trace knows it
}

var tracedLoads = []tracedLoad{
	{"idle", "", 0, trace.Kmalloc},
	{"kmalloc-20k", "kmalloc", 20_000, trace.Kmalloc},
	{"kmalloc-100k", "kmalloc", 100_000, trace.Kmalloc},
	{"page-80k", "page", 80_000, trace.Pages},
	{"growslice-10k", "growslice", 10_000, trace.Go},
}

// opening are told apart: the governor has to learn what an event costs.
const opening = 10 * time.Second

// tracing measures what tracing takes, under each load: by the collector
// alone, of that kind alone, and by the agent with everything on.
func (b *bench) tracing() error {
	on, err := ebpf.EnableStats(runTime)
	if err != nil {
		return fmt.Errorf("the kernel's statistics of BPF programs: %w", err)
	}
	defer on.Close()
	for _, l := range tracedLoads {
		if b.traced != nil && !slices.Contains(b.traced, l.name) {
			continue
		}
		if err := b.traceUnder(l); err != nil {
			fmt.Fprintf(os.Stderr, "bench/agent: BenchmarkTrace/%s is left out: %v\n", l.name, err)
		}
	}
	return nil
}

const runTime = 0 // BPF_STATS_RUN_TIME, linux/bpf.h

func (b *bench) traceUnder(l tracedLoad) error {
	p := &paced{}
	if l.kind != "" {
		var err error
		if p, err = startPaced(l.kind, l.rate, len(b.host.Topology.CPUs)); err != nil {
			return err
		}
		defer p.stop()
	}
	time.Sleep(300 * time.Millisecond)
	if err := b.collectorUnder(l, p); err != nil {
		return err
	}
	return b.agentUnder(l, p)
}

// moment is everything that is counted.
type moment struct {
	usage
	probed
	operations int64
}

func readMoment(pid int, p *paced) (m moment, err error) {
	if m.probed, err = readProbed(pid); err != nil {
		return m, err
	}
	m.usage, err = readUsage(pid)
	m.operations = p.operations()
	return m, err
}

// tell prints what came between two moments.
func (b *bench) tell(name string, from, to moment) {
	seconds := to.at.Sub(from.at).Seconds()
	d := to.probed.since(from.probed)
	each := func(n uint64) float64 { return float64(n) / seconds }
	fmt.Fprintf(b.out, "BenchmarkTrace/%s 1 %.4g %%core %.4g bpf-%%core %.4g bpf-ns/run %.5g work/s %.5g events/s %.4g kept/s %.5g thinned/s %.4g lost/s\n",
		name, 100*(to.cpu-from.cpu).Seconds()/seconds, 100*d.took.Seconds()/seconds, float64(d.took.Nanoseconds())/float64(max(d.runs, 1)),
		float64(to.operations-from.operations)/seconds, each(d.count.Seen), each(d.count.Ruled+d.count.Sampled), each(d.count.Thinned),
		each(d.count.RuledLost+d.count.SampledLost+d.count.Unsummed))
}

// collectorUnder runs the collector in this process, which does nothing else.
func (b *bench) collectorUnder(l tracedLoad, p *paced) error {
	watched := make(chan error, 1)
	go func() { watched <- b.watch(l.name+"/"+l.what, os.Getpid(), p) }()
	long := *b
	long.duration = 2*opening + b.steady
	_, err := long.collect(true, tracePart(l.what))
	return errors.Join(err, <-watched)
}

func tracePart(what string) opener {
	return func(b *bench, clock export.Clock) (collect.Collector, collect.Report, error) {
		o := trace.Options{Roots: collect.HostRoots(), Clock: clock, Topology: &b.host.Topology, What: []string{what}, Limits: sampling.Limits{Workload: 1}}
		if what == trace.Go {
			self, err := os.Executable()
			if err != nil {
				return nil, collect.Report{}, err
			}
			o.GoPrograms = []string{self}
		}
		return trace.Open(o)
	}
}

// agentUnder runs the agent's binary with everything that it can collect. It
// may take whatever the probes need of the workload: one that is taken off
// would make the agent's own part look small.
func (b *bench) agentUnder(l tracedLoad, p *paced) error {
	if _, err := os.Stat(b.agent); err != nil {
		return fmt.Errorf("%w: make build makes it", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "numalens-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command(b.agent, "record", "--quiet", "--out", dir, "--hz", fmt.Sprint(b.hz), "--trace", "all", "--go", self, "--trace-limit", "100")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // it ends with the bench
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	err = b.watch(l.name+"/agent", cmd.Process.Pid, p)
	return errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
}

// watch tells the first seconds, and those after, of a process that traces.
func (b *bench) watch(name string, pid int, p *paced) error {
	var from moment
	var err error
	for range 100 { // until it traces
		if from, err = readMoment(pid, p); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		long time.Duration
		tell bool
	}{{"first-10s", opening, true}, {"between", opening, false}, {"steady", b.steady, true}} {
		time.Sleep(part.long)
		to, err := readMoment(pid, p)
		if err != nil {
			return err
		}
		if part.tell {
			b.tell(name+"/"+part.name, from, to)
		}
		from = to
	}
	return nil
}
