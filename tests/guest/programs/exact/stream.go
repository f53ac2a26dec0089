package main

import (
	"unsafe"

	"github.com/numalens/numalens/tests/guest/programs/exact/account"
)

// streamed reads memory twice from its first line to its last. With the least
// recently used way replaced, a set that has more lines than ways keeps none
// until it comes round again, and one that has fewer keeps them all: of the
// second reading either every line misses a cache, or none does. The sizes
// are away from those of an L1 of 32 or 64 KiB, an L2 of 256 or 512 KiB and an
// LLC of 2 MiB, so that a few lines of the kernel's between change nothing, and the memory is made of
// huge pages, so that every set has equally many.
func (e *experiments) streamed() error {
	for _, x := range []struct {
		name              string
		bytes             int
		l1, llcLoad, dram uint64 // of each line, in both readings
	}{
		{"streamed/within-l1", 4 << 10, 1, 1, 1},
		{"streamed/over-l1", 128 << 10, 2, 1, 1},
		{"streamed/over-l2", 1 << 20, 2, 2, 1},
		{"streamed/over-llc", 8 << 20, 2, 2, 2},
	} {
		if e.skips(x.name) {
			continue
		}
		home := len(e.nodes) - 1
		p, err := memory(max(x.bytes, hugeBytes), home, true)
		if err != nil {
			return err
		}
		if ok, err := contiguous(p, x.bytes); err != nil {
			return err
		} else if !ok {
			e.skip(x.name, "the kernel gave no huge pages on this node: lines do not spread evenly over the sets")
			continue
		}
		err = e.alone(x.name, e.nodes[0][0], 0, func() {
			sweep(p, x.bytes/lineBytes)
			sweep(p, x.bytes/lineBytes)
		}, func(t thread) ([]account.Line, error) {
			var lines []account.Line
			for at := 0; at < x.bytes; at += hugeBytes {
				l, err := e.line(unsafe.Add(p, at), home, t)
				if err != nil {
					return nil, err
				}
				l.Count = min(hugeBytes, x.bytes-at) / lineBytes
				l.Loads, l.LoadMask = 2, 0xff
				l.L1LoadMisses, l.LLCLoads, l.DRAMLoads = known(x.l1), known(x.llcLoad), known(x.dram)
				lines = append(lines, l)
			}
			return lines, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
