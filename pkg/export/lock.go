package export

import (
	"errors"
	"os"
	"path/filepath"
)

const lockFile = ".lock"

var errLocked = errors.New("another process is writing or mending the run")

// runLock is held as long as a run is written or mended.
type runLock struct{ f *os.File }

// release lets go of the lock at the end of its use.
func (l *runLock) release() {
	if l != nil && l.f != nil {
		os.Remove(l.f.Name())
		l.f.Close()
	}
}

// living tells whether a run is being written: someone holds its lock, or,
// where locks do not reach, the process that it names lives.
func living(dir string, m *Manifest) bool {
	if f, err := os.Open(filepath.Join(dir, lockFile)); err == nil {
		defer f.Close()
		if isLocked(f) {
			return true
		}
	}
	return m.State == Recording && Alive(*m)
}
