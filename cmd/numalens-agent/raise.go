package main

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect/hostinfo"
)

// raiseCapabilities puts into effect what this process is permitted of the
// capabilities that it has a use for. A file's capabilities are then best set
// as permitted only (setcap …=p): a kernel or container that grants some of
// them starts the agent with those, where it would else refuse to start it.
//
// A program that the agent starts gets none of them: only ambient ones survive
// an exec.
func raiseCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	raised := false
	for _, c := range []hostinfo.Capability{hostinfo.CapPerfmon, hostinfo.CapBPF, hostinfo.CapSysPtrace, hostinfo.CapSyslog, hostinfo.CapSysAdmin} {
		word, bit := &data[c/32], uint32(1)<<(c%32)
		if word.Permitted&bit != 0 && word.Effective&bit == 0 {
			word.Effective |= bit
			raised = true
		}
	}
	if !raised {
		return nil
	}
	// A capability is a thread's, and each can only raise its own.
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0)
	switch errno {
	case 0:
		return nil
	case syscall.ENOTSUP:
		// Linked with cgo, as no release is, the runtime does not reach all
		// threads; those that this one makes inherit from it.
		return unix.Capset(&header, &data[0])
	}
	return errno
}
