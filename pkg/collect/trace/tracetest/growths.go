package tracetest

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"unsafe"
)

// Growth is one Go slice that got a new array.
type Growth struct {
	Goroutine   int64  `json:"goroutine"`
	ElementSize int64  `json:"element_size"`
	OldPointer  uint64 `json:"old_pointer"` // 0 of a slice without an array
	OldLength   int64  `json:"old_length"`
	OldCapacity int64  `json:"old_capacity"`
	NewLength   int64  `json:"new_length"`
	NewPointer  uint64 `json:"new_pointer"`
	NewCapacity int64  `json:"new_capacity"`
	AtNS        int64  `json:"at_ns"` // after it
}

// Grow grows slices of many element sizes from several goroutines at once,
// until each has seen so many growths.
func (a *Account) Grow(goroutines, each int) {
	logs := make([][]Growth, goroutines)
	var all sync.WaitGroup
	for i := range logs {
		logs[i] = make([]Growth, 0, each+growthsOfOne*growthKinds)
		all.Go(func() { logs[i] = growAll(logs[i], each) })
	}
	all.Wait()
	for _, l := range logs {
		a.Growths = append(a.Growths, l...)
	}
}

const (
	// growthsOfOne is how many growths one slice goes through, or fewer where
	// its elements are large: by then it has growthBytes.
	growthsOfOne = 14
	growthKinds  = 9
	growthBytes  = 1 << 20
)

func growAll(log []Growth, count int) []Growth {
	id := goroutine()
	for len(log) < count {
		log = growOne[byte](log, id)
		log = growOne[[2]byte](log, id)
		log = growOne[int64](log, id)
		log = growOne[[3]int64](log, id)
		log = growOne[[16]int32](log, id)
		log = growOne[[25]int32](log, id)
		log = growOne[*int](log, id)
		log = growOne[string](log, id)
		log = growOne[[4096]byte](log, id)
		growNothing()
	}
	return log
}

// growNothing has slices grow that get no array: of elements without a size,
// and beyond what there can be. They are in no account, nor to be told.
func growNothing() {
	kept.Store("nothing", AppendOne([]struct{}{}, struct{}{}))
	defer func() {
		if recover() == nil {
			panic("a slice has more bytes than there are")
		}
	}()
	kept.Store("too much", growBy([]int64{1}, math.MaxInt/2))
}

//go:noinline
func growBy(s []int64, n int) []int64 { return slices.Grow(s, n) }

// kept has the arrays escape: those of slices that don't may be on the stack.
var kept sync.Map

// growOne appends one element at a time, and every third time a few.
func growOne[E any](log []Growth, goroutine int64) []Growth {
	var s []E
	var few [3]E
	began := len(log)
	for len(log)-began < growthsOfOne && cap(s)*int(unsafe.Sizeof(few[0])) < growthBytes {
		old := s
		if len(s)%3 == 2 {
			s = AppendFew(s, few[:])
		} else {
			s = AppendOne(s, few[0])
		}
		if cap(s) != cap(old) {
			log = append(log, growth(old, s, goroutine))
		}
	}
	kept.Store(goroutine, s)
	return log
}

// AppendOne is what a stack of a growth names: the slice's array is never
// on a stack, since the slice comes from elsewhere and goes there.
//
//go:noinline
func AppendOne[E any](s []E, e E) []E { return append(s, e) }

// AppendFew is AppendOne of several.
//
//go:noinline
func AppendFew[E any](s, few []E) []E { return append(s, few...) }

func growth[E any](old, s []E, goroutine int64) Growth {
	return Growth{
		Goroutine: goroutine, ElementSize: int64(unsafe.Sizeof(s[0])),
		OldPointer: address(old), OldLength: int64(len(old)), OldCapacity: int64(cap(old)),
		NewLength: int64(len(s)), NewPointer: address(s), NewCapacity: int64(cap(s)), AtNS: now(),
	}
}

func address[E any](s []E) uint64 {
	if cap(s) == 0 {
		return 0
	}
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(s))))
}

// goroutine is the id of the calling goroutine, which Go tells in no other
// way than at the head of its stack: "goroutine 18 [running]:".
func goroutine() int64 {
	var text [64]byte
	head := bytes.Fields(text[:runtime.Stack(text[:], false)])
	id, err := strconv.ParseInt(string(head[1]), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("a stack that begins with %q", text))
	}
	return id
}
