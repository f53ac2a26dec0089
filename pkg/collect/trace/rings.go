package trace

import (
	"errors"
	"os"
	"time"
	"unsafe"

	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect/trace/probes"
)

// rings are those that single events come through: what may be asked for, what
// rules keep, and samples of the rest.
type rings struct {
	readers []*ringbuf.Reader
	epoll   int
	stop    int // an eventfd
	record  ringbuf.Record
}

const eventBytes = int(unsafe.Sizeof(probes.ObjectEvent{}))

func openRings(set *probes.Set) (*rings, error) {
	r := &rings{epoll: -1, stop: -1}
	for _, name := range []string{probes.ObjectMapUnjudged, probes.ObjectMapRuled, probes.ObjectMapSampled} {
		reader, err := ringbuf.NewReader(set.Map(name))
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		r.readers = append(r.readers, reader)
	}
	return r, r.watch(set.Map(probes.ObjectMapUnjudged).FD(), set.Map(probes.ObjectMapRuled).FD(), set.Map(probes.ObjectMapSampled).FD())
}

// watch waits for what the programs send a wake-up for.
func (r *rings) watch(rings ...int) (err error) {
	if r.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if r.stop, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return err
	}
	for _, fd := range append(rings, r.stop) {
		// Edges: a ring that has been told of is not told of again until the
		// programs ask for it.
		e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(fd)}
		if err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, fd, &e); err != nil {
			return err
		}
	}
	return nil
}

// notify passes wake-ups on, at most so often that the agent does not spend
// its time on waking.
func (r *rings) notify(wake chan<- struct{}) {
	epoll, stop := r.epoll, int32(r.stop)
	go func() {
		defer unix.Close(epoll)
		defer unix.Close(int(stop))
		events := make([]unix.EpollEvent, 4)
		for {
			n, err := unix.EpollWait(epoll, events, -1)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil {
				return
			}
			for _, e := range events[:n] {
				if e.Fd == stop {
					return
				}
			}
			select {
			case wake <- struct{}{}:
			default: // told already
			}
			time.Sleep(wakePause)
		}
	}()
	r.epoll = -1 // the goroutine's
}

const wakePause = 5 * time.Millisecond

// drain takes what is there.
func (r *rings) drain(take func(*probes.ObjectEvent)) error {
	for _, reader := range r.readers {
		// A deadline that has passed: take what is there, and do not wait.
		reader.SetDeadline(time.Unix(1, 0))
		for {
			err := reader.ReadInto(&r.record)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return err
			}
			if b := r.record.RawSample; len(b) >= eventBytes {
				take((*probes.ObjectEvent)(unsafe.Pointer(&b[0])))
			}
		}
	}
	return nil
}

func (r *rings) close() error {
	var err error
	if r.stop >= 0 {
		_, err = unix.Write(r.stop, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
	if r.epoll >= 0 { // no goroutine has them
		err = errors.Join(err, unix.Close(r.epoll), unix.Close(r.stop))
	}
	for _, reader := range r.readers {
		err = errors.Join(err, reader.Close())
	}
	return err
}
