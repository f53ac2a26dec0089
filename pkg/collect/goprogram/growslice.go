package goprogram

import (
	"fmt"

	"github.com/numalens/numalens/pkg/numa"
)

// Growslice is where the growth of a slice is seen. Every growth passes Begin
// once, and then one of Filled once, with the same g in between; it may move
// to another thread on the way. A growth that does not get there has failed
// (the program panics), or its elements have no size: then there is no new
// array. So of two Begins of one g without Filled between them the first is
// void. No other growth of the same g comes between Begin and its Filled: the
// allocator runs on the system stack, which has a g of its own, or does not
// append. Arrays on the stack are no growths: since Go 1.25 the compiler gives
// a slice that does not leave its function its first arrays there.
type Growslice struct {
	Begin Point
	// Values at Begin. Count is the number of elements that are added;
	// OldLength is NewLength without them. One of the two at least is held.
	OldPointer  Register
	NewLength   Register
	OldCapacity Register
	Element     Register // the element's type
	Count       Register
	OldLength   Register
	// ElementSize is the offset of the element's size in bytes (64 bits) in
	// its type.
	ElementSize int64

	// Filled are the calls that copy the old array into the new one. They are
	// passed too when the old one is empty, with 0 bytes then.
	Filled []Filled
}

// Filled is one of those calls.
type Filled struct {
	Point
	To, From, Bytes Register // new array, old array, bytes of the old elements
	// Capacity is where the new array's capacity is, in elements. It times
	// the element's size is what was allocated, but for what the allocator
	// rounds up over the last whole element.
	Capacity Location
}

// The arguments of growslice (src/runtime/slice.go). Until 1.19 its last one
// is the capacity that is needed at least, which is the new length wherever
// the compiler calls it.
var (
	growsliceSince120 = []role{oldPointer, newLength, oldCapacity, count, elementType}
	growsliceUntil119 = []role{elementType, oldPointer, oldLength, oldCapacity, newLength}
)

const growFeature = "trace: growth of Go slices"

func (b *builder) growslice() (*Growslice, *numa.Unavailable) {
	f, p, why := b.enter(growFeature, nameGrowslice, b.growsliceArguments(), oldPointer, newLength, oldCapacity, elementType)
	if why != nil {
		return nil, why
	}
	g := &Growslice{
		OldPointer:  p.at.holder(oldPointer),
		NewLength:   p.at.holder(newLength),
		OldCapacity: p.at.holder(oldCapacity),
		Element:     p.at.holder(elementType),
		Count:       p.at.holder(count),
		OldLength:   p.at.holder(oldLength),
	}
	var ok bool
	if g.Begin, ok = b.point(f, p.begin, p.at.returns(), p.at.ownFrame); !ok {
		return nil, growMissing("its code is not in the file")
	}
	if !g.Count.Held() && !g.OldLength.Held() {
		return nil, growMissing(fmt.Sprintf("at %#x no register tells how many elements are added", p.begin.pc))
	}
	return b.filled(g, f, p.frame)
}

func (b *builder) growsliceArguments() []role {
	if b.minor < 20 {
		return growsliceUntil119
	}
	return growsliceSince120
}

// maxFilled bounds the probes; released versions have one call.
const maxFilled = 8

// filled finds the calls of memmove.
func (b *builder) filled(g *Growslice, f *function, frame state) (*Growslice, *numa.Unavailable) {
	memmove := b.names.entries(nameMemmove)
	if len(memmove) == 0 {
		return nil, growMissing("the file does not name runtime.memmove")
	}
	var why *numa.Unavailable
	f.each(func(in instruction) {
		if !memmove[in.target] || why != nil {
			return
		}
		if len(g.Filled) == maxFilled {
			why = growMissing(fmt.Sprintf("it calls memmove more than %d times", maxFilled))
			return
		}
		if in.kind != call {
			why = growMissing(fmt.Sprintf("at %#x it jumps to memmove instead of calling it", in.pc))
			return
		}
		returns := Location{Register: b.machine.register(b.machine.sp), Memory: true}
		if b.machine.link == noReg {
			returns.Offset = frame.depth
		}
		at, ok := b.point(f, in, returns, true)
		if !ok {
			why = growMissing("its code is not in the file")
			return
		}
		g.Filled = append(g.Filled, Filled{
			Point:    at,
			To:       b.machine.register(b.machine.arguments[0]),
			From:     b.machine.register(b.machine.arguments[1]),
			Bytes:    b.machine.register(b.machine.arguments[2]),
			Capacity: f.leave(in.pc+uint64(in.length), b.machine.results[2]),
		})
	})
	switch {
	case why != nil:
		return nil, why
	case len(g.Filled) == 0:
		return nil, growMissing("it does not call memmove")
	}
	return g, nil
}

func growMissing(why string) *numa.Unavailable {
	return &numa.Unavailable{Feature: growFeature, Why: "runtime.growslice: " + why, Remedy: remedyReport}
}

const remedyReport = "build with a released Go toolchain; if it was, report the Go version and GOARCH"

// enter finds a function and its best point behind the stack check.
func (b *builder) enter(feature, name string, arguments []role, wanted ...role) (*function, prologue, *numa.Unavailable) {
	missing := func(why, remedy string) (*function, prologue, *numa.Unavailable) {
		return nil, prologue{}, &numa.Unavailable{Feature: feature, Why: name + ": " + why, Remedy: remedy}
	}
	at, ok := b.names.one(name)
	if !ok {
		return missing(fmt.Sprintf("the file has %d such functions", len(b.names[name])), "build without obfuscating names")
	}
	f, err := b.load(at)
	if err != nil {
		return missing(err.Error(), remedyReport)
	}
	morestack := b.names.entries(nameMorestack, nameMorestack+"_noctxt")
	p, ok := f.enterThrough(arguments, wanted, morestack)
	if !ok {
		return missing("no instruction behind its stack check has its arguments in registers", remedyReport)
	}
	return f, p, nil
}
