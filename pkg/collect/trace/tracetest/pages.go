package tracetest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Area is memory that one thread touched, page after page.
type Area struct {
	Span
	Name      string `json:"name"`
	Policy    string `json:"policy"`
	Start     uint64 `json:"start"`
	PageBytes int    `json:"page_bytes"`
	// On is the node of every page by move_pages, Frames its page frame by
	// /proc/self/pagemap, 0 where that is hidden.
	On     []int    `json:"on"`
	Frames []uint64 `json:"frames"`
}

const (
	areaPages = 300
	hugeBytes = 2 << 20
	hugePages = 3
)

// Touch touches memory from a CPU of every node: without a policy, bound to
// that node, and bound to another.
func (a *Account) Touch() error {
	for _, n := range a.Machine.Nodes {
		if len(n.CPUs) == 0 {
			continue
		}
		cpu, far := n.CPUs[0], a.Machine.next(n.ID)
		for _, p := range []policy{{}, {"bind", unix.MPOL_BIND, []int{n.ID}}, {"bind", unix.MPOL_BIND, []int{far}}, {"preferred", unix.MPOL_PREFERRED, []int{far}}} {
			if err := a.touch(fmt.Sprintf("%s from node %d", p, n.ID), cpu, areaPages, p); err != nil {
				return err
			}
		}
	}
	all := policy{name: "interleave", mode: unix.MPOL_INTERLEAVE}
	for _, n := range a.Machine.Nodes {
		all.nodes = append(all.nodes, n.ID)
	}
	return a.touch(all.String(), a.Machine.Nodes[0].CPUs[0], areaPages, all)
}

// TouchHuge touches transparent huge pages, where the kernel gives them.
func (a *Account) TouchHuge() error {
	cpu := a.Machine.Nodes[a.Machine.last()].CPUs[0]
	return a.undisturbed(func() (*Area, *memory, error) {
		m, err := mapHuge()
		if err != nil {
			return nil, nil, err
		}
		area := &Area{Name: "huge pages", Policy: "default", PageBytes: hugeBytes}
		area.Span, err = a.onThread("nl-huge", cpu, func() error { m.touch(); return nil })
		return area, m, err
	})
}

func (a *Account) touch(name string, cpu, count int, p policy) error {
	return a.undisturbed(func() (*Area, *memory, error) {
		m, err := mapMemory(count, unix.PROT_READ|unix.PROT_WRITE)
		if err != nil {
			return nil, nil, err
		}
		if err := m.bind(p, 0); err != nil {
			return nil, nil, err
		}
		area := &Area{Name: name, Policy: p.String(), PageBytes: m.pageBytes}
		area.Span, err = a.onThread("nl-touch", cpu, func() error { m.touch(); return nil })
		return area, m, err
	})
}

// undisturbed touches an area and asks the kernel where its pages are, until
// no page of the host has moved meanwhile: compaction puts pages into other
// frames whenever it likes. What was disturbed is in no account.
func (a *Account) undisturbed(touch func() (*Area, *memory, error)) error {
	for range 20 {
		before, err := vmstat()
		if err != nil {
			return err
		}
		area, m, err := touch()
		if err != nil {
			return err
		}
		area.Start = m.start()
		if area.On, err = m.where(); err != nil {
			return err
		}
		if area.Frames, err = m.frames(); err != nil {
			return err
		}
		after, err := vmstat()
		if err != nil {
			return err
		}
		if after["pgmigrate_success"] == before["pgmigrate_success"] {
			a.Pages = append(a.Pages, *area)
			return nil
		}
	}
	return errors.New("the kernel never stops moving pages")
}

// policy is a memory policy; the zero value leaves memory as it is.
type policy struct {
	name  string
	mode  int
	nodes []int
}

func (p policy) String() string {
	if p.name == "" {
		return "default"
	}
	return fmt.Sprintf("%s:%v", p.name, p.nodes)
}

// memory is a mapping of its own that nobody has touched.
type memory struct {
	bytes     []byte
	pageBytes int
}

// mapMemory maps pages that do not become transparent huge ones, nor are
// joined with a mapping before: its last page cannot be used.
func mapMemory(count, protection int) (*memory, error) {
	m := &memory{pageBytes: os.Getpagesize()}
	mapped, err := unix.Mmap(-1, 0, (count+1)*m.pageBytes, protection, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, err
	}
	m.bytes = mapped[:count*m.pageBytes]
	return m, errors.Join(unix.Mprotect(mapped[count*m.pageBytes:], unix.PROT_NONE), noHuge(m.bytes))
}

