package tracetest

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Batch are kernel allocations of one size by one thread.
type Batch struct {
	Span
	// By is how: "message", or "poll".
	By    string `json:"by"`
	Size  int64  `json:"size"` // bytes asked for, each time
	Count int64  `json:"count"`
}

const (
	// messageHead is the kernel's struct msg_msg, which a message's text
	// follows in one allocation, and messageMost what fits into it
	// (ipc/msgutil.c). Longer ones are several allocations.
	messageHead = 48
	messageMost = 4096

	// pollHead is the kernel's struct poll_list, pollEach a struct pollfd,
	// and pollFree how many of those need no allocation (fs/select.c).
	pollHead = 16
	pollEach = 8
	pollFree = 30
)

// MessageSizes are odd, as no other allocation of these threads is: a slab's
// table for accounting is of multiples of 8.
var MessageSizes = []int64{49, 75, 149, 301, 1049, 2051, 4095}

// Messages sends and receives messages from a CPU of every node: each is one
// kmalloc of a known size, in load_msg or alloc_msg.
func (a *Account) Messages(count int64) error {
	for _, n := range a.Machine.Nodes {
		if len(n.CPUs) == 0 {
			continue
		}
		for _, size := range MessageSizes {
			if err := a.messages("nl-message", n.CPUs[len(n.CPUs)-1], size, count); err != nil {
				return err
			}
		}
	}
	return nil
}

// RemoteMessages are messages whose memory is of another node than the CPU,
// wherever a slab has to be made for them. They are kept until the end, so
// that one slab is not enough.
func (a *Account) RemoteMessages(count int64) error {
	for _, n := range a.Machine.Nodes {
		if len(n.CPUs) == 0 {
			continue
		}
		b := Batch{By: "message", Size: 3079, Count: count}
		var queues []queue
		var err error
		b.Span, err = a.onThread("nl-far-message", n.CPUs[0], func() error {
			return withPolicy(a.Machine.next(n.ID), func() error {
				queues, err = keep(b.Size, count)
				return err
			})
		})
		for _, q := range queues {
			err = errors.Join(err, q.remove())
		}
		if err != nil {
			return err
		}
		a.Kmalloc = append(a.Kmalloc, b)
	}
	return nil
}

func (a *Account) messages(comm string, cpu int, size, count int64) error {
	queue, err := openQueue()
	if err != nil {
		return err
	}
	defer queue.remove()
	b := Batch{By: "message", Size: size, Count: count}
	if b.Span, err = a.onThread(comm, cpu, func() error { return queue.pass(size, count) }); err != nil {
		return err
	}
	a.Kmalloc = append(a.Kmalloc, b)
	return nil
}

// Polls are polls of so many descriptors that the kernel allocates: one
// system call, one kmalloc, in do_sys_poll.
func (a *Account) Polls(comm string, cpu int, size, count int64) error {
	b := Batch{By: "poll", Size: size, Count: count}
	var err error
	if b.Span, err = a.onThread(comm, cpu, func() error { return pollMany(noDescriptors(size), count) }); err != nil {
		return err
	}
	a.Kmalloc = append(a.Kmalloc, b)
	return nil
}

// queue is a System V message queue of one's own.
type queue uintptr

func openQueue() (queue, error) {
	id, _, errno := unix.Syscall(unix.SYS_MSGGET, unix.IPC_PRIVATE, 0o600|unix.IPC_CREAT, 0)
	if errno != 0 {
		return 0, fmt.Errorf("make a message queue: %w", errno)
	}
	return queue(id), nil
}

func (q queue) remove() error {
	if _, _, errno := unix.Syscall(unix.SYS_MSGCTL, uintptr(q), unix.IPC_RMID, 0); errno != 0 {
		return fmt.Errorf("remove a message queue: %w", errno)
	}
	return nil
}

// message has room for the longest that is one allocation.
type message struct {
	kind int64
	text [messageMost]byte
}

//go:noinline
func (q queue) send(m *message, size int64) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_MSGSND, uintptr(q), uintptr(unsafe.Pointer(m)), uintptr(size-messageHead), unix.IPC_NOWAIT, 0, 0)
	runtime.KeepAlive(m)
	if errno != 0 {
		return fmt.Errorf("send a message of %d bytes: %w", size-messageHead, errno)
	}
	return nil
}

func (q queue) receive(m *message) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_MSGRCV, uintptr(q), uintptr(unsafe.Pointer(m)), messageMost, 0, unix.IPC_NOWAIT, 0)
	runtime.KeepAlive(m)
	if errno != 0 {
		return fmt.Errorf("receive a message: %w", errno)
	}
	return nil
}

// pass sends messages and receives each at once.
func (q queue) pass(size, count int64) error {
	m := &message{kind: 1}
	for range count {
		if err := q.send(m, size); err != nil {
			return err
		}
		if err := q.receive(m); err != nil {
			return err
		}
	}
	return nil
}

// keep sends messages that stay in queues. One has room for 16 KiB, unless
// the host was told otherwise.
func keep(size, count int64) (queues []queue, err error) {
	const each = 4
	m := &message{kind: 1}
	for sent := int64(0); sent < count; sent++ {
		if sent%each == 0 {
			q, err := openQueue()
			if err != nil {
				return queues, err
			}
			queues = append(queues, q)
		}
		if err := queues[len(queues)-1].send(m, size); err != nil {
			return queues, err
		}
	}
	return queues, nil
}

type pollFD struct {
	fd            int32
	asked, became int16
}

// noDescriptors are as many that the kernel allocates size bytes for them. It
// skips each.
func noDescriptors(size int64) []pollFD {
	fds := make([]pollFD, pollFree+(size-pollHead)/pollEach)
	for i := range fds {
		fds[i].fd = -1
	}
	return fds
}

// pollMany polls over and over; Go can stop it now and then.
func pollMany(fds []pollFD, count int64) error {
	for done := int64(0); done < count; done += burst {
		if err := pollAll(fds, min(burst, count-done)); err != nil {
			return err
		}
	}
	return nil
}

// pollAll polls some times, and never waits.
//
//go:noinline
func pollAll(fds []pollFD, count int64) error {
	var at unix.Timespec // ppoll: arm64 has no poll
	for range count {
		if _, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds[0])), uintptr(len(fds)), uintptr(unsafe.Pointer(&at)), 0, 0, 0); errno != 0 {
			return fmt.Errorf("poll %d descriptors: %w", len(fds), errno)
		}
	}
	runtime.KeepAlive(fds)
	return nil
}
