//go:build unix

package imports

import (
	"os"
	"syscall"
)

// hold takes the lock of a file, or, where it shall not wait, fails when
// someone else has it.
func hold(f *os.File, wait bool) error {
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err != syscall.EINTR {
			return err
		}
	}
}