// noHuge does without complaint where the kernel knows no huge pages.
func noHuge(b []byte) error {
	if err := unix.Madvise(b, unix.MADV_NOHUGEPAGE); err != nil && !errors.Is(err, unix.EINVAL) {
		return err
	}
	return nil
}

func mapHuge() (*memory, error) {
	mapped, err := unix.Mmap(-1, 0, (hugePages+1)*hugeBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, err
	}
	at := uintptr(unsafe.Pointer(&mapped[0]))
	skip := int(-at & (hugeBytes - 1))
	m := &memory{bytes: mapped[skip : skip+hugePages*hugeBytes], pageBytes: hugeBytes}
	if err := unix.Madvise(m.bytes, unix.MADV_HUGEPAGE); err != nil {
		return nil, fmt.Errorf("ask for huge pages: %w", err)
	}
	return m, nil
}

func (m *memory) start() uint64 { return uint64(uintptr(unsafe.Pointer(&m.bytes[0]))) }

// touch writes one byte of every page, and reads none: a page that is read
// first faults twice.
func (m *memory) touch() {
	for i := 0; i < len(m.bytes); i += m.pageBytes {
		m.bytes[i] = 1
	}
}

// touchOn touches memory that is of one node, and leaves it without a policy,
// which would be in the way of its moving.
func (m *memory) touchOn(node int) error {
	if err := m.bind(policy{"bind", unix.MPOL_BIND, []int{node}}, 0); err != nil {
		return err
	}
	m.touch()
	return m.bind(policy{"default", unix.MPOL_DEFAULT, nil}, 0)
}

// bind sets the memory's policy; with MPOL_MF_MOVE, of what is there too.
func (m *memory) bind(p policy, flags uintptr) error {
	if p.name == "" {
		return nil
	}
	var mask uint64
	for _, n := range p.nodes {
		mask |= 1 << n
	}
	if _, _, errno := unix.Syscall6(unix.SYS_MBIND, uintptr(unsafe.Pointer(&m.bytes[0])), uintptr(len(m.bytes)), uintptr(p.mode),
		uintptr(unsafe.Pointer(&mask)), maxNode, flags); errno != 0 {
		return fmt.Errorf("mbind %s: %w", p, errno)
	}
	return nil
}

// nowhere is the node of a page that is not there.
const nowhere = -1

// where is the node of every page.
func (m *memory) where() ([]int, error) {
	status, err := m.movePages(nil)
	if err != nil {
		return nil, err
	}
	on := make([]int, len(status))
	for i, s := range status {
		switch {
		case s == -int32(unix.ENOENT):
			on[i] = nowhere
		case s < 0:
			return nil, fmt.Errorf("page %d: %w", i, unix.Errno(-s))
		default:
			on[i] = int(s)
		}
	}
	return on, nil
}

// movePages moves every page to a node, or asks where it is; the status is
// the kernel's of each.
func (m *memory) movePages(to []int32) ([]int32, error) {
	addresses := make([]unsafe.Pointer, 0, len(m.bytes)/m.pageBytes)
	for i := 0; i < len(m.bytes); i += m.pageBytes {
		addresses = append(addresses, unsafe.Pointer(&m.bytes[i]))
	}
	status := make([]int32, len(addresses))
	const move = 2 // MPOL_MF_MOVE
	if _, _, errno := unix.Syscall6(unix.SYS_MOVE_PAGES, 0, uintptr(len(addresses)), uintptr(unsafe.Pointer(&addresses[0])),
		uintptr(unsafe.Pointer(unsafe.SliceData(to))), uintptr(unsafe.Pointer(&status[0])), move); errno != 0 {
		return nil, fmt.Errorf("move_pages: %w", errno)
	}
	return status, nil
}

// frames are the page frame numbers, which only root is told.
func (m *memory) frames() ([]uint64, error) {
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const entryBytes, present, frameMask = 8, 1 << 63, 1<<55 - 1
	page := uint64(os.Getpagesize())
	var all []uint64
	for at := m.start(); at < m.start()+uint64(len(m.bytes)); at += uint64(m.pageBytes) {
		var entry [entryBytes]byte
		if _, err := f.ReadAt(entry[:], int64(at/page*entryBytes)); err != nil {
			return nil, fmt.Errorf("pagemap of %#x: %w", at, err)
		}
		e := binary.NativeEndian.Uint64(entry[:])
		if e&present == 0 {
			return nil, fmt.Errorf("page at %#x is not present", at)
		}
		all = append(all, e&frameMask)
	}
	return all, nil
}
