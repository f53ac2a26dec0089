package trace

import (
	"errors"

	"github.com/cilium/ebpf"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/symbols"
	"github.com/numalens/numalens/pkg/collect/trace/probes"
	"github.com/numalens/numalens/pkg/export"
)

// maxStacks is how many stacks are remembered, so that each is written once.
// When there are more, all are forgotten, and written again as they come.
const maxStacks = 1 << 17

// stackKey is how the programs name a stack: by hashes of its frames, 0 for
// none.
type stackKey struct {
	kernel, user uint64
	pid          int32
	caller       uint64 // stands for a stack, or for a frame that a walk left out
}

// known is a stack that has its number.
type known struct {
	number int64
	caller uint64 // the innermost frame that is not an allocator's own
}

// stacks turns the programs' stacks into numbers of the run.
type stacks struct {
	frames frames
	names  *symbols.Namer
	known  map[stackKey]known
	last   int64
}

func newStacks(set *probes.Set, names *symbols.Namer) *stacks {
	return &stacks{frames: newFrames(set), names: names, known: map[stackKey]known{}}
}

// of gives a stack's number, and writes it when it is new.
func (s *stacks) of(sink collect.Sink, ts int64, k stackKey) known {
	if k.user == 0 && k.caller>>63 == 1 || k.user == 0 && k.caller == 0 {
		k.pid = 0 // the kernel's stacks are everyone's
	}
	if k == (stackKey{}) {
		return known{}
	}
	if n, ok := s.known[k]; ok {
		return n
	}
	kernel := s.withoutTracing(s.frames.read(k.kernel))
	user := s.frames.read(k.user)
	switch {
	case k.caller == 0 || len(kernel) > 0:
	case k.caller>>63 == 1:
		kernel = []uint64{k.caller}
	default:
		user = withCaller(user, k.caller)
	}
	if len(s.known) >= maxStacks {
		clear(s.known)
	}
	n := s.write(sink, export.Stack{TS: ts, PID: k.pid, Kernel: kernel, User: user})
	s.known[k] = n
	return n
}

// withCaller puts a function's caller where it is missing: at a program's
// first instructions its frame is not set up yet, and a walk by frame pointers
// steps over whoever called it.
func withCaller(user []uint64, caller uint64) []uint64 {
	switch {
	case len(user) == 0:
		return []uint64{caller}
	case len(user) > 1 && user[1] == caller:
		return user
	}
	return append([]uint64{user[0], caller}, user[1:]...)
}

func (s *stacks) write(sink collect.Sink, row export.Stack) known {
	if len(row.Kernel) == 0 && len(row.User) == 0 {
		return known{}
	}
	s.last++
	row.Number = s.last
	s.names.See(row.PID, row.Kernel, row.User)
	sink.Stack(row)
	return known{number: s.last, caller: s.caller(row.Kernel, row.User)}
}

// withoutTracing leaves out the program itself and how it was entered. That
// depends on the kernel, so it is told by names. Addresses are those to return
// to: the call is before.
func (s *stacks) withoutTracing(kernel []uint64) []uint64 {
	for i, addr := range kernel {
		if name, ok := s.names.Kernel(addr - 1); !ok || !tracing(name) {
			return kernel[i:]
		}
	}
	return kernel
}

// caller skips the allocators' own functions.
func (s *stacks) caller(kernel, user []uint64) uint64 {
	for _, addr := range kernel {
		if name, ok := s.names.Kernel(addr - 1); !ok || !allocator(name) {
			return addr
		}
	}
	if len(user) > 0 {
		return user[0]
	}
	return 0
}

// frames are the two maps in which the programs keep the frames of stacks.
// They fill one; when that is nearly full they are given the other, and the
// first is emptied once nothing names its stacks that is not known here.
type frames struct {
	set  *probes.Set
	turn uint32
	held int // in the map that is being filled, as far as is known
	// unwalked is how many stacks had found no room when the maps were
	// changed last; leaving is the drain of sums from which on nothing names
	// the map that was left, 0 when that is empty.
	unwalked uint64
	leaving  int64
	budget   int // how many new stacks the programs were left with
	value    probes.ObjectFrames
	keys     []uint64
	values   []probes.ObjectFrames
}

func newFrames(set *probes.Set) frames {
	const atOnce = 64
	return frames{set: set, keys: make([]uint64, atOnce), values: make([]probes.ObjectFrames, atOnce)}
}

func (f *frames) table(turn uint32) *ebpf.Map {
	if turn == 1 {
		return f.set.Map(probes.ObjectMapFrames1)
	}
	return f.set.Map(probes.ObjectMapFrames0)
}

// read gives a copy of a stack's frames, innermost first.
func (f *frames) read(hash uint64) []uint64 {
	if hash == 0 {
		return nil
	}
	f.held++
	for _, turn := range []uint32{f.turn, f.turn ^ 1} {
		if f.table(turn).Lookup(hash, &f.value) == nil {
			n := min(int(f.value.Count), len(f.value.Addr))
			return append([]uint64(nil), f.value.Addr[:n]...)
		}
	}
	return nil
}

// New stacks that the programs may keep in a second, and at once after quiet
// times: reading, naming and writing one takes the agent some 20 to 70 µs, so
// these are a quarter of its budget at most. With 60 a second it took 0.73 %
// of a core at 100,000 events a second, with 25 it takes 0.43 %.
const (
	freshEach = 25
	freshMost = 2000
)

// refill lets so many more new stacks in. It is called once a second.
func (f *frames) refill() error {
	left, err := f.set.Fresh()
	if err != nil {
		return err
	}
	if f.budget == 0 {
		left = freshMost
	}
	f.budget = min(max(left, 0)+freshEach, freshMost)
	return f.set.SetFresh(f.budget)
}

// follow changes the maps when one is nearly full, and empties the one that
// was left.
func (f *frames) follow(unwalked uint64, drains int64) error {
	nearlyFull := f.held > int(f.table(f.turn).MaxEntries())*3/4
	switch {
	case f.leaving > 0 && drains >= f.leaving:
		return f.empty()
	case f.leaving == 0 && (nearlyFull || unwalked > f.unwalked):
		f.unwalked, f.held = unwalked, 0
		f.turn ^= 1
		// Both maps of sums may name its stacks still, and are read once more.
		f.leaving = drains + 3
		return f.set.SetFramesTurn(f.turn)
	}
	return nil
}

// emptiedAtOnce bounds how much of a map is emptied in one second.
const emptiedAtOnce = 4096

func (f *frames) empty() error {
	m := f.table(f.turn ^ 1)
	var cursor ebpf.MapBatchCursor
	for n := 0; n < emptiedAtOnce; {
		got, err := m.BatchLookupAndDelete(&cursor, f.keys, f.values, nil)
		n += got
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			f.leaving = 0
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil // the rest in a second
}
