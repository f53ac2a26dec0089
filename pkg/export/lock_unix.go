//go:build unix

package export

import (
	"os"
	"path/filepath"
	"syscall"
)

// lockRoot keeps other agents from changing the root's index meanwhile. The
// kernel lets go of the lock when its holder dies.
func lockRoot(root string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(root, ".lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
