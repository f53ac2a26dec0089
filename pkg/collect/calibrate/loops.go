package calibrate

import "unsafe"

// The loops are machine code of a known number of instructions and accesses,
// which no compiler moves, merges or leaves out.

// chase follows n pointers, each to the place of the next. A step is one load
// and three instructions.
//
//go:noescape
func chase(p unsafe.Pointer, n int64) unsafe.Pointer

// stream reads n lines of lineBytes, a multiple of 64, 16 bytes at a time.
//
//go:noescape
func stream(p unsafe.Pointer, n, lineBytes int64)

// touch writes one byte to each of n places, stride bytes apart.
//
//go:noescape
func touch(p unsafe.Pointer, n, stride int64)

// pingpong waits n times until the word at p is first and stores its
// successor; the next that it waits for is skip more than that. With skip 1
// two CPUs take turns; with skip 0 one finds what it stored itself.
//
//go:noescape
func pingpong(p unsafe.Pointer, first, n, skip int64)

// handover is pingpong at turn, with a store to data, which is not read, in
// each turn.
//
//go:noescape
func handover(turn, data unsafe.Pointer, first, n, skip int64)
