package trace

import (
	"errors"

	"github.com/cilium/ebpf"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/trace/probes"
	"github.com/numalens/numalens/pkg/export"
)

// sums reads the maps of sums in turn. The programs write to one while the
// other is at rest; it is read a second or more after they left it, when none
// that began before can still be at work on it. So nothing is lost, and no
// program ever waits.
type sums struct {
	set    *probes.Set
	turn   uint32
	left   int64 // when the map at rest was left, monotonic
	rows   int64
	drains int64
	keys   []probes.ObjectSumKey
	rests  []probes.ObjectRestKey
	values []probes.ObjectSum // of every possible CPU
	cpus   int
}

// chunk is how many keys are read at once.
const chunk = 256

// sumsFor bounds what both maps take of memory: the kernel holds a sum for
// each CPU.
func sumsFor(cpus int) int {
	const bytes = 16 << 20
	return min(max(bytes/2/(cpus*24+80), 2048), 10240)
}

func newSums(set *probes.Set) *sums {
	cpus := ebpf.MustPossibleCPU()
	return &sums{set: set, cpus: cpus, left: collect.MonotonicNS(),
		keys: make([]probes.ObjectSumKey, chunk), rests: make([]probes.ObjectRestKey, chunk), values: make([]probes.ObjectSum, chunk*cpus)}
}

// each empties the maps at rest, then has the programs leave the others. ended
// is when the time that the rows cover ended.
func (s *sums) each(now int64, take func(k *probes.ObjectSumKey, sum probes.ObjectSum, ended int64)) error {
	whole, rest := probes.ObjectMapSums1, probes.ObjectMapRests1
	if s.turn == 1 {
		whole, rest = probes.ObjectMapSums0, probes.ObjectMapRests0
	}
	err := s.empty(whole, s.keys, func(i int) { take(&s.keys[i], s.total(i), s.left) })
	if err != nil {
		return err
	}
	err = s.empty(rest, s.rests, func(i int) {
		k := s.rests[i]
		take(&probes.ObjectSumKey{Kind: k.Kind, CpuNode: k.CpuNode, GivenNode: k.GivenNode}, s.total(i), s.left)
	})
	if err != nil {
		return err
	}
	s.turn ^= 1
	s.drains++
	s.left = now
	return s.set.SetTurn(s.turn)
}

// empty reads a map and removes what it read, which stands in keys and in
// s.values for as long as take runs.
func (s *sums) empty(name string, keys any, take func(i int)) error {
	var cursor ebpf.MapBatchCursor
	for {
		n, err := s.set.Map(name).BatchLookupAndDelete(&cursor, keys, s.values, nil)
		done := errors.Is(err, ebpf.ErrKeyNotExist)
		if err != nil && !done {
			return err
		}
		for i := range n {
			take(i)
		}
		s.rows += int64(n)
		if done {
			return nil
		}
	}
}

// total sums a value over CPUs.
func (s *sums) total(i int) probes.ObjectSum {
	var t probes.ObjectSum
	for _, v := range s.values[i*s.cpus : (i+1)*s.cpus] {
		t.Count += v.Count
		t.Bytes += v.Bytes
	}
	return t
}

// drainSums turns sums into rows.
func (c *Collector) drainSums(sink collect.Sink, now int64) error {
	c.heap.drain(sink, c.o.Clock.Wall(now))
	return c.sums.each(now, func(k *probes.ObjectSumKey, sum probes.ObjectSum, ended int64) {
		ts := c.o.Clock.Wall(ended)
		owner := c.owners.of(k.Pid, k.Cgroup, k.Comm)
		kind := kinds[min(int(k.Kind), len(kinds)-1)]
		sink.Allocation(export.Allocation{
			TS: ts, Owner: owner, Kind: kind,
			Stack:   c.stacks.of(sink, ts, stackKey{k.KernelStack, k.UserStack, int32(k.Pid), k.Caller}).number,
			CPUNode: int32(k.CpuNode), GivenNode: int32(k.GivenNode),
			Bytes: int64(sum.Bytes), Count: int64(sum.Count), Weight: int64(sum.Count),
		})
	})
}

// kinds by their numbers in the programs.
var kinds = []export.Traced{export.TracedKmalloc, export.TracedPage, export.TracedFlush, export.TracedGrowslice, export.TracedHeap}
