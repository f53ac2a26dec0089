package tracetest

import (
	"fmt"
	"runtime"
	"strings"
)

// Site is one function that allocates Go objects of one size.
type Site struct {
	Function string `json:"function"`
	Size     int64  `json:"size"` // of each, as the allocator rounds it
	Count    int64  `json:"count"`
	// Profile is what the runtime's own profile says of that function.
	ProfileCount int64 `json:"profile_count"`
	ProfileBytes int64 `json:"profile_bytes"`
	BeganNS      int64 `json:"began_ns"`
	EndedNS      int64 `json:"ended_ns"`
}

// SampleAll has the runtime sample every allocation. It is to be called
// before anything else of the program.
func SampleAll() { runtime.MemProfileRate = 1 }

// AllocateSmall is a site of 416 bytes.
//
//go:noinline
func AllocateSmall() *[52]int64 { return new([52]int64) }

// AllocateMiddle is a site of 2 KiB.
//
//go:noinline
func AllocateMiddle() *[256]int64 { return new([256]int64) }

// AllocateLarge is a site of 64 KiB, beyond the allocator's size classes.
//
//go:noinline
func AllocateLarge() *[8192]int64 { return new([8192]int64) }

// Allocate allocates at every site.
func (a *Account) Allocate(count int64) error {
	for _, s := range []struct {
		function string
		size     int64
		allocate func()
	}{
		{"tracetest.AllocateSmall", 416, func() { AllocateSmall() }},
		{"tracetest.AllocateMiddle", 2048, func() { AllocateMiddle() }},
		{"tracetest.AllocateLarge", 65536, func() { AllocateLarge() }},
	} {
		site := Site{Function: s.function, Size: s.size, Count: count, BeganNS: now()}
		for range count {
			s.allocate()
		}
		site.EndedNS = now()
		a.Heap = append(a.Heap, site)
	}
	return a.profile()
}

// profile asks the runtime what it sampled. Its profile is of the time before
// the last collection but one.
func (a *Account) profile() error {
	for range 3 {
		runtime.GC()
	}
	records := make([]runtime.MemProfileRecord, 10_000)
	n, ok := runtime.MemProfile(records, true)
	if !ok {
		return fmt.Errorf("the runtime's profile has %d records", n)
	}
	for _, r := range records[:n] {
		for i := range a.Heap {
			// A collection that began there has objects of its own.
			if s := &a.Heap[i]; r.AllocBytes == r.AllocObjects*s.Size && passes(r.Stack(), s.Function) {
				s.ProfileCount += r.AllocObjects
				s.ProfileBytes += r.AllocBytes
			}
		}
	}
	for _, s := range a.Heap {
		if s.ProfileCount != s.Count || s.ProfileBytes != s.Count*s.Size {
			return fmt.Errorf("%s: %d objects of %d bytes, and the runtime's profile has %d of %d bytes in all",
				s.Function, s.Count, s.Size, s.ProfileCount, s.ProfileBytes)
		}
	}
	return nil
}

// passes tells whether a stack has a function in it.
func passes(stack []uintptr, function string) bool {
	for frames := runtime.CallersFrames(stack); ; {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, function) {
			return true
		}
		if !more {
			return false
		}
	}
}
