package perfevent

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Watch waits until one of several rings has got so much that it should be
// drained, without a thread of its own and without being woken before that. It is an epoll instance that
// the Go runtime's own poller watches.
type Watch struct {
	file *os.File
	conn syscall.RawConn
}

// NewWatch watches nothing yet.
func NewWatch() (*Watch, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("watch rings: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // else it is not polled
		unix.Close(fd)
		return nil, fmt.Errorf("watch rings: %w", err)
	}
	w := &Watch{file: os.NewFile(uintptr(fd), "rings")}
	if w.conn, err = w.file.SyscallConn(); err != nil {
		w.file.Close()
		return nil, fmt.Errorf("watch rings: %w", err)
	}
	return w, nil
}

// Add watches the ring that an event made. Closing the event takes it out.
func (w *Watch) Add(s *Sampled) error {
	var err error
	controlErr := w.conn.Control(func(fd uintptr) {
		err = unix.EpollCtl(int(fd), unix.EPOLL_CTL_ADD, s.fd, &unix.EpollEvent{Events: unix.EPOLLIN})
	})
	if err == nil {
		err = controlErr
	}
	if err != nil {
		return fmt.Errorf("watch the ring of CPU %d: %w", s.target.CPU, err)
	}
	return nil
}

// Wait returns when a ring has got its WakeBytes since the last time, or with
// an error when the watch is closed. It may miss one if two come at once: what it is for is to
// be early, the drain by time comes anyhow.
func (w *Watch) Wait() error {
	var ready [8]unix.EpollEvent
	waited := false
	return w.conn.Read(func(fd uintptr) bool {
		n, _ := unix.EpollWait(int(fd), ready[:], 0)
		// A perf event is ready for one look only, and the runtime's poller
		// has had it: to have been woken is all that is to be known.
		woken := n > 0 || waited
		waited = true
		return woken
	})
}

// Close ends a Wait.
func (w *Watch) Close() error { return w.file.Close() }
