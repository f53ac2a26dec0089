package main

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// works are what is traced, by the kind of event that each operation is.
var works = map[string]func() (work, error){
	"kmalloc":   polls,
	"page":      touches,
	"growslice": growths,
}

// work does so many operations.
type work func(n int) error

// paths is by how many stacks a program allocates: real ones do it in more
// than one place.
const paths = 32

// byPath does something at the end of a path of calls.
func byPath(path, depth int, do func() error) error {
	switch {
	case depth == 0:
		return do()
	case path&1 == 0:
		return left(path>>1, depth-1, do)
	}
	return right(path>>1, depth-1, do)
}

//go:noinline
func left(path, depth int, do func() error) error { return byPath(path, depth, do) }

//go:noinline
func right(path, depth int, do func() error) error { return byPath(path, depth, do) }

// polls asks for so many descriptors that the kernel allocates memory for
// them, and has it skip each.
func polls() (work, error) {
	fds := make([]unix.PollFd, 64)
	for i := range fds {
		fds[i].Fd = -1
	}
	var at unix.Timespec
	return func(n int) error {
		for range n {
			_, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds[0])), uintptr(len(fds)), uintptr(unsafe.Pointer(&at)), 0, 0, 0)
			if errno != 0 && errno != unix.EINTR { // Go interrupts its threads
				return fmt.Errorf("poll: %w", errno)
			}
		}
		runtime.KeepAlive(fds)
		return nil
	}, nil
}

// touches writes to pages of which each is given to it anew.
func touches() (work, error) {
	const bytes = 16 << 20
	mem, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, err
	}
	// A kernel without transparent huge pages refuses, and makes none.
	_ = unix.Madvise(mem, unix.MADV_NOHUGEPAGE)
	page, next := unix.Getpagesize(), 0
	return func(n int) error {
		for range n {
			if next == bytes {
				if err := unix.Madvise(mem, unix.MADV_DONTNEED); err != nil {
					return err
				}
				next = 0
			}
			mem[next] = 1
			next += page
		}
		return nil
	}, nil
}

// growths appends to slices that are full.
func growths() (work, error) {
	const most = 512
	var s []int64
	return func(n int) error {
		for range n {
			if cap(s) >= most {
				s = nil
			}
			s = grown(s[:cap(s)])
		}
		return nil
	}, nil
}

//go:noinline
func grown(s []int64) []int64 { return append(s, 1) }
