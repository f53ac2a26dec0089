package perfevent

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// noWakeup is a watermark that no ring reaches. The kernel lowers it to the
// ring's size, so it still signals once for each time that the ring fills
// up; with nobody waiting that costs next to nothing.
const noWakeup = 1<<32 - 1

// Ring is memory shared with the kernel, into which it puts records of one
// CPU. Draining it is no system call and wakes nobody.
type Ring struct {
	mem    []byte
	page   *unix.PerfEventMmapPage
	stream stream
}

// MapRing makes the ring of an event's records. dataBytes is rounded down to
// a power of two, at least a page. Where the user may not lock that much
// memory the ring is made smaller, down to a page.
func MapRing(e Event, dataBytes int) (*Ring, error) {
	page := os.Getpagesize()
	size := page
	for size*2 <= dataBytes {
		size *= 2
	}
	for {
		mem, err := unix.Mmap(e.fd, 0, page+size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err == nil {
			return newRing(mem, page), nil
		}
		if size == page || !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.ENOMEM) {
			return nil, &RingError{KiB: size >> 10, Err: err}
		}
		size /= 2
	}
}

// RingError is a ring that the kernel would not map.
type RingError struct {
	KiB int
	Err error
}

func (e *RingError) Error() string { return fmt.Sprintf("map a ring of %d KiB: %v", e.KiB, e.Err) }

func (e *RingError) Unwrap() error { return e.Err }

func newRing(mem []byte, page int) *Ring {
	r := &Ring{mem: mem, page: (*unix.PerfEventMmapPage)(unsafe.Pointer(&mem[0]))}
	r.stream = stream{data: mem[page:]}
	return r
}

// Attach sends another group's samples to the ring of the first, so that a
// CPU has one ring. Both have to count on the same CPU.
func (g *Group) Attach(first *Group) error {
	return setOutput(g.events[0].fd, first.events[0].fd, g.target.CPU)
}

func setOutput(fd, ringFD, cpu int) error {
	if err := unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_SET_OUTPUT, ringFD); err != nil {
		return fmt.Errorf("share the ring of CPU %d: %w", cpu, err)
	}
	return nil
}

// MapRing makes the group's ring.
func (g *Group) MapRing(dataBytes int) (*Ring, error) { return MapRing(g.events[0], dataBytes) }

// Bytes is the size of the ring's data.
func (r *Ring) Bytes() int { return len(r.stream.data) }

// Drain calls f for every record that has come. It gives the number of bytes
// that were no records, which no kernel should write; they are skipped.
func (r *Ring) Drain(f func(Record)) (damaged uint64) {
	s := &r.stream
	s.head = atomic.LoadUint64(&r.page.Data_head)
	s.tail = r.page.Data_tail
	for {
		record, ok, err := s.next()
		if err != nil {
			damaged = s.head - s.tail
			s.tail = s.head
		}
		if !ok {
			break
		}
		f(record)
	}
	// Only now may the kernel write over what was read.
	atomic.StoreUint64(&r.page.Data_tail, s.tail)
	return damaged
}

// Close unmaps the ring.
func (r *Ring) Close() error {
	mem := r.mem
	r.mem, r.page, r.stream = nil, nil, stream{}
	return unix.Munmap(mem)
}
