package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
)

const (
	// niceness yields to any workload, yet gets its moment a second on a
	// host that is full of work.
	niceness = 5
	// threads at once: one records, one serves or seals. More would only
	// have the runtime look for work on CPUs that are being measured.
	threads = 2
	// The heap is some megabytes, so a collection every few of them would
	// be all the work the agent does.
	gcPercent   = 400
	memoryLimit = 128 << 20
)

// tuneRuntime makes the Go runtime quiet.
func tuneRuntime() {
	runtime.GOMAXPROCS(threads)
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
}

// stepAside moves this process to the CPUs that it was given, or to the
// housekeeping CPUs where the host has set CPUs apart, and lowers its
// priority. It comes after the recorded command was started, which must
// inherit neither.
func stepAside(s *settings) error {
	cpus := s.agentCPUs.set()
	if cpus == nil {
		var err error
		if cpus, err = housekeeping(s.roots); err != nil {
			return err
		}
	}
	return eachThread(func(tid int) error {
		if err := lowerPriority(tid); err != nil {
			return fmt.Errorf("lower the priority: %w", err)
		}
		if cpus == nil {
			return nil
		}
		if err := unix.SchedSetaffinity(tid, cpus); err != nil {
			return fmt.Errorf("move to CPUs other than the measured ones: %w", err)
		}
		return nil
	})
}

// cpuList is where the agent is told to run; empty is where it finds best.
type cpuList []int

func (l *cpuList) String() string { return hostinfo.FormatList(*l) }

// Set implements flag.Value.
func (l *cpuList) Set(text string) error {
	ids, err := hostinfo.ParseList(text)
	if err != nil {
		return err
	}
	*l = ids
	return l.check()
}

// check refuses a list of which no CPU can be used: a mistake here would put
// the agent onto measured CPUs, so it is no warning.
func (l *cpuList) check() error {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil || len(*l) == 0 {
		return err
	}
	for _, id := range *l {
		if !allowed.IsSet(id) {
			return fmt.Errorf("CPU %d is not online, or not for this process", id)
		}
	}
	return nil
}

// UnmarshalText is for the configuration file.
func (l *cpuList) UnmarshalText(text []byte) error { return l.Set(string(text)) }

func (l *cpuList) set() *unix.CPUSet {
	if len(*l) == 0 {
		return nil
	}
	var set unix.CPUSet
	for _, id := range *l {
		set.Set(id)
	}
	return &set
}

// lowerPriority leaves a thread alone that is as low already: to raise it is
// neither wanted nor allowed.
func lowerPriority(tid int) error {
	above, err := unix.Getpriority(unix.PRIO_PROCESS, tid) // 20 - niceness
	if err != nil || 20-above >= niceness {
		return err
	}
	return unix.Setpriority(unix.PRIO_PROCESS, tid, niceness)
}

// housekeeping is the set of CPUs that are neither isolated nor nohz_full, of
// those this process may use; nil where the host sets none apart, or leaves
// this process no other.
func housekeeping(roots collect.Roots) (*unix.CPUSet, error) {
	isolated, noHzFull, err := hostinfo.SetApart(roots)
	if err != nil {
		return nil, err
	}
	apart := append(isolated, noHzFull...)
	if len(apart) == 0 {
		return nil, nil
	}
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return nil, fmt.Errorf("read the allowed CPUs: %w", err)
	}
	return without(allowed, apart), nil
}

func without(allowed unix.CPUSet, apart []int) *unix.CPUSet {
	before := allowed.Count()
	for _, id := range apart {
		allowed.Clear(id)
	}
	if n := allowed.Count(); n == 0 || n == before {
		return nil
	}
	return &allowed
}

// eachThread calls do for every thread of this process. Both calls above are
// about one thread, and new threads inherit from the one that makes them: so
// it goes round until no thread is new.
func eachThread(do func(tid int) error) error {
	done := map[int]bool{}
	for {
		entries, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		fresh := false
		for _, e := range entries {
			tid, err := strconv.Atoi(e.Name())
			if err != nil || done[tid] {
				continue
			}
			done[tid], fresh = true, true
			if err := do(tid); err != nil && !gone(err) {
				return err
			}
		}
		if !fresh {
			return nil
		}
	}
}
