// Package marker is how a program inside the guest tells the plugin who runs
// and what is measured: by the address of a store, as tests/guest/README.md
// lists them. Without the plugin the stores are ordinary ones and do nothing.
//
// A marker holds for the CPU that the calling thread runs on: lock the
// goroutine to its thread and pin that to a CPU first.
package marker

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The window of addresses, and the offsets in it.
const (
	Base  = 0x4e4c00000000
	Bytes = 4 << 20

	arm    = 0x00
	disarm = 0x08
	clock  = 0x10
	thread = 0x10000
	begin  = 0x200000
	end    = 0x210000

	frameLow  = 0x220000
	frameHigh = 0x240000
	check     = 0x260000

	frameBits = 14
	pageBytes = 4096

	MaxThread  = 131072
	MaxSection = 4096
	MaxNode    = 16
)

// Window is the mapped window.
type Window struct{ base unsafe.Pointer }

// Map maps the window, once in a program; its pages take memory when they are
// first stored to.
func Map() (*Window, error) {
	base, err := unix.MmapPtr(-1, 0, unsafe.Add(unsafe.Pointer(nil), Base), Bytes,
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED_NOREPLACE|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("mapping the plugin's marker window at %#x: %w; is it mapped already?", Base, err)
	}
	// One page for each marker that is used, not 2 MiB zeroed at the first.
	if err := unix.Madvise(unsafe.Slice((*byte)(base), Bytes), unix.MADV_NOHUGEPAGE); err != nil && err != unix.EINVAL {
		return nil, fmt.Errorf("the marker window: %w", err)
	}
	return &Window{base}, nil
}

// at stores to an offset of the window. The store is atomic so that the
// compiler neither merges two of them nor drops one.
func (w *Window) at(offset uintptr) {
	atomic.StoreUint64((*uint64)(unsafe.Add(w.base, offset)), 1)
}

// Arm starts counting.
func (w *Window) Arm() { w.at(arm) }

// Disarm ends counting.
func (w *Window) Disarm() { w.at(disarm) }

// Clock has the host's monotonic clock written into the shared memory.
func (w *Window) Clock() { w.at(clock) }

// Thread says that this CPU now runs the calling thread.
func (w *Window) Thread() error {
	tid := unix.Gettid()
	if tid >= MaxThread {
		return fmt.Errorf("thread id %d: a marker holds ids below %d", tid, MaxThread)
	}
	w.at(thread + 8*uintptr(tid))
	return nil
}

// Begin begins section id on this CPU.
func (w *Window) Begin(id int) { w.at(begin + 8*section(id)) }

// End ends section id on this CPU.
func (w *Window) End(id int) { w.at(end + 8*section(id)) }

// section panics on an id that would mean another marker: a mistake in the
// program, not in what it was given.
func section(id int) uintptr {
	if id < 0 || id >= MaxSection {
		panic(fmt.Sprintf("marker: section %d is not in 0 to %d", id, MaxSection-1))
	}
	return uintptr(id)
}
