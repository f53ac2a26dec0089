package main

import (
	"fmt"
	"runtime"
	"unsafe"
)

// object is one allocation: its address and the bytes that were asked for.
type object struct {
	pointer uintptr
	size    int
}

var alive []interface{}

// allocate makes n objects of one type.
//
//go:noinline
func allocate[T any](done []object, n int) []object {
	var zero T
	for i := 0; i < n; i++ {
		x := new(T)
		alive[len(done)] = x
		done = done[:len(done)+1]
		done[len(done)-1] = object{uintptr(unsafe.Pointer(x)), int(unsafe.Sizeof(zero))}
	}
	return done
}

// heap prints a line an object: goroutine, address (hexadecimal), size. None is
// so small (below 16 bytes, without pointers) that it shares a block with
// others: the profile counts such a block, not its parts.
func heap() {
	runtime.MemProfile(nil, true) // a reader links the profile in
	runtime.MemProfileRate = 1
	const each = 200
	alive = make([]interface{}, 6*each)
	done := make([]object, 0, 6*each)
	done = allocate[[24]byte](done, each)
	done = allocate[[32]byte](done, each)
	done = allocate[[100]byte](done, each)
	done = allocate[pair](done, each)
	done = allocate[[3000]byte](done, each)
	done = allocate[[40000]byte](done, each)
	runtime.MemProfileRate = 0
	g := goroutine()
	for _, o := range done {
		fmt.Printf("%d %x %d\n", g, o.pointer, o.size)
	}
}
