package perfevent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/numa"
)

// EventError is an event that the kernel would not open.
type EventError struct {
	Event  events.Event
	Target Target
	Err    error
}

func (e *EventError) Error() string {
	return fmt.Sprintf("open %s on CPU %d: %v", e.Event.Spec, e.Target.CPU, e.Err)
}

func (e *EventError) Unwrap() error { return e.Err }

// Forbidden says that the kernel refused for want of privilege.
func Forbidden(err error) bool {
	return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)
}

// Permission is what decides whether this process may use perf events.
type Permission struct {
	Paranoid int  // kernel.perf_event_paranoid
	Known    bool // whether Paranoid could be read: without it there is no perf
	Capable  bool // CAP_PERFMON or CAP_SYS_ADMIN is effective
	Filtered bool // a seccomp filter is installed
	Locks    bool // CAP_IPC_LOCK is effective: rings may be of any size
	// RingKiB is kernel.perf_event_mlock_kb: what all rings of a user may
	// take for each CPU, without that capability.
	RingKiB int
}

// RingBytes is the size of ring to ask for on each CPU when want is wished
// for: half of what the user may lock, so that several collectors get theirs.
func (p Permission) RingBytes(want int) int {
	if p.Locks || p.Known && p.Paranoid < 0 {
		return want
	}
	return min(want, p.RingKiB<<10/2)
}

// ReadPermission reads them for this process.
func ReadPermission(roots collect.Roots) Permission {
	var p Permission
	b, err := os.ReadFile(filepath.Join(roots.Proc, "sys/kernel/perf_event_paranoid"))
	if err == nil {
		p.Paranoid, err = strconv.Atoi(strings.TrimSpace(string(b)))
	}
	p.Known = err == nil
	if b, err := os.ReadFile(filepath.Join(roots.Proc, "sys/kernel/perf_event_mlock_kb")); err == nil {
		p.RingKiB, _ = strconv.Atoi(strings.TrimSpace(string(b)))
	}
	status, err := os.ReadFile(filepath.Join(roots.Proc, "thread-self/status"))
	if err != nil {
		return p
	}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key {
		case "CapEff":
			caps, err := strconv.ParseUint(value, 16, 64)
			p.Capable = err == nil && caps&(1<<unix.CAP_PERFMON|1<<unix.CAP_SYS_ADMIN) != 0
			p.Locks = err == nil && caps&(1<<unix.CAP_IPC_LOCK) != 0
		case "Seccomp":
			p.Filtered = value == "2"
		}
	}
	return p
}

// MayCountCPUs says whether the settings allow what counts everything on a
// CPU; a filter may still refuse it.
func (p Permission) MayCountCPUs() bool { return p.Capable || p.Known && p.Paranoid <= 0 }

// MayCountKernel says the same of counting inside the kernel.
func (p Permission) MayCountKernel() bool { return p.Capable || p.Known && p.Paranoid <= 1 }

// mayCountItself: Debian's and Ubuntu's kernels know a level 3 (4 on some)
// that forbids everything.
func (p Permission) mayCountItself() bool { return p.Capable || p.Known && p.Paranoid <= 2 }

// Refusal explains an error of perf_event_open: what it means here and what
// the user can do.
func (p Permission) Refusal(feature string, err error) numa.Unavailable {
	why, remedy := p.reason(err)
	return numa.Unavailable{Feature: feature, Why: why, Remedy: remedy}
}

func (p Permission) reason(err error) (why, remedy string) {
	var ring *RingError
	switch {
	case errors.As(err, &ring):
		return fmt.Sprintf("the memory that this user may lock for rings is used up (%v)", err),
			fmt.Sprintf("raise it: sysctl kernel.perf_event_mlock_kb (it is %d) or ulimit -l; or stop other users of perf", p.RingKiB)
	case Forbidden(err) && p.Filtered && (p.MayCountCPUs() || errors.Is(err, unix.EPERM)):
		return "a seccomp filter refuses perf_event_open (" + err.Error() + ")",
			"allow perf_event_open in the container's seccomp profile, or run the agent outside the container"
	case Forbidden(err):
		return p.forbidden(err), p.remedy()
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return "the processor, or the virtual machine, does not offer the event (" + err.Error() + ")",
			"run on hardware, or have the hypervisor pass the PMU through"
	case errors.Is(err, unix.ENOSYS):
		return "the kernel has no perf_event_open", "boot a kernel with CONFIG_PERF_EVENTS"
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.E2BIG):
		return "the kernel does not know the event or some option of it (" + err.Error() + ")", "use a newer kernel"
	case errors.Is(err, unix.EBUSY):
		return "another program holds the counters for itself (" + err.Error() + ")", "stop the other profiler, or the NMI watchdog: sysctl kernel.nmi_watchdog=0"
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
		return "too many open files (" + err.Error() + ")", "raise the agent's limit: ulimit -n, or LimitNOFILE= of its unit"
	}
	return err.Error(), ""
}

func (p Permission) forbidden(err error) string {
	if !p.Known || p.Capable {
		return fmt.Sprintf("the kernel refuses perf_event_open (%v)", err)
	}
	return fmt.Sprintf("kernel.perf_event_paranoid is %d and the agent has no CAP_PERFMON (%v)", p.Paranoid, err)
}

// remedy names the capability, which is all that is needed at any level.
func (p Permission) remedy() string {
	const grant = "give the agent CAP_PERFMON: setcap cap_perfmon+ep numalens-agent"
	if p.Capable {
		return "ask who set up this machine: a security module may forbid perf events"
	}
	if p.mayCountItself() {
		return grant + "; or sysctl kernel.perf_event_paranoid=0"
	}
	return grant + "; or sysctl kernel.perf_event_paranoid=2 for the recorded command alone, 0 for every CPU"
}
