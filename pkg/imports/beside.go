package imports

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// besidePrefix begins the names of directories in a root where runs are made.
const besidePrefix = ".import-"

// besideLock is held as long as its directory is in use. The kernel lets go of
// it when its holder dies.
const besideLock = "lock"

// beside is where a run is made before it is moved to its place.
type beside struct {
	dir  string
	lock *os.File
}

// newBeside makes one. A sweep may come between its steps and take it away:
// then another is made.
func newBeside(root string) (*beside, error) {
	for {
		dir, err := os.MkdirTemp(root, besidePrefix)
		if err != nil {
			return nil, err
		}
		lock, err := os.OpenFile(filepath.Join(dir, besideLock), os.O_RDWR|os.O_CREATE, 0o600)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		b := &beside{dir, lock}
		if err != nil {
			return nil, errors.Join(err, b.remove())
		}
		// Where a file system has no locks, no sweep gets one either.
		_ = hold(lock, true)
		mine, err := lock.Stat()
		if err != nil {
			return nil, errors.Join(err, b.remove())
		}
		if there, err := os.Stat(lock.Name()); err == nil && os.SameFile(mine, there) {
			return b, nil
		}
		lock.Close()
	}
}

// remove takes it away with what is in it.
func (b *beside) remove() error {
	err := removeBeside(b.dir)
	if b.lock != nil {
		b.lock.Close()
	}
	return err
}

// removeBeside takes the lock away last: who is killed on the way leaves a
// directory that the next sweep still knows to be no one's.
func removeBeside(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != besideLock {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(dir)
}

// sweep takes away what imports that were killed left in a root. What is in
// use, or someone else's, stays.
func sweep(root string) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), besidePrefix) {
			continue
		}
		dir := filepath.Join(root, e.Name())
		st, err := os.Lstat(filepath.Join(dir, besideLock))
		if errors.Is(err, fs.ErrNotExist) {
			_ = os.Remove(dir) // a lock is the first thing in it: it is empty
			continue
		}
		if err == nil && st.Mode().IsRegular() {
			sweepOne(dir)
		}
	}
}

// sweepOne removes a directory that nobody holds. What does not go is tried
// again by the next import.
func sweepOne(dir string) {
	lock, err := os.OpenFile(filepath.Join(dir, besideLock), os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer lock.Close()
	if hold(lock, false) == nil {
		_ = removeBeside(dir)
	}
}
