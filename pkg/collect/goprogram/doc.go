// Package goprogram finds where a Go executable is to be probed, and what
// the registers hold there: the growth of slices (runtime.growslice), the
// samples of the heap profile (runtime.mProf_Malloc) and the number of the
// goroutine.
//
// It reads the file: names and addresses from the symbol table or, when that
// is stripped, from the table that every Go program carries for its own
// tracebacks (pclntab); the instructions; and DWARF for one offset, if it is
// there. What it says rests on two things: Go's internal calling convention,
// whose argument registers have not changed since Go 1.18 on amd64 and arm64,
// and the instructions of the very file, which are followed from the
// entry so that a value is only said to be in a register that holds it.
//
// Why a growth takes two probes: the new array is first known when the old
// one is copied into it, at CALL runtime.memmove, and by then the element's
// type is in no dependable place. Compilers of Go 1.18 to 1.26 keep it in the
// frame only where the elements have pointers. So the type is taken at the
// beginning, and the goroutine's g, which both places have, joins the two.
//
// Why the first probe is not at the entry: a goroutine whose stack is too
// small comes by the entry twice. And why it is at a certain instruction
// behind the stack check: the kernel emulates a few instructions and
// single-steps the others through a copy, which costs the program some ten
// times as much.
//
// It attaches nothing and names no addresses: that is package trace and
// package symbols.
//
// Cost: pieces of 64 kB are read, some 10 MB of a program of 70 MB, in 1 to
// 30 ms; nothing is kept. What a file claims of itself bounds neither memory
// nor time: see maxRead.
package goprogram
