package main

import "unsafe"

// The loops are assembly, so that what they load and store is what stands
// there: nothing else touches the lines given to them. Each is safe from a
// thread that is preempted, since its counts live in registers.

// loads loads 8 bytes from p, n times.
//
//go:noescape
func loads(p unsafe.Pointer, n int)

// stores stores 8 bytes to p, n times.
//
//go:noescape
func stores(p unsafe.Pointer, n int)

// storeBytes stores one byte to p, n times.
//
//go:noescape
func storeBytes(p unsafe.Pointer, n int)

// atomics adds 1 to the 8 bytes at p, n times, each in one atomic instruction.
//
//go:noescape
func atomics(p unsafe.Pointer, n int)

// sweep loads 8 bytes at p, p+64, … from n lines, once.
//
//go:noescape
func sweep(p unsafe.Pointer, n int)

// The pass loops wait until *turn is me, touch 8 bytes at data, and make *turn
// next; n times. They differ in what they do to data.

// passStore stores.
//
//go:noescape
func passStore(data, turn unsafe.Pointer, me, next, n int)

// passAdd loads, then stores one more.
//
//go:noescape
func passAdd(data, turn unsafe.Pointer, me, next, n int)

// passLoad loads.
//
//go:noescape
func passLoad(data, turn unsafe.Pointer, me, next, n int)

// passAtomic adds 1 in one atomic instruction.
//
//go:noescape
func passAtomic(data, turn unsafe.Pointer, me, next, n int)

// increments adds 1 to the byte at p, n times: a load and a store each.
//
//go:noescape
func increments(p unsafe.Pointer, n int)
