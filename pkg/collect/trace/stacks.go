package trace

import (
	"encoding/binary"
	"hash/maphash"
	"unsafe"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/symbols"
	"github.com/numalens/numalens/pkg/collect/trace/probes"
	"github.com/numalens/numalens/pkg/export"
)

// maxFrames is MAX_FRAMES of the programs.
const maxFrames = 64

// maxStacks is how many stacks are remembered, so that each is written once.
// When there are more, all are forgotten, and written again as they come.
const maxStacks = 1 << 17

// stackKey is how the programs name a stack.
type stackKey struct {
	turn         uint32
	kernel, user int32 // negative: none
	pid          int32
	caller       uint64 // where a walk may leave it out
}

// known is a stack that has its number.
type known struct {
	number int64
	// caller is the innermost frame that is not an allocator's own.
	caller uint64
}

// stacks turns the programs' stacks into numbers of the run. The programs'
// own numbers are places in a hash table, which fills up; then they are given
// the other table, and the full one is emptied.
type stacks struct {
	set    *probes.Set
	names  *symbols.Namer
	turn   uint32
	byKey  map[stackKey]known
	byHash map[uint64]int64
	seed   maphash.Seed
	last   int64
	frames [2 * maxFrames]uint64
	raw    [maxFrames * 8]byte
	bare   map[uint64]known // callers without a stack
}

func newStacks(set *probes.Set, names *symbols.Namer) *stacks {
	return &stacks{set: set, names: names, byKey: map[stackKey]known{}, byHash: map[uint64]int64{}, seed: maphash.MakeSeed(), bare: map[uint64]known{}}
}

// number gives a stack's number, and writes it when it is new. caller stands
// for a stack that could not be walked.
func (s *stacks) number(sink collect.Sink, ts int64, k stackKey, caller uint64) int64 {
	return s.find(sink, ts, k, caller).number
}

func (s *stacks) find(sink collect.Sink, ts int64, k stackKey, caller uint64) known {
	if k.user < 0 {
		k.pid = 0 // the kernel's stacks are everyone's
	}
	if k.kernel < 0 && k.user < 0 {
		if caller == 0 {
			return known{}
		}
		if n, ok := s.bare[caller]; ok {
			return n
		}
		n := s.write(sink, ts, 0, []uint64{caller}, nil)
		s.bare[caller] = n
		return n
	}
	if k.kernel < 0 {
		k.caller = caller
	}
	if n, ok := s.byKey[k]; ok {
		return n
	}
	kernel := s.read(k.turn, k.kernel, s.frames[:maxFrames])
	user := s.read(k.turn, k.user, s.frames[maxFrames:])
	if k.kernel < 0 && caller != 0 && len(user) > 0 && k.pid != 0 && caller>>63 == 0 {
		user = withCaller(user, caller)
	}
	n := s.write(sink, ts, k.pid, kernel, user)
	if len(s.byKey) >= maxStacks {
		clear(s.byKey)
		clear(s.byHash)
	}
	s.byKey[k] = n
	return n
}

// withCaller puts a function's caller where it is missing: at a program's
// first instruction its frame is not set up yet, and a walk by frame pointers
// steps over whoever called it.
func withCaller(user []uint64, caller uint64) []uint64 {
	if len(user) < 2 || user[1] == caller {
		return user
	}
	out := append([]uint64{user[0], caller}, user[1:]...)
	return out
}

// write gives frames their number, the one that they had before if they did.
func (s *stacks) write(sink collect.Sink, ts int64, pid int32, kernel, user []uint64) known {
	if len(kernel) == 0 && len(user) == 0 {
		return known{}
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(pid)))
	for _, frames := range [][]uint64{kernel, user} {
		if len(frames) > 0 {
			h.Write(unsafe.Slice((*byte)(unsafe.Pointer(&frames[0])), len(frames)*8))
		}
		h.WriteByte('/')
	}
	sum := h.Sum64()
	n := known{number: s.byHash[sum], caller: s.caller(kernel, user)}
	if n.number == 0 {
		s.last++
		n.number = s.last
		s.byHash[sum] = n.number
		s.names.See(pid, kernel, user)
		sink.Stack(export.Stack{TS: ts, Number: n.number, PID: pid, Kernel: kernel, User: user})
	}
	return n
}

// caller skips the allocators' own functions.
func (s *stacks) caller(kernel, user []uint64) uint64 {
	for _, addr := range kernel {
		if name, ok := s.names.Kernel(addr); !ok || !allocator(name) {
			return addr
		}
	}
	if len(user) > 0 {
		return user[0]
	}
	return 0
}

// read takes a stack from the programs' table. One that another has taken the
// place of meanwhile cannot be: places are only given anew in an empty table.
func (s *stacks) read(turn uint32, id int32, into []uint64) []uint64 {
	if id < 0 {
		return nil
	}
	m := s.set.Map(probes.ObjectMapStacks0)
	if turn == 1 {
		m = s.set.Map(probes.ObjectMapStacks1)
	}
	raw := s.raw[:]
	if err := m.Lookup(uint32(id), &raw); err != nil {
		return nil
	}
	n := 0
	for n < maxFrames {
		addr := binary.NativeEndian.Uint64(raw[8*n:])
		if addr == 0 {
			break
		}
		into[n] = addr
		n++
	}
	return into[:n]
}
