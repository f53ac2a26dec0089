package story

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/tests/guest/marker"
)

// LineWords is a cache line in words.
const LineWords = 64 / 8

// Map maps memory that nobody has touched: its pages lie nowhere yet. It
// asks for small pages, because a huge one lies on one node as a whole.
func Map(bytes int) ([]uint64, error) {
	mem, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", bytes, err)
	}
	if err := unix.Madvise(mem, unix.MADV_NOHUGEPAGE); err != nil && !errors.Is(err, unix.EINVAL) {
		return nil, fmt.Errorf("ask for small pages: %w", err)
	}
	return unsafe.Slice((*uint64)(unsafe.Pointer(&mem[0])), bytes/8), nil
}

// Touch writes to each page, and so has the kernel place it by the policy of
// the calling thread: on the node that it runs on.
func Touch(words []uint64) {
	for i := 0; i < len(words); i += os.Getpagesize() / 8 {
		words[i] = 1
	}
}

// Scan loads one word of each line.
func (w *Worker) Scan(words []uint64) {
	w.sum += scan(words)
	w.Loads += int64((len(words) + LineWords - 1) / LineWords)
}

//go:noinline
func scan(words []uint64) (sum uint64) {
	for i := 0; i < len(words); i += LineWords {
		sum += words[i]
	}
	return sum
}

// Pieces cuts an array into pieces of one pass each, which take some ten
// milliseconds under the plugin.
func Pieces(words []uint64) func() []uint64 {
	const piece = 512 * LineWords
	at := 0
	return func() []uint64 {
		if at >= len(words) {
			at = 0
		}
		from := at
		at = min(at+piece, len(words))
		return words[from:at]
	}
}

// NodesOf counts the pages by node, as the kernel says.
func NodesOf(words []uint64) (map[int]int, error) {
	status, err := movePages(words, nil)
	if err != nil {
		return nil, err
	}
	pages := map[int]int{}
	for _, node := range status {
		if node < 0 {
			return nil, fmt.Errorf("move_pages: a page is nowhere: %w", unix.Errno(-node))
		}
		pages[int(node)]++
	}
	return pages, nil
}

// MoveTo has the kernel move all pages to a node.
func MoveTo(words []uint64, node int) error {
	_, err := movePages(words, &node)
	return err
}

// movePages calls move_pages on this process: with a node it moves, without
// it asks.
func movePages(words []uint64, node *int) ([]int32, error) {
	step := os.Getpagesize() / 8
	var addresses []uintptr
	var nodes []int32
	for i := 0; i < len(words); i += step {
		addresses = append(addresses, uintptr(unsafe.Pointer(&words[i])))
		if node != nil {
			nodes = append(nodes, int32(*node))
		}
	}
	status := make([]int32, len(addresses))
	const move = 2 // MPOL_MF_MOVE: pages of this process alone
	left, _, errno := unix.Syscall6(unix.SYS_MOVE_PAGES, 0, uintptr(len(addresses)), uintptr(unsafe.Pointer(&addresses[0])),
		uintptr(unsafe.Pointer(unsafe.SliceData(nodes))), uintptr(unsafe.Pointer(&status[0])), move)
	if errno != 0 {
		return nil, fmt.Errorf("move_pages: %w", errno)
	}
	if left > 0 {
		return nil, fmt.Errorf("move_pages left %d pages where they were", left)
	}
	return status, nil
}

// LineOf describes the line of a word that CPUs write.
func LineOf(word *uint64, cpus []int) (Line, error) {
	physical, err := marker.Physical(unsafe.Pointer(word))
	if err != nil {
		return Line{}, err
	}
	const within = LineWords*8 - 1
	virtual := uint64(uintptr(unsafe.Pointer(word)))
	return Line{Virtual: fmt.Sprintf("%#x", virtual&^within), Physical: fmt.Sprintf("%#x", physical&^within), CPUs: cpus}, nil
}
