package probes

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// ownPages is how many pages are allocated to learn from. All must say the
// same.
const ownPages = 16

// LearnFromOwn finds out where the kernel keeps its struct pages and its
// linear mapping, by allocations of this process: of each page it knows the
// physical address from /proc/self/pagemap, and the programs tell which struct
// page, or which object, the kernel gave. No kernel version has to be known
// for that, nor any symbol be readable.
func (k *Kernel) LearnFromOwn() error {
	if k.OnlyNode >= 0 && k.StructPageBytes == 0 {
		return nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	seen, err := allocateOwn(k)
	if err != nil {
		return err
	}
	if k.Vmemmap, err = vmemmapOf(seen.pages, seen.frames, k.StructPageBytes); err != nil {
		return err
	}
	k.Linear = linearOf(seen.objects, k)
	if k.Linear == 0 && k.OnlyNode < 0 {
		return errors.New("the kernel's linear mapping could not be found, so the node of kmalloc's memory is not known")
	}
	return nil
}

// ownAllocations are what the programs saw of this thread.
type ownAllocations struct {
	pages   []uint64 // struct pages of order 0, in order
	objects []ObjectOwn
	frames  []uint64 // page frames of the pages that were touched, in order
}

func allocateOwn(k *Kernel) (*ownAllocations, error) {
	spec, err := LoadObject()
	if err != nil {
		return nil, err
	}
	if err := set(spec, map[string]any{ObjectVarOwnTid: uint32(unix.Gettid())}); err != nil {
		return nil, err
	}
	spec.Programs = map[string]*ebpf.ProgramSpec{ObjectProgOwnPage: spec.Programs[ObjectProgOwnPage], ObjectProgOwnObject: spec.Programs[ObjectProgOwnObject]}
	for name := range spec.Maps {
		if name != ObjectMapOwnAllocations && name[0] != '.' {
			delete(spec.Maps, name)
		}
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, err
	}
	defer coll.Close()
	for hook, program := range map[string]string{"mm_page_alloc": ObjectProgOwnPage, "kmalloc": ObjectProgOwnObject} {
		l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: hook, Program: coll.Programs[program]})
		if err != nil {
			return nil, fmt.Errorf("tracepoint %s: %w", hook, err)
		}
		defer l.Close()
	}
	seen := &ownAllocations{}
	if seen.frames, err = touch(ownPages, int(k.PageBytes)); err != nil {
		return nil, err
	}
	if err := largeObject(); err != nil {
		return nil, err
	}
	return seen, seen.read(coll)
}

func (o *ownAllocations) read(coll *ebpf.Collection) error {
	var n uint32
	if err := coll.Variables[ObjectVarOwnCount].Get(&n); err != nil {
		return err
	}
	for i := range n {
		var a ObjectOwn
		if err := coll.Maps[ObjectMapOwnAllocations].Lookup(i, &a); err != nil {
			return err
		}
		if a.Page != 0 && a.Order == 0 {
			o.pages = append(o.pages, a.Page)
		}
		o.objects = append(o.objects, a)
	}
	return nil
}

// touch has the kernel give this thread pages, and says which frames they are.
func touch(n, pageBytes int) ([]uint64, error) {
	m, err := unix.Mmap(-1, 0, n*pageBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, err
	}
	defer unix.Munmap(m)
	unix.Madvise(m, unix.MADV_NOHUGEPAGE)
	for i := range n {
		m[i*pageBytes] = 1
	}
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries := make([]byte, 8*n)
	if _, err := f.ReadAt(entries, int64(uintptr(unsafe.Pointer(&m[0])))/int64(pageBytes)*8); err != nil {
		return nil, fmt.Errorf("/proc/self/pagemap: %w", err)
	}
	frames := make([]uint64, n)
	for i := range frames {
		// Documentation/admin-guide/mm/pagemap.rst: bit 63 is present, 0 to 54
		// are the frame, which is 0 to whoever may not see it.
		e := binary.NativeEndian.Uint64(entries[8*i:])
		if frames[i] = e & (1<<55 - 1); e>>63 == 0 || frames[i] == 0 {
			return nil, errors.New("/proc/self/pagemap does not show page frames (that needs CAP_SYS_ADMIN)")
		}
	}
	return frames, nil
}

// largeObject has the kernel allocate an object that is pages of its own, and
// tells so by both tracepoints: a copy of 1024 iovecs, which are 16 KiB.
func largeObject() error {
	null, err := os.OpenFile("/dev/null", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	b := []byte{0}
	vectors := make([]unix.Iovec, 1024)
	for i := range vectors {
		vectors[i] = unix.Iovec{Base: &b[0]}
		vectors[i].SetLen(1)
	}
	_, _, errno := unix.Syscall(unix.SYS_WRITEV, null.Fd(), uintptr(unsafe.Pointer(&vectors[0])), uintptr(len(vectors)))
	runtime.KeepAlive(b)
	if errno != 0 {
		return fmt.Errorf("writev: %w", errno)
	}
	return nil
}

// vmemmapOf finds the struct page of frame 0 from pages and frames that came
// in the same order. Between them the kernel may have allocated pages of its
// own, for page tables: a run of pages that fits the frames is looked for.
func vmemmapOf(pages, frames []uint64, size uint64) (uint64, error) {
	if size == 0 {
		return 0, errors.New("the size of struct page is not known")
	}
	votes := map[uint64]int{}
	for _, frame := range frames {
		for _, page := range pages {
			votes[page-frame*size]++
		}
	}
	var best uint64
	for base, n := range votes {
		if n > votes[best] {
			best = base
		}
	}
	if votes[best] < len(frames)*3/4 {
		return 0, fmt.Errorf("the kernel's struct pages could not be found: %d of %d own pages agree", votes[best], len(frames))
	}
	return best, nil
}

// linearOf finds the distance from physical to virtual addresses of the linear
// mapping: by an object that is whole pages, which were allocated just before.
func linearOf(seen []ObjectOwn, k *Kernel) uint64 {
	for i, o := range seen {
		if o.Object == 0 || i == 0 || o.ObjectBytes < 2*k.PageBytes {
			continue
		}
		p := seen[i-1]
		if p.Page < k.Vmemmap || k.PageBytes<<p.Order != o.ObjectBytes {
			continue
		}
		return o.Object - (p.Page-k.Vmemmap)/k.StructPageBytes*k.PageBytes
	}
	return 0
}
