package hostinfo

import (
	"bytes"
	"fmt"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
)

// OnlineWatch tells when the list of online CPUs changes, by one read of a
// small file kept open.
type OnlineWatch struct {
	fd   int
	last []byte
	buf  [4096]byte
}

// WatchOnline begins with the list as it is now.
func WatchOnline(roots collect.Roots) (*OnlineWatch, error) {
	path := filepath.Join(roots.Sys, "devices/system/cpu/online")
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", path, err)
	}
	w := &OnlineWatch{fd: fd}
	w.Changed()
	return w, nil
}

// Changed gives the CPUs that are online if that is not what it gave last.
func (w *OnlineWatch) Changed() (cpus []int, changed bool) {
	// Raw, because it takes a microsecond and may be called ten times a
	// second: told of a system call, the Go scheduler wakes another thread.
	n, _, errno := unix.RawSyscall6(unix.SYS_PREAD64, uintptr(w.fd), uintptr(unsafe.Pointer(&w.buf[0])), uintptr(len(w.buf)), 0, 0, 0)
	if errno != 0 || bytes.Equal(w.buf[:n], w.last) {
		return nil, false
	}
	cpus, err := ParseList(string(w.buf[:n]))
	if err != nil {
		return nil, false
	}
	w.last = append(w.last[:0], w.buf[:n]...)
	return cpus, true
}

// Close closes the file.
func (w *OnlineWatch) Close() error { return unix.Close(w.fd) }
