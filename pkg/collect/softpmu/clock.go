package softpmu

import (
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Samples carry the clock of the host, on which the guest's has no say. The
// two are tied by a marker: this process notes its own clock, stores to the
// marker's address, upon which the plugin writes the host's clock into the
// header before the next instruction runs, and notes its own clock again. The
// host's reading lies between the two; half their distance is the error,
// beside what the clocks drift apart until the next tie.
const (
	window      = 0x4e4c00000000
	clockMarker = 0x10
	// tieEvery is how often the clocks are tied again, tieTries how often at
	// a time, tieKeep how many of the last ties the tightest is taken of.
	tieEvery = 3 * time.Second
	tieTries = 5
	tieKeep  = 4
)

// marker is the page of the window with the clock marker.
type marker []byte

// mapMarker maps it where the plugin looks for it. It is refused where the
// address is taken or the kernel's address space is too small.
func mapMarker() (marker, error) {
	// The address is a number of the contract, which a pointer can only be
	// made of behind the compiler's back.
	address := uintptr(window)
	p, err := unix.MmapPtr(-1, 0, *(*unsafe.Pointer)(unsafe.Pointer(&address)), headerBytes,
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED_NOREPLACE)
	if err != nil {
		return nil, fmt.Errorf("map the clock marker at %#x: %w", uint64(window), err)
	}
	return unsafe.Slice((*byte)(p), headerBytes), nil
}

// ring asks the plugin for the host's clock.
func (m marker) ring() {
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&m[clockMarker])), 1)
}

func (m marker) close() error {
	if m == nil {
		return nil
	}
	return unix.MunmapPtr(unsafe.Pointer(&m[0]), uintptr(len(m)))
}

// tie says that the host's clock was at hostNS when this one was between from
// and from+width.
type tie struct{ hostNS, from, width int64 }

// ties are the last few.
type ties struct {
	list   []tie
	nextNS int64
}

// take ties the clocks tieTries times and keeps the tightest. It gives false
// if the plugin never answered.
func (t *ties) take(m memory, ring func(), now func() int64) bool {
	var best tie
	found := false
	for range tieTries {
		one, ok := tieOnce(m, ring, now)
		if ok && (!found || one.width < best.width) {
			best, found = one, true
		}
	}
	if found {
		t.list = append(t.list, best)
		t.list = t.list[max(0, len(t.list)-tieKeep):]
		t.nextNS = best.from + int64(tieEvery)
	}
	return found
}

// tieOnce fails if another program's marker came in between.
func tieOnce(m memory, ring func(), now func() int64) (tie, bool) {
	count := m.load(atClockMarker)
	from := now()
	ring()
	to := now()
	host := m.load(atClock)
	if m.load(atClockMarker) != count+1 || host > 1<<62 || m.load(atClock) != host {
		return tie{}, false
	}
	return tie{hostNS: int64(host), from: from, width: max(to-from, 0)}, true
}

// tightest is the tie with the least error.
func (t *ties) tightest() tie {
	best := t.list[0]
	for _, one := range t.list[1:] {
		if one.width <= best.width {
			best = one
		}
	}
	return best
}

// own converts the host's clock into this one's.
func (t tie) own(hostNS int64) int64 { return hostNS - t.hostNS + t.from + t.width/2 }
