package exporttest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// Code is a file of code whose functions lie one after the other, sixteen
// bytes each, in the order in which they are asked for.
type Code struct {
	File, BuildID string
	Start         uint64 // where it is mapped
	PID           int32  // of the process that maps it; 0 is the kernel
	functions     []string
}

const functionBytes = 16

// Address is where a function is, or behind a call in it, where a stack has
// it unless it is its innermost frame. Functions are told apart by what is
// written: `name`, `name@file.c:12`, `inlined|around` of both. `?` is code
// that no symbol names.
func (c *Code) Address(function string, exact bool) uint64 {
	at := slices.Index(c.functions, function)
	if at < 0 {
		at = len(c.functions)
		c.functions = append(c.functions, function)
	}
	addr := c.Start + uint64(at)*functionBytes
	if !exact {
		// The first byte of the next one: who forgets that this is an address
		// to return to finds a wrong name.
		addr += functionBytes
	}
	return addr
}

// Mapping is where it lies.
func (c *Code) Mapping(ts int64) export.Mapping {
	return export.Mapping{TS: ts, PID: c.PID, Start: c.Start, End: c.Start + 1<<20, File: c.File, BuildID: c.BuildID}
}

// Symbols name the functions that were asked for so far.
func (c *Code) Symbols(ts int64) []export.Symbol {
	var out []export.Symbol
	for i, f := range c.functions {
		if f == "?" {
			continue
		}
		for depth, name := range strings.Split(f, "|") {
			s := export.Symbol{TS: ts, File: c.File, BuildID: c.BuildID, Start: uint64(i) * functionBytes, End: uint64(i+1) * functionBytes, Depth: int32(depth)}
			at := ""
			s.Symbol, at, _ = strings.Cut(name, "@")
			if file, line, ok := strings.Cut(at, ":"); ok {
				n, _ := strconv.ParseInt(line, 10, 32)
				s.Source, s.Line = file, int32(n)
			}
			out = append(out, s)
		}
	}
	return out
}

// Stack makes a stack of the kernel's functions and those of a process, each
// innermost first. Where the kernel was entered the process's innermost frame
// is exact too. A function of the process may be in any of its files: the
// one whose name stands before a colon, the first else.
func Stack(number int64, ts int64, kernel *Code, inKernel []string, process []*Code, inProcess []string) export.Stack {
	s := export.Stack{TS: ts, Number: number}
	for i, f := range inKernel {
		s.Kernel = append(s.Kernel, kernel.Address(f, i == 0))
	}
	for i, f := range inProcess {
		of := process[0]
		for _, c := range process {
			if rest, ok := strings.CutPrefix(f, c.File+":"); ok {
				of, f = c, rest
			}
		}
		s.PID = of.PID
		s.User = append(s.User, of.Address(f, i == 0))
	}
	return s
}
