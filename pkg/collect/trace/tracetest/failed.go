package tracetest

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const (
	semaphoreLimits = "/proc/sys/kernel/sem"
	semaphores      = 100_000
	// semaphoreBytes is struct sem, which has a cache line of its own
	// (ipc/sem.c); before them comes a head of less than a page.
	semaphoreBytes = 64
)

// FailedSize tells whether a size is that of the allocations of Failing.
func FailedSize(size int64) bool {
	return size >= semaphores*semaphoreBytes && size < semaphores*semaphoreBytes+4096
}

// Failing makes sets of so many semaphores that the kernel's allocator of
// small objects must refuse them (it has another for those), and says nothing
// of it. Size is the semaphores' without the set's own head, and a refusal is
// told once or twice by the kernel, by its version. It needs root.
func (a *Account) Failing(count int64) error {
	old, err := os.ReadFile(semaphoreLimits)
	if err != nil {
		return err
	}
	if err := os.WriteFile(semaphoreLimits, []byte("200000 1024000000 500 32000"), 0); err != nil {
		return fmt.Errorf("allow larger sets of semaphores: %w", err)
	}
	defer os.WriteFile(semaphoreLimits, old, 0)
	b := Batch{By: "semaphores", Size: semaphores * semaphoreBytes, Count: count}
	b.Span, err = a.onThread("nl-refused", a.Machine.Nodes[0].CPUs[0], func() error {
		for range count {
			id, _, errno := unix.Syscall(unix.SYS_SEMGET, unix.IPC_PRIVATE, semaphores, 0o600|unix.IPC_CREAT)
			if errno != 0 {
				return fmt.Errorf("make %d semaphores: %w", semaphores, errno)
			}
			if _, _, errno := unix.Syscall6(unix.SYS_SEMCTL, id, 0, unix.IPC_RMID, 0, 0, 0); errno != 0 {
				return errno
			}
		}
		return nil
	})
	if err == nil {
		a.Failed = append(a.Failed, b)
	}
	return err
}
