package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/counters"
	"github.com/numalens/numalens/pkg/collect/faults"
	"github.com/numalens/numalens/pkg/export"
)

// program measures what the recorded program itself pays: for a page fault
// while faults are sampled, and for a thread while the command is counted,
// each thread inheriting every CPU's events.
func (b *bench) program() {
	b.line("Fault/plain", nil, touchPages)
	for _, period := range []int{1, 31, 1021} {
		b.line(fmt.Sprintf("Fault/sampled-%d", period), func(clock export.Clock) (collect.Collector, collect.Report, error) {
			return faults.Open(faults.Options{Roots: collect.HostRoots(), Clock: clock, Topology: &b.host.Topology, Period: period})
		}, touchPages)
	}
	b.line("Thread/plain", nil, startThreads)
	b.line("Thread/counted", func(clock export.Clock) (collect.Collector, collect.Report, error) {
		return counters.Open(counters.Options{Roots: collect.HostRoots(), Clock: clock, CPUs: b.host.Topology.CPUs, Hz: b.hz, Command: os.Getpid(), CommandOnly: true})
	}, startThreads)
	b.line("Thread/sampled", func(clock export.Clock) (collect.Collector, collect.Report, error) {
		return faults.Open(faults.Options{Roots: collect.HostRoots(), Clock: clock, Topology: &b.host.Topology, Command: os.Getpid(), CommandOnly: true})
	}, startThreads)
}

// line prints the median CPU time of an operation while a collector is open.
func (b *bench) line(name string, open func(export.Clock) (collect.Collector, collect.Report, error), operation func() (time.Duration, error)) {
	ns, err := timed(open, operation)
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench/agent: Benchmark%s is left out: %v\n", name, err)
		return
	}
	fmt.Fprintf(b.out, "Benchmark%s 1 %.4g ns/op\n", name, ns)
}

func timed(open func(export.Clock) (collect.Collector, collect.Report, error), operation func() (time.Duration, error)) (float64, error) {
	var c collect.Collector
	if open != nil {
		clock, err := collect.ReadClock()
		if err != nil {
			return 0, err
		}
		var report collect.Report
		if c, report, err = open(clock); err != nil {
			return 0, err
		}
		if c == nil {
			return 0, &report.Unavailable[0]
		}
		defer c.Close()
	}
	var times []float64
	for range 25 {
		t, err := operation()
		if err != nil {
			return 0, err
		}
		times = append(times, float64(t.Nanoseconds()))
		if c != nil {
			c.Drain(&countingSink{}) // the ring has room again
		}
	}
	return median(times), nil
}

// touchPages gives the CPU time of one first touch.
func touchPages() (time.Duration, error) {
	const pages = 4096
	page := os.Getpagesize()
	mem, err := unix.Mmap(-1, 0, pages*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return 0, err
	}
	defer unix.Munmap(mem)
	if err := unix.Madvise(mem, unix.MADV_NOHUGEPAGE); err != nil && err != unix.EINVAL {
		return 0, err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, err := threadTime()
	if err != nil {
		return 0, err
	}
	for i := 0; i < len(mem); i += page {
		mem[i] = 1
	}
	end, err := threadTime()
	return (end - start) / pages, err
}

func threadTime() (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		return 0, fmt.Errorf("CPU time of the thread: %w", err)
	}
	return time.Duration(ts.Nano()), nil
}

// startThreads gives the CPU time in which one thread starts and ends.
func startThreads() (time.Duration, error) {
	const threads = 100
	start, err := cpuTime(os.Getpid())
	if err != nil {
		return 0, err
	}
	for range threads {
		var one sync.WaitGroup
		one.Go(runtime.LockOSThread) // never unlocked: its thread ends with it
		one.Wait()
	}
	end, err := cpuTime(os.Getpid())
	return (end - start) / threads, err
}
