package collect

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// NodesOfPages asks the kernel on which node each of a process's addresses
// lies, and puts that into nodes; a negative number is a page that is not
// there. It holds a lock of that process's for as long as the kernel looks.
func NodesOfPages(pid int, addresses []uintptr, nodes []int32) error {
	// To move_pages 0 would be ourselves; it is what a process of another PID
	// namespace looks like.
	if pid <= 0 {
		return unix.ESRCH
	}
	if len(addresses) == 0 {
		return nil
	}
	// Without a list of nodes nothing moves: the kernel says where pages are.
	_, _, errno := unix.Syscall6(unix.SYS_MOVE_PAGES, uintptr(pid), uintptr(len(addresses)),
		uintptr(unsafe.Pointer(&addresses[0])), 0, uintptr(unsafe.Pointer(&nodes[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
