package placement

import (
	"fmt"
	"math/rand/v2"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// maxSamples are the pages asked for in one look: a share of p has a
	// standard error of √(p(1-p)/4096), 0.8 % at worst.
	maxSamples = 4096
	// batch is how many one call asks for. The kernel takes the process's lock
	// for 16 at a time (mm/migrate.c), so this only bounds the call.
	batch = 256
)

// sampler asks where random pages are.
type sampler struct {
	random    *rand.Rand
	addresses []uintptr
	areas     []int // of each address
	status    []int32
}

func newSampler() sampler {
	return sampler{random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
}

// sample asks for pages spread evenly over all areas: the address space is cut
// into as many equal pieces as there are samples, and one page of each is
// drawn. Every page is as likely as any other, so the pages found on a node,
// each standing for a piece, sum up to an unbiased estimate of what is there.
func (s *sampler) sample(pid int, areas []area, pageBytes int64, into tally) (longest time.Duration, err error) {
	total := s.draw(areas, uint64(pageBytes))
	if total == 0 {
		return 0, nil
	}
	if longest, err = s.ask(pid); err != nil {
		return longest, err
	}
	found := map[tallyKey]int64{}
	for i, node := range s.status {
		if node >= 0 { // else not there, or the zero page, which is nobody's
			found[tallyKey{node: node, kind: areas[s.areas[i]].kind, pageBytes: pageBytes}]++
		}
	}
	for k, n := range found {
		sum := into.at(k)
		sum.samples += n
		sum.pages += int64(float64(n)*float64(total)/float64(len(s.status)) + 0.5)
	}
	return longest, nil
}

// draw chooses the addresses, and gives the number of pages that they were
// chosen from.
func (s *sampler) draw(areas []area, pageBytes uint64) (total uint64) {
	for _, a := range areas {
		total += (a.end - a.start) / pageBytes
	}
	n := min(total, maxSamples)
	s.addresses, s.areas = s.addresses[:0], s.areas[:0]
	at, before := 0, uint64(0) // the area, and the pages before it
	for i := range n {
		low, high := piece(total, n, i), piece(total, n, i+1)
		page := low + s.random.Uint64N(high-low)
		for page >= before+(areas[at].end-areas[at].start)/pageBytes {
			before += (areas[at].end - areas[at].start) / pageBytes
			at++
		}
		s.addresses = append(s.addresses, uintptr(areas[at].start+(page-before)*pageBytes))
		s.areas = append(s.areas, at)
	}
	return total
}

// piece is where the i-th of n pieces of total begins. An address space has
// fewer than 2^52 pages, so the product fits.
func piece(total, n, i uint64) uint64 { return total/n*i + total%n*i/n }

// ask fills status for all addresses. Without a list of nodes nothing moves:
// the kernel says where pages are.
func (s *sampler) ask(pid int) (longest time.Duration, err error) {
	s.status = make([]int32, len(s.addresses))
	for from := 0; from < len(s.addresses); from += batch {
		n := min(batch, len(s.addresses)-from)
		began := time.Now()
		_, _, errno := unix.Syscall6(unix.SYS_MOVE_PAGES, uintptr(pid), uintptr(n),
			uintptr(unsafe.Pointer(&s.addresses[from])), 0, uintptr(unsafe.Pointer(&s.status[from])), 0)
		longest = max(longest, time.Since(began))
		if errno != 0 {
			return longest, fmt.Errorf("ask where pages of process %d are: %w", pid, errno)
		}
	}
	return longest, nil
}
