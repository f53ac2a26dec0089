package goprogram

import "github.com/numalens/numalens/pkg/numa"

// HeapSample is where the runtime records a sample of its heap profile. It
// takes one in MemProfileRate bytes that are allocated, on average; nothing
// when that is 0. A sample that is taken before its thread is set up is passed
// here, but the profile leaves it out (Go 1.23 and later; rare).
type HeapSample struct {
	At Point
	// Pointer is the object, Size its bytes as the profile counts them: those
	// of its size class. Objects below 16 bytes without pointers share a block,
	// and the block is what is sampled.
	Pointer, Size Register
	// ProfileRate is the virtual address of runtime.MemProfileRate (64 bits)
	// as the file is linked; a position independent program adds its load
	// address. 0 is not known: the file is stripped.
	ProfileRate uint64
	// Unread: nothing in the program reads the profile, so Go's linker had it
	// switched off (cmd/link/internal/ld/lib.go, disableMemoryProfiling). A
	// sample comes only if the program sets runtime.MemProfileRate itself.
	Unread bool
}

// The arguments of mProf_Malloc (src/runtime/mprof.go).
var (
	profileSince123 = []role{profiler, allocated, size}
	profileUntil122 = []role{allocated, size}
)

const heapFeature = "trace: samples of the Go heap"

func (b *builder) heapSample() (*HeapSample, *numa.Unavailable) {
	if len(b.names[nameProfile]) == 0 {
		return nil, &numa.Unavailable{
			Feature: heapFeature,
			Why:     "runtime.mProf_Malloc is not linked in: nothing in the program reads the heap profile",
			Remedy:  "import net/http/pprof or runtime/pprof and use its heap profile",
		}
	}
	arguments := profileSince123
	if b.minor < 23 {
		arguments = profileUntil122
	}
	f, p, why := b.enter(heapFeature, nameProfile, arguments, allocated, size)
	if why != nil {
		return nil, why
	}
	at, ok := b.point(f, p.begin, p.at.returns(), p.at.ownFrame)
	if !ok {
		return nil, &numa.Unavailable{Feature: heapFeature, Why: "the code of runtime.mProf_Malloc is not in the file", Remedy: remedyReport}
	}
	h := &HeapSample{
		At: at, Pointer: p.at.holder(allocated), Size: p.at.holder(size),
		Unread: len(b.names[nameReader]) == 0 && len(b.names[nameReaderSince]) == 0,
	}
	if rate, ok := b.names.one(nameRate); ok {
		h.ProfileRate = rate.entry
	}
	return h, nil
}
