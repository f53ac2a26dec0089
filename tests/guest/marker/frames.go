package marker

import (
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// CheckFrames tells the plugin the physical frame of one page on each node, so
// that it can prove, or refuse, its own idea of physical addresses. It needs
// CAP_SYS_ADMIN, without which the kernel shows no frames. Once a machine,
// before Arm.
func (w *Window) CheckFrames(nodes int) error {
	if nodes > MaxNode {
		return fmt.Errorf("%d nodes: the plugin knows %d", nodes, MaxNode)
	}
	for node := range nodes {
		page := unsafe.Add(w.base, check+node*pageBytes)
		if err := bind(page, node); err != nil {
			return fmt.Errorf("binding a page to node %d: %w", node, err)
		}
		*(*uint64)(unsafe.Add(page, 8)) = 1 // no marker: it only brings the page in
		physical, err := Physical(page)
		if err != nil {
			return err
		}
		frame := uintptr(physical / pageBytes)
		w.at(frameLow + 8*(frame&(1<<frameBits-1)))
		w.at(frameHigh + 8*(frame>>frameBits))
		w.at(check + uintptr(node)*pageBytes)
	}
	return nil
}

// bind has a page that nobody has touched yet come from one node.
func bind(page unsafe.Pointer, node int) error {
	const mpolBind = 2
	mask := [16]uint64{1 << node}
	_, _, errno := unix.Syscall6(unix.SYS_MBIND, uintptr(page), pageBytes, mpolBind, uintptr(unsafe.Pointer(&mask)), 1024, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// Physical is the physical address of an address of this process, from
// /proc/self/pagemap.
func Physical(p unsafe.Pointer) (uint64, error) {
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return 0, fmt.Errorf("physical address of %p: %w", p, err)
	}
	defer f.Close()
	var entry [8]byte
	if _, err := f.ReadAt(entry[:], int64(uintptr(p)/pageBytes*8)); err != nil {
		return 0, fmt.Errorf("physical address of %p: %w", p, err)
	}
	const present, frames = 1 << 63, 1<<55 - 1
	e := binary.LittleEndian.Uint64(entry[:])
	if e&present == 0 || e&frames == 0 {
		return 0, fmt.Errorf("physical address of %p: the page is not there, or its frame is hidden for want of CAP_SYS_ADMIN", p)
	}
	return e&frames*pageBytes + uint64(uintptr(p)%pageBytes), nil
}
