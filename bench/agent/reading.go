package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/events"
)

// readings measures what one reading of a group costs: to the process that
// reads, and to a program that runs on the CPU that is read. The latter is
// found from how much slower a loop becomes while it is read very often.
func (b *bench) readings() {
	cpus := b.host.Topology.CPUs
	far := cpus[len(cpus)-1].ID
	for _, m := range []struct {
		name   string
		reader func(cpu int) (stop func() (readings int, spent time.Duration), err error)
	}{
		{"kernel-timer", timerReader},
		{"syscall", b.syscallReader},
	} {
		held, spent, err := heldUp(far, m.reader)
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench/agent: BenchmarkReading/%s is left out: %v\n", m.name, err)
			continue
		}
		fmt.Fprintf(b.out, "BenchmarkReading/%s 1 %.4g ns/op %.4g held-up-ns/op\n", m.name, spent, held)
	}
}

// heldUp gives the ns by which one reading holds up a loop on the CPU, and
// those that the reader spends. The quickest of several rounds with reading,
// and of as many without, keep out most of what else runs.
func heldUp(cpu int, read func(int) (func() (int, time.Duration), error)) (held, spent float64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return 0, 0, err
	}
	one.Set(cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return 0, 0, err
	}
	defer unix.SchedSetaffinity(0, &before)
	timeLoop, err := loopTimer()
	if err != nil {
		return 0, 0, err
	}
	plain, slowed, readings := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64), 0
	for range 15 {
		plain = min(plain, timeLoop())
		stop, err := read(cpu)
		if err != nil {
			return 0, 0, err
		}
		took := timeLoop()
		n, busy := stop()
		if took < slowed && n > 0 {
			slowed, readings, spent = took, n, float64(busy)/float64(n)
		}
	}
	if readings == 0 {
		return 0, 0, errors.New("nothing was read")
	}
	return float64(slowed-plain) / float64(readings), spent, nil
}

// loopTimer gives the way to time a loop of known work. The thread's CPU time
// leaves out that others run on its CPU, and has interrupts in it, as long as
// the kernel does not account for them apart (then /proc/stat knows them).
func loopTimer() (func() time.Duration, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return nil, err
	}
	var name string
	var user, nice, system, idle, iowait, irq uint64
	if _, err := fmt.Sscan(string(b), &name, &user, &nice, &system, &idle, &iowait, &irq); err != nil {
		return nil, fmt.Errorf("/proc/stat: %w", err)
	}
	clock := int32(unix.CLOCK_THREAD_CPUTIME_ID)
	if irq > (user+nice+system)/1e5 {
		clock = unix.CLOCK_MONOTONIC
	}
	now := func() int64 {
		var ts unix.Timespec
		_ = unix.ClockGettime(clock, &ts) // neither clock can fail
		return ts.Nano()
	}
	return func() time.Duration {
		start := now()
		spin(100 << 20)
		return time.Duration(now() - start)
	}, nil
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}

const probePeriod = 100 * time.Microsecond

func timerReader(cpu int) (func() (int, time.Duration), error) {
	g, err := perfevent.OpenGroup(events.CPUGroups()[0].Events, perfevent.Target{PID: perfevent.AllProcesses, CPU: cpu}, probePeriod, perfevent.Options{})
	if err != nil {
		return nil, err
	}
	ring, err := g.MapRing(4 << 20)
	if err != nil {
		g.Close()
		return nil, err
	}
	if err := g.Enable(); err != nil {
		return nil, err
	}
	return func() (int, time.Duration) {
		start := time.Now()
		n := 0
		var c perfevent.Counts
		ring.Drain(func(r perfevent.Record) {
			if len(r.Body) > 8 {
				perfevent.ParseCounts(r.Body[8:], &c)
			}
			n++
		})
		spent := time.Since(start)
		ring.Close()
		g.Close()
		return n, spent
	}, nil
}

// syscallReader reads from a thread on another CPU.
func (b *bench) syscallReader(cpu int) (func() (int, time.Duration), error) {
	if len(b.host.Topology.CPUs) < 2 {
		return nil, fmt.Errorf("this host has one CPU: none is read from afar")
	}
	g, err := perfevent.OpenGroup(events.CPUGroups()[0].Events, perfevent.Target{PID: perfevent.AllProcesses, CPU: cpu}, 0, perfevent.Options{})
	if err != nil {
		return nil, err
	}
	if err := g.Enable(); err != nil {
		return nil, err
	}
	end, result := make(chan bool), make(chan struct {
		n     int
		spent time.Duration
	})
	go func() {
		runtime.LockOSThread() // ends with its thread, whose CPUs are changed
		var other unix.CPUSet
		other.Set(b.host.Topology.CPUs[0].ID)
		unix.SchedSetaffinity(0, &other)
		var c perfevent.Counts
		n, spent := 0, time.Duration(0)
		for {
			select {
			case <-end:
				result <- struct {
					n     int
					spent time.Duration
				}{n, spent}
				return
			default:
			}
			start := time.Now()
			g.Read(&c)
			took := time.Since(start)
			n, spent = n+1, spent+took
			for time.Since(start) < probePeriod {
			}
		}
	}()
	return func() (int, time.Duration) {
		close(end)
		r := <-result
		g.Close()
		return r.n, r.spent
	}, nil
}
