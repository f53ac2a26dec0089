package tracetest

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// onThread does something on a thread of its own that is bound to a CPU (-1:
// to none) and has a name, and tells when and where. The thread ends with it,
// so that nothing of Go's ever runs under that name.
func (a *Account) onThread(comm string, cpu int, do func() error) (Span, error) {
	s := Span{Comm: comm, CPU: cpu, Node: -1}
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- a.bound(&s, do)
	}()
	err := <-done
	return s, err
}

func (a *Account) bound(s *Span, do func() error) error {
	s.TID = unix.Gettid()
	if s.CPU >= 0 {
		s.Node = a.Machine.NodeOfCPU(s.CPU)
		if err := pin(s.CPU); err != nil {
			return err
		}
	}
	if err := errors.Join(name(s.Comm), blockSignals()); err != nil {
		return err
	}
	s.BeganNS = now()
	err := do()
	s.EndedNS = now()
	if err != nil {
		return fmt.Errorf("%s on CPU %d: %w", s.Comm, s.CPU, err)
	}
	return nil
}

// blockSignals keeps signals, Go's own for preemption among them, from ending
// a system call early, which the kernel may then begin again: that would be
// two. The thread must call functions often enough for Go to stop it there.
func blockSignals() error {
	var all unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	return unix.PthreadSigmask(unix.SIG_SETMASK, &all, nil)
}

func pin(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("bind to CPU %d: %w", cpu, err)
	}
	return nil
}

// name names the calling thread.
func name(comm string) error {
	text, err := unix.BytePtrFromString(comm)
	if err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(text)), 0, 0, 0)
}

func now() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err) // it cannot fail
	}
	return t.Nano()
}

// withPolicy has the calling thread's new pages, the kernel's for it among
// them, come from one node while it does something.
func withPolicy(node int, do func() error) error {
	if err := setPolicy(unix.MPOL_BIND, 1<<node); err != nil {
		return fmt.Errorf("bind the thread's memory to node %d: %w", node, err)
	}
	err := do()
	if e := setPolicy(unix.MPOL_DEFAULT, 0); err == nil && e != nil {
		return e
	}
	return err
}

func setPolicy(mode int, nodes uint64) error {
	_, _, errno := unix.Syscall(unix.SYS_SET_MEMPOLICY, uintptr(mode), uintptr(unsafe.Pointer(&nodes)), maxNode)
	if errno != 0 {
		return errno
	}
	return nil
}

// maxNode is the number of bits in the node masks here, and one: the kernel
// takes one away.
const maxNode = 65
