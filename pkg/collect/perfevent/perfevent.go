// Package perfevent speaks the kernel's perf_event_open interface for the
// collectors counters and faults: it opens groups of events, reads their
// counts, and reads the records that the kernel puts into a ring of memory.
//
// What a CPU or a program is counted for is a Target; what is counted comes
// from the event table. The reading of rings is pure, from bytes to records,
// and takes any bytes. Refusal turns an errno into what the user can do.
//
// Names are the kernel's (linux/perf_event.h). This package knows nothing of
// exports, and decides nothing about which events are worth counting.
package perfevent

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/events"
)

// AllProcesses is the PID of a Target that counts whatever runs on its CPU.
const AllProcesses = -1

// Target is who is counted, and where.
type Target struct {
	PID int // AllProcesses, or a process: then with its threads and children
	CPU int
}

// Event is one opened event.
type Event struct {
	fd int
	id uint64 // by which records name it
}

// Options of an event that are the same for a whole group.
type Options struct {
	// ExcludeKernel counts user mode only. It is all that a plain user is
	// allowed where kernel.perf_event_paranoid is 2 or more.
	ExcludeKernel bool
	// EnableOnExec leaves the group off until the target calls exec.
	EnableOnExec bool
}

// attr fills what every event has in common. A sibling is never disabled: it
// runs when its leader does.
func attr(e events.Event, target Target, leader bool, o Options) unix.PerfEventAttr {
	a := unix.PerfEventAttr{
		Type:    e.Type,
		Size:    uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Config:  e.Config,
		Ext1:    e.Config1,
		Ext2:    e.Config2,
		Clockid: unix.CLOCK_MONOTONIC,
		Bits:    unix.PerfBitUseClockID,
	}
	if leader {
		a.Bits |= unix.PerfBitDisabled
		if o.EnableOnExec {
			a.Bits |= unix.PerfBitEnableOnExec
		}
	}
	if o.ExcludeKernel {
		a.Bits |= unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv
	}
	for bit, exclude := range map[uint64]bool{
		unix.PerfBitExcludeUser: e.ExcludeUser, unix.PerfBitExcludeKernel: e.ExcludeKernel, unix.PerfBitExcludeHv: e.ExcludeHypervisor,
	} {
		if exclude {
			a.Bits |= bit
		}
	}
	if target.PID != AllProcesses {
		a.Bits |= unix.PerfBitInherit
	}
	return a
}

func open(a *unix.PerfEventAttr, target Target, leaderFD int) (Event, error) {
	fd, err := unix.PerfEventOpen(a, target.PID, target.CPU, leaderFD, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return Event{fd: -1}, err
	}
	id, err := ioctlID(fd)
	if err != nil {
		return Event{fd: -1}, errors.Join(fmt.Errorf("ask for an event's ID: %w", err), unix.Close(fd))
	}
	return Event{fd: fd, id: id}, nil
}

func ioctlID(fd int) (uint64, error) {
	var id uint64
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.PERF_EVENT_IOC_ID, uintptr(unsafe.Pointer(&id)))
	if errno != 0 {
		return 0, errno
	}
	return id, nil
}
