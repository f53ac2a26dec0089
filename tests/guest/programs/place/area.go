//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/tests/guest/programs/place/account"
)

const (
	mfMove       = 2 // MPOL_MF_MOVE
	maxNode      = 1024
	hugePageSize = 2 << 20
)

// area is a piece of memory of its own, in pages of one size.
type area struct {
	memory    []byte
	pageBytes int
}

// mapArea maps memory that nobody has touched. It is kept from becoming
// transparent huge pages, which would make one fault of many, and from being
// joined with the area mapped before, which would give both one line of
// numa_maps: its last page, which is not the area's, cannot be used.
func mapArea(count int, huge bool) (*area, error) {
	a := &area{pageBytes: os.Getpagesize()}
	flags := unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	if huge {
		a.pageBytes = hugePageSize
		flags |= unix.MAP_HUGETLB
	}
	var err error
	if huge { // of another kind than its neighbours, and every page counts
		a.memory, err = unix.Mmap(-1, 0, count*a.pageBytes, unix.PROT_READ|unix.PROT_WRITE, flags)
		return a, err
	}
	mapped, err := unix.Mmap(-1, 0, (count+1)*a.pageBytes, unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil, err
	}
	a.memory = mapped[:count*a.pageBytes]
	return a, errors.Join(unix.Mprotect(mapped[count*a.pageBytes:], unix.PROT_NONE), unix.Madvise(a.memory, unix.MADV_NOHUGEPAGE))
}

func (a *area) unmap() error { return unix.Munmap(a.memory) }

func (a *area) start() uint64 { return uint64(uintptr(unsafe.Pointer(&a.memory[0]))) }

func (a *area) pages() int { return len(a.memory) / a.pageBytes }

// touch writes one byte of every page, and reads none: a page that is read
// first faults twice, the first time for the page of zeros that all share.
func (a *area) touch() error {
	for i := 0; i < len(a.memory); i += a.pageBytes {
		a.memory[i] = 1
	}
	return nil
}

// bind sets the memory's policy.
func (a *area) bind(mode int, nodes []int) error {
	var mask [maxNode / 64]uint64
	for _, n := range nodes {
		mask[n/64] |= 1 << (n % 64)
	}
	_, _, errno := syscall.Syscall6(unix.SYS_MBIND, uintptr(unsafe.Pointer(&a.memory[0])), uintptr(len(a.memory)),
		uintptr(mode), uintptr(unsafe.Pointer(&mask)), maxNode, 0)
	if errno != 0 {
		return fmt.Errorf("mbind to nodes %v: %w", nodes, errno)
	}
	return nil
}

// where asks for the node of every page.
func (a *area) where() ([]int, error) { return a.movePages(nil) }

// move moves every page to a node.
func (a *area) move(node int) error {
	to := make([]int32, a.pages())
	for i := range to {
		to[i] = int32(node)
	}
	_, err := a.movePages(to)
	return err
}

func (a *area) movePages(to []int32) ([]int, error) {
	addresses := make([]unsafe.Pointer, a.pages())
	for i := range addresses {
		addresses[i] = unsafe.Pointer(&a.memory[i*a.pageBytes])
	}
	status := make([]int32, len(addresses))
	_, _, errno := syscall.Syscall6(unix.SYS_MOVE_PAGES, 0, uintptr(len(addresses)), uintptr(unsafe.Pointer(&addresses[0])),
		uintptr(unsafe.Pointer(unsafe.SliceData(to))), uintptr(unsafe.Pointer(&status[0])), mfMove)
	if errno != 0 {
		return nil, errno
	}
	on := make([]int, len(status))
	for i, s := range status {
		switch {
		case s == -int32(unix.ENOENT): // not there, or just protected by balancing
			on[i] = account.Nowhere
		case s < 0:
			return nil, fmt.Errorf("page %d: %w", i, syscall.Errno(-s))
		default:
			on[i] = int(s)
		}
	}
	return on, nil
}

// maps reads the area's line of numa_maps: pages by node.
func (a *area) maps() (map[int]int, error) {
	f, err := os.Open("/proc/self/numa_maps")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		start, err := strconv.ParseUint(fields[0], 16, 64)
		if err != nil || start != a.start() {
			continue
		}
		on := map[int]int{}
		for _, field := range fields {
			var node, pages int
			if n, err := fmt.Sscanf(field, "N%d=%d", &node, &pages); err == nil && n == 2 {
				on[node] = pages
			}
		}
		return on, nil
	}
	return nil, fmt.Errorf("numa_maps has no line for %x", a.start())
}
