package trace

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// heap adds up samples of Go heaps. The runtime takes one each rate bytes on
// the average, at exponentially distributed distances, so an allocation of
// size bytes is a sample with probability 1 - exp(-size/rate), and stands for
// one over that (runtime/mprof.go; it is how pprof scales heap profiles).
type heap struct {
	roots collect.Roots
	// address is where a program's MemProfileRate is.
	address uint64
	rates   map[int32]float64
	sums    map[heapKey]*heapSum
}

type heapKey struct {
	owner          export.Owner
	stack          int64
	cpuNode, given int32
}

type heapSum struct {
	count         int64
	weight, bytes float64
}

// defaultRate is the runtime's MemProfileRate, unless a program sets it.
const defaultRate = 512 << 10

func newHeap(roots collect.Roots) *heap {
	return &heap{roots: roots, rates: map[int32]float64{}, sums: map[heapKey]*heapSum{}}
}

// weigh corrects a sample's weight for the runtime's own sampling.
func (h *heap) weigh(row *export.Event, rate float64) float64 {
	w := float64(row.Weight)
	if rate > 1 && row.Size > 0 {
		w /= 1 - math.Exp(-float64(row.Size)/rate)
	}
	row.Weight = max(int64(math.Round(w)), 1)
	return w
}

// add enters a sample whose node was asked for.
func (h *heap) add(row export.Event, weight float64) {
	k := heapKey{row.Owner, row.Stack, row.CPUNode, row.GivenNode}
	s := h.sums[k]
	if s == nil {
		s = &heapSum{}
		h.sums[k] = s
	}
	s.count++
	s.weight += weight
	s.bytes += weight * float64(row.Size)
}

// drain turns what was added up into rows.
func (h *heap) drain(sink collect.Sink, ts int64) {
	for k, s := range h.sums {
		sink.Allocation(export.Allocation{TS: ts, Owner: k.owner, Kind: export.TracedHeap, Stack: k.stack, CPUNode: k.cpuNode, GivenNode: k.given,
			Bytes: int64(math.Round(s.bytes)), Count: s.count, Weight: int64(math.Round(s.weight))})
	}
	clear(h.sums)
}

// rateOf reads a process's MemProfileRate, which lies at an address of its
// executable's. It is read once for each process: programs set it first.
func (h *heap) rateOf(pid int32) float64 {
	if rate, ok := h.rates[pid]; ok {
		return rate
	}
	if len(h.rates) >= maxOwners {
		clear(h.rates)
	}
	rate := h.read(pid)
	h.rates[pid] = rate
	return rate
}

func (h *heap) read(pid int32) float64 {
	if h.address == 0 {
		return defaultRate
	}
	dir := filepath.Join(h.roots.Proc, strconv.Itoa(int(pid)))
	f, err := os.Open(filepath.Join(dir, "mem"))
	if err != nil {
		return defaultRate
	}
	defer f.Close()
	var b [8]byte
	if _, err := f.ReadAt(b[:], int64(h.address+loadedAt(dir))); err != nil {
		return defaultRate
	}
	if n := int64(binary.NativeEndian.Uint64(b[:])); n > 0 {
		return float64(n)
	}
	return defaultRate
}

// loadedAt is the address that a process's executable was moved by: 0 unless
// it is position-independent.
func loadedAt(dir string) uint64 {
	auxv, err := os.ReadFile(filepath.Join(dir, "auxv"))
	if err != nil {
		return 0
	}
	exe, err := os.Open(filepath.Join(dir, "exe"))
	if err != nil {
		return 0
	}
	defer exe.Close()
	head := make([]byte, 64)
	if _, err := exe.ReadAt(head, 0); err != nil || !bytes.HasPrefix(head, []byte("\x7fELF\x02\x01")) {
		return 0
	}
	entry := binary.LittleEndian.Uint64(head[24:]) // e_entry
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		const atEntry = 9 // AT_ENTRY, elf.h
		if binary.NativeEndian.Uint64(auxv) == atEntry {
			return binary.NativeEndian.Uint64(auxv[8:]) - entry
		}
	}
	return 0
}
