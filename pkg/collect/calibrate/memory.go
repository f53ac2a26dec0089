package calibrate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// memory is a mapping whose pages are all there, on one node.
type memory struct {
	bytes     []byte
	node      int
	pageBytes int64
	// sure says that the kernel told where each page lies. It cannot where a
	// seccomp filter forbids to ask; then there must be one node only.
	sure bool
}

// Numbers of linux/mempolicy.h.
const (
	mpolBind    = 2
	maxNode     = 1024
	anyPagesize = 2 << 20 // a huge page of x86, and of arm64 with 4 kB pages
)

// allocate maps memory that is bound to a node, touches every page, and checks
// where it lies.
func allocate(node int, bytes int64, huge, only bool) (*memory, error) {
	whole, err := unix.Mmap(-1, 0, int(bytes)+anyPagesize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", bytes, err)
	}
	skip := -uintptr(unsafe.Pointer(&whole[0])) % anyPagesize
	m := &memory{bytes: whole[skip : int64(skip)+bytes], node: node, pageBytes: int64(os.Getpagesize())}
	if err := m.bind(); err != nil && !only {
		return nil, fmt.Errorf("bind memory to node %d: %w", node, err)
	}
	advice := unix.MADV_NOHUGEPAGE
	if huge {
		advice = unix.MADV_HUGEPAGE
	}
	// A kernel without huge pages refuses; the pages are then small, which
	// huge tells.
	_ = unix.Madvise(m.bytes, advice)
	touch(m.at(0), bytes/m.pageBytes, m.pageBytes)
	m.sure = true
	if err := m.check(); err != nil {
		var moved *misplacedError
		if !only || errors.As(err, &moved) {
			return nil, err
		}
		m.sure = false
	}
	return m, nil
}

func (m *memory) at(offset int64) unsafe.Pointer { return unsafe.Pointer(&m.bytes[offset]) }

func (m *memory) bind() error {
	if m.node < 0 || m.node >= maxNode {
		return fmt.Errorf("node %d is beyond %d", m.node, maxNode)
	}
	var mask [maxNode/64 + 1]uint64
	mask[m.node/64] = 1 << (m.node % 64)
	_, _, errno := unix.Syscall6(unix.SYS_MBIND, uintptr(m.at(0)), uintptr(len(m.bytes)), mpolBind,
		uintptr(unsafe.Pointer(&mask[0])), maxNode+1, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// misplacedError is memory that is not where it was bound to.
type misplacedError struct{ pages, of, node, found int }

func (e *misplacedError) Error() string {
	return fmt.Sprintf("%d of %d pages are not on node %d, the first on node %d: nothing is reported of memory that lies elsewhere", e.pages, e.of, e.node, e.found)
}

// check asks the kernel for the node of every page.
func (m *memory) check() error {
	if !m.sure {
		return nil
	}
	const batch = 4096
	pages := make([]uintptr, 0, batch)
	status := make([]int32, batch)
	wrong := &misplacedError{node: m.node, of: int(int64(len(m.bytes)) / m.pageBytes)}
	for offset := int64(0); offset < int64(len(m.bytes)); {
		pages = pages[:0]
		for ; offset < int64(len(m.bytes)) && len(pages) < batch; offset += m.pageBytes {
			pages = append(pages, uintptr(m.at(offset)))
		}
		_, _, errno := unix.Syscall6(unix.SYS_MOVE_PAGES, 0, uintptr(len(pages)), uintptr(unsafe.Pointer(&pages[0])), 0, uintptr(unsafe.Pointer(&status[0])), 0)
		if errno != 0 {
			return fmt.Errorf("ask where memory lies: %w", errno)
		}
		for _, node := range status[:len(pages)] {
			if int(node) != m.node {
				if wrong.pages == 0 {
					wrong.found = int(node)
				}
				wrong.pages++
			}
		}
	}
	if wrong.pages > 0 {
		return wrong
	}
	return nil
}

// huge is how much of this process's memory is in huge pages.
func huge() int64 {
	b, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "AnonHugePages:"); ok {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 52)
			return kib << 10
		}
	}
	return 0
}

// chain links places, spacing bytes apart, into one random cycle, in which no
// prefetcher sees a pattern. It is made in place: first as numbers, by
// Sattolo's algorithm, which gives one cycle through all; then as addresses.
func (m *memory) chain(spacing int64) {
	n := int64(len(m.bytes)) / spacing
	random := rand.New(rand.NewPCG(1, uint64(n)))
	word := func(i int64) *uint64 { return (*uint64)(m.at(i * spacing)) }
	for i := range n {
		*word(i) = uint64(i)
	}
	for i := n - 1; i > 0; i-- {
		a, b := word(i), word(random.Int64N(i))
		*a, *b = *b, *a
	}
	base := uint64(uintptr(m.at(0)))
	for i := range n {
		*word(i) = base + *word(i)*uint64(spacing)
	}
}
