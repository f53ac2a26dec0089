package goprogram

// kind is what an instruction does to the flow of control.
type kind uint8

const (
	plain   kind = iota
	branch       // may go to the target, or on
	jump         // goes elsewhere
	call         // comes back
	ret          // leaves the function
	unknown      // could not be read: nothing is known afterwards
)

// instruction is one instruction, as far as values are followed through it.
type instruction struct {
	pc     uint64
	length int
	kind   kind
	target uint64 // of a branch, jump or call whose target is in the code; else 0
	// emulated: a kernel carries it out in the breakpoint's handler, and does
	// not single-step it.
	emulated bool
	refused  bool // some kernels take no probe on it
	effect   effect
}

// effect is what an instruction does to registers and frame. What it says
// nothing of stays as it was.
type effect struct {
	// copies: to = from, at most two, done at once.
	copyTo, copyFrom reg
	// loads: to = [SP+offset], before moveSP.
	loads []slotLoad
	// difference: to = minuend - subtrahend.
	differenceTo, minuend, subtrahend reg
	// clobbers are registers whose value is unknown afterwards.
	clobbers []reg
	// everything: nothing is known of any register afterwards.
	everything bool
	// moveSP is added to the stack pointer.
	moveSP int64
	// ownFrame: the frame pointer now is the function's own.
	ownFrame bool
}

type slotLoad struct {
	to     reg
	offset int64
}

var noEffect = effect{copyTo: noReg, copyFrom: noReg, differenceTo: noReg}

// function is the code of one function.
type function struct {
	name    string
	machine *machine
	entry   uint64
	code    []byte
}

// maxSteps bounds how far a path is followed; growslice has some 400
// instructions.
const maxSteps = 1 << 16

// at reads the instruction at an address; ok is false outside of the
// function.
func (f *function) at(pc uint64) (instruction, bool) {
	if pc < f.entry || pc-f.entry >= uint64(len(f.code)) {
		return instruction{}, false
	}
	return f.machine.decode(f.code[pc-f.entry:], pc), true
}

// each reads all instructions in their order in memory. Go puts no data
// between them.
func (f *function) each(visit func(instruction)) {
	for pc := f.entry; ; {
		in, ok := f.at(pc)
		if !ok {
			return
		}
		visit(in)
		pc += uint64(in.length)
	}
}
