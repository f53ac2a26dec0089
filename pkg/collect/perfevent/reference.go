package perfevent

import (
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/events"
)

// capUserTime is the bit of the page's capabilities that says whether its
// conversion of time is valid (cap_user_time of perf_event_mmap_page).
const capUserTime = 1 << 3

// ReferenceHz is the frequency of the clock that ref-cycles counts on x86, the
// time stamp counter; 0 where the kernel does not say, as in virtual machines
// with a clock of their own. It is what the kernel itself converts that clock
// to ns with, read from the page of an event that counts nothing.
func ReferenceHz() int64 {
	a := attr(events.CPUClock(), Target{}, true, Options{ExcludeKernel: true})
	fd, err := unix.PerfEventOpen(&a, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	mem, err := unix.Mmap(fd, 0, os.Getpagesize(), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return 0
	}
	defer unix.Munmap(mem)
	page := (*unix.PerfEventMmapPage)(unsafe.Pointer(&mem[0]))
	if page.Capabilities&capUserTime == 0 {
		return 0
	}
	return referenceHz(page.Time_mult, page.Time_shift)
}

// referenceHz inverts ns = cycles × mult >> shift.
func referenceHz(mult uint32, shift uint16) int64 {
	if mult == 0 || shift > 63 {
		return 0
	}
	return int64(math.Round(1e9 * math.Ldexp(1, int(shift)) / float64(mult)))
}
