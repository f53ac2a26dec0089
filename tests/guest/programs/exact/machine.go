package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/tests/guest/marker"
)

const (
	lineBytes = 64
	hugeBytes = 2 << 20 // of a huge page, on both architectures with pages of 4 KiB
)

// cpusByNode reads the machine's nodes; a node without CPUs is an error here.
func cpusByNode() ([][]int, error) {
	dirs, err := filepath.Glob("/sys/devices/system/node/node[0-9]*")
	if err != nil || len(dirs) == 0 {
		return nil, fmt.Errorf("no nodes in /sys/devices/system/node; is sysfs mounted? %w", err)
	}
	nodes := make([][]int, len(dirs))
	for i := range nodes {
		b, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/node/node%d/cpulist", i))
		if err != nil {
			return nil, err
		}
		if nodes[i], err = cpuList(strings.TrimSpace(string(b))); err != nil {
			return nil, fmt.Errorf("CPUs of node %d: %w", i, err)
		}
	}
	return nodes, nil
}

// cpuList reads the kernel's form 0-1,4.
func cpuList(s string) (cpus []int, err error) {
	for part := range strings.SplitSeq(s, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		a, errA := strconv.Atoi(from)
		b, errB := strconv.Atoi(to)
		if errA != nil || errB != nil || b < a {
			return nil, fmt.Errorf("%q is no list of CPUs", s)
		}
		for ; a <= b; a++ {
			cpus = append(cpus, a)
		}
	}
	return cpus, nil
}

// memory is touched memory of one node. With huge it is made of huge pages
// where the kernel has them, so that physical lines follow one another.
func memory(bytes, node int, huge bool) (unsafe.Pointer, error) {
	b, err := unix.Mmap(-1, 0, bytes+hugeBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("memory on node %d: %w", node, err)
	}
	skip := -uintptr(unsafe.Pointer(&b[0])) % hugeBytes
	b = b[skip : int(skip)+bytes]
	advice := unix.MADV_NOHUGEPAGE
	if huge {
		advice = unix.MADV_HUGEPAGE
	}
	if err := unix.Madvise(b, advice); err != nil {
		return nil, fmt.Errorf("memory on node %d: %w", node, err)
	}
	const mpolBind = 2
	mask := [16]uint64{1 << node}
	if _, _, e := unix.Syscall6(unix.SYS_MBIND, uintptr(unsafe.Pointer(&b[0])), uintptr(bytes), mpolBind, uintptr(unsafe.Pointer(&mask)), 1024, 0); e != 0 {
		return nil, fmt.Errorf("memory on node %d: mbind: %w", node, e)
	}
	for i := 0; i < bytes; i += 4096 {
		b[i] = 1
	}
	return unsafe.Pointer(&b[0]), nil
}

// contiguous tells whether the physical lines of the memory follow one another
// from a multiple of its size, or of 2 MiB if that is less, page after page.
func contiguous(p unsafe.Pointer, bytes int) (bool, error) {
	for at := 0; at < bytes; at += hugeBytes {
		first, err := marker.Physical(unsafe.Add(p, at))
		if err != nil || first%hugeBytes != 0 {
			return false, err
		}
		last, err := marker.Physical(unsafe.Add(p, min(at+hugeBytes, bytes)-4096))
		if err != nil || last-first != uint64(min(hugeBytes, bytes-at)-4096) {
			return false, err
		}
	}
	return true, nil
}

// thread is a thread pinned to a CPU.
type thread struct {
	cpu, node, tid int
}

// onCPU runs a function on a thread of its own, pinned to a CPU, marked, and
// before all other threads of the CPU: two loops that are to run side by side
// do, whatever else the runtime and the kernel have to do.
func (e *experiments) onCPU(cpu, node int, do func(t thread)) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its goroutine
		if err := claim(cpu); err != nil {
			done <- err
			return
		}
		if err := e.window.Thread(); err != nil {
			done <- err
			return
		}
		do(thread{cpu, node, unix.Gettid()})
		done <- nil
	}()
	return <-done
}

// throttle is the part of each second that the kernel keeps from real-time
// threads, by default; a loop that is stopped so runs alone on the other side.
const throttle = "/proc/sys/kernel/sched_rt_runtime_us"

// unthrottled lets real-time threads run on; restore puts things back.
func unthrottled() (restore func() error, err error) {
	was, err := os.ReadFile(throttle)
	if err != nil {
		return nil, err
	}
	return func() error { return os.WriteFile(throttle, was, 0) }, os.WriteFile(throttle, []byte("-1"), 0)
}

// claim pins the calling thread to a CPU and makes it the first to run there.
func claim(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pinning to CPU %d: %w", cpu, err)
	}
	first := &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}
	if err := unix.SchedSetAttr(0, first, 0); err != nil {
		return fmt.Errorf("real-time priority on CPU %d: %w; CAP_SYS_NICE is needed", cpu, err)
	}
	return nil
}
