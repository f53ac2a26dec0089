package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// quiet makes the runtime what the agent's is.
func quiet() {
	runtime.GOMAXPROCS(2)
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(128 << 20)
}

// cost is what collecting took.
type cost struct {
	core    float64 // per cent of one core
	wakeups float64 // voluntary context switches a second
	irqs    float64 // timer and inter-processor interrupts a second, host
	rows    float64 // a second
}

// usage is a process's and the host's counts at one moment.
type usage struct {
	at       time.Time
	cpu      time.Duration
	switches uint64
	irqs     uint64
}

func readUsage(pid int) (usage, error) {
	cpu, err := cpuTime(pid)
	if err != nil {
		return usage{}, err
	}
	return usage{at: time.Now(), cpu: cpu, switches: voluntarySwitches(pid), irqs: interrupts()}, nil
}

func (u usage) until(v usage, rows int64) cost {
	seconds := v.at.Sub(u.at).Seconds()
	return cost{
		core:    100 * (v.cpu - u.cpu).Seconds() / seconds,
		wakeups: float64(v.switches-u.switches) / seconds,
		irqs:    float64(v.irqs-u.irqs) / seconds,
		rows:    float64(rows) / seconds,
	}
}

// cpuTime reads the process's own clock, which is exact to the nanosecond
// where /proc/PID/stat counts in hundredths of a second. The clock's number
// is made of the pid as clock_getcpuclockid does.
func cpuTime(pid int) (time.Duration, error) {
	const schedulerClock = 2
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|schedulerClock, &ts); err != nil {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}

func voluntarySwitches(pid int) uint64 {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	var sum uint64
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		for line := range strings.Lines(string(b)) {
			if rest, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				n, _ := strconv.ParseUint(strings.TrimSpace(rest), 10, 64)
				sum += n
			}
		}
	}
	return sum
}

// interrupts sums the host's timer interrupts, calls and reschedulings
// between CPUs, and IRQ work: what the ways of reading counters cause.
// Elsewhere than on x86 the timer is a line of its own and the rest are IPIs.
func interrupts() uint64 {
	b, err := os.ReadFile("/proc/interrupts")
	if err != nil {
		return 0
	}
	var sum uint64
	for line := range strings.Lines(string(b)) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || !ours(name, rest) {
			continue
		}
		for _, field := range strings.Fields(rest) {
			n, err := strconv.ParseUint(field, 10, 64)
			if err != nil {
				break
			}
			sum += n
		}
	}
	return sum
}

func ours(name, rest string) bool {
	switch name {
	case "LOC", "RES", "CAL", "IWI":
		return true
	}
	return strings.HasPrefix(name, "IPI") || strings.Contains(rest, "arch_timer")
}
