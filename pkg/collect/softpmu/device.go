package softpmu

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
)

// The PCI device is QEMU's ivshmem (docs/specs/ivshmem-spec of QEMU): BAR 2
// is memory shared with the host. Other programs use it too.
const (
	vendor = "0x1af4"
	device = "0x1110"
	bar    = "resource2"
)

// memory is the shared memory, mapped.
type memory []byte

// find maps the first device that carries the magic. Without one, or where
// this process may not look, both results are nil: what an ivshmem device is
// for cannot be known without reading it.
func find(roots collect.Roots) (memory, error) {
	dir := filepath.Join(roots.Sys, "bus/pci/devices")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil
	}
	for _, e := range entries {
		slot := filepath.Join(dir, e.Name())
		if id(slot, "vendor") != vendor || id(slot, "device") != device {
			continue
		}
		m, err := mapDevice(filepath.Join(slot, bar))
		switch {
		case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("PCI device %s: %w", e.Name(), err)
		case m != nil:
			return m, nil
		}
	}
	return nil, nil
}

func id(slot, file string) string {
	b, err := os.ReadFile(filepath.Join(slot, file))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// mapDevice maps a device's memory if it carries the magic, and else gives
// nil.
func mapDevice(path string) (memory, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < headerBytes || info.Size() > maxBytes {
		return nil, nil
	}
	head, err := mapBytes(f, headerBytes)
	if err != nil {
		return nil, err
	}
	ours := isOurs(head)
	if err := unix.Munmap(head); err != nil || !ours {
		return nil, err
	}
	return mapBytes(f, int(info.Size()))
}

func mapBytes(f *os.File, n int) (memory, error) {
	m, err := unix.Mmap(int(f.Fd()), 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", f.Name(), err)
	}
	return m, nil
}

func (m memory) close() error { return unix.Munmap(m) }

// load reads a word that the plugin may be writing. The device is little
// endian, as all machines are on which this agent runs. The offset is one of
// a layout: within the memory, and a multiple of eight.
func (m memory) load(at uint64) uint64 {
	return atomic.LoadUint64((*uint64)(unsafe.Pointer(&m[at : at+8][0])))
}

func (m memory) store(at, value uint64) {
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&m[at : at+8][0])), value)
}
