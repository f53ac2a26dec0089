// Growths lets slices grow in several goroutines, and prints what each growth
// did: the truth that the probes are held against. Its argument is how many
// goroutines do so, 8 without one. With the argument heap it allocates objects
// instead, every one of them a sample of the heap profile. It is built by
// toolchains from Go 1.18 on.
//
// A line is: goroutine, size of an element, old pointer, old length, old
// capacity, elements that were added, new pointer, new capacity. The pointers
// are hexadecimal.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"unsafe"
)

// growth is one growth, as the program itself sees it.
type growth struct {
	goroutine, size          int
	oldPointer               uintptr
	oldLength, oldCap, count int
	newPointer               uintptr
	newCap                   int
}

// account is what one goroutine noted. It has room from the start, so that
// noting is no growth itself.
type account struct {
	goroutine int
	growths   []growth
	kept      interface{} // lets a slice escape
}

func newAccount() *account {
	return &account{goroutine: goroutine(), growths: make([]growth, 0, 4096)}
}

// goroutine is the own number, which the runtime gives away in a traceback
// only.
func goroutine() int {
	b := make([]byte, 64)
	b = b[len("goroutine "):runtime.Stack(b, false)]
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// slice is on the heap: one in a local variable may get its first arrays on
// the stack, which is no growth by growslice.
type slice[T any] struct{ s []T }

// pointer is nil for a slice without an array.
func pointer[T any](s []T) uintptr {
	if cap(s) == 0 {
		return 0
	}
	return uintptr(unsafe.Pointer(&s[:1][0]))
}

// grow appends count elements at a time until the slice has n.
//
//go:noinline
func grow[T any](a *account, count, n int) {
	x := &slice[T]{}
	a.kept = x
	more := make([]T, count)
	for len(x.s) < n {
		before := x.s
		x.s = append(x.s, more...)
		note(a, before, x.s, count)
	}
}

// growByOne appends without a second slice.
//
//go:noinline
func growByOne[T any](a *account, n int) {
	x := &slice[T]{}
	a.kept = x
	var zero T
	for len(x.s) < n {
		before := x.s
		x.s = append(x.s, zero)
		note(a, before, x.s, 1)
	}
}

func note[T any](a *account, before, after []T, count int) {
	var zero T
	size := int(unsafe.Sizeof(zero))
	if size == 0 || cap(after) == cap(before) {
		return
	}
	a.growths = a.growths[:len(a.growths)+1]
	a.growths[len(a.growths)-1] = growth{
		a.goroutine, size, pointer(before), len(before), cap(before), count, pointer(after), cap(after),
	}
}

type pair struct {
	name string
	next *pair
}

// deep grows a slice at each depth of a stack that starts small, so that
// growslice is where the stack has to grow itself now and then.
//
//go:noinline
func deep(a *account, depth int) byte {
	var frame [40]byte
	frame[depth%40] = byte(depth)
	if depth%7 == 0 {
		growByOne[int32](a, 1+depth%50)
	}
	if depth > 0 {
		frame[1] += deep(a, depth-1)
	}
	return frame[depth%40]
}

func work(round int) *account {
	a := newAccount()
	deep(a, 300+round)
	for i := 0; i < 12; i++ {
		growByOne[byte](a, 3000)
		growByOne[int16](a, 2000)
		growByOne[int64](a, 1500+i)
		growByOne[[24]byte](a, 300)
		growByOne[[64]byte](a, 200)
		growByOne[[100]byte](a, 200)
		growByOne[[4096]byte](a, 9)
		growByOne[*pair](a, 1500)
		growByOne[pair](a, 700)
		growByOne[struct{}](a, 5)
		grow[string](a, 3, 400)
		grow[[12]byte](a, 37, 900)
		grow[byte](a, 5000, 20000+i)
		grow[interface{}](a, 1+i, 300)
		if round%2 == 0 {
			runtime.Gosched()
		}
	}
	return a
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "heap" {
		heap()
		return
	}
	rounds := 8
	if len(os.Args) > 1 {
		rounds, _ = strconv.Atoi(os.Args[1])
	}
	accounts := make([]*account, rounds)
	var wg sync.WaitGroup
	for i := range accounts {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			accounts[i] = work(i)
		}(i)
	}
	wg.Wait()
	w := bufio.NewWriter(os.Stdout)
	for _, a := range accounts {
		for _, g := range a.growths {
			fmt.Fprintf(w, "%d %d %x %d %d %d %x %d\n",
				g.goroutine, g.size, g.oldPointer, g.oldLength, g.oldCap, g.count, g.newPointer, g.newCap)
		}
	}
	w.Flush()
}
