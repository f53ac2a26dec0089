//go:build unix

package export

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// lockRoot keeps other agents from changing the root's index meanwhile. The
// kernel lets go of the lock when its holder dies.
func lockRoot(root string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(root, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// lockRun says that a run is being written or mended. Unlike a process id it
// also tells across containers, whose ids differ, and across machines that
// share a file system. errLocked is the error when someone else holds it.
func lockRun(dir string) (*runLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, err
	}
	return &runLock{f}, nil
}

// isLocked looks whether someone holds the lock of which f is the file.
func isLocked(f *os.File) bool {
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
