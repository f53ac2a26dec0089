package goprogram

import "golang.org/x/arch/x86/x86asm"

// decodeAMD64 reads one instruction.
func decodeAMD64(code []byte, pc uint64) instruction {
	in := instruction{pc: pc, length: 1, kind: unknown, effect: noEffect}
	if n := vexLength(code); n > 0 {
		in.length, in.kind, in.effect.everything = n, plain, true
		return in
	}
	inst, err := x86asm.Decode(code, 64)
	if err != nil || inst.Len <= 0 || inst.Len > len(code) {
		return in
	}
	in.length = inst.Len
	in.kind = amd64Kind(inst)
	in.emulated = emulatedAMD64(code[:inst.Len])
	in.refused = refusedAMD64(code[:inst.Len])
	if rel, ok := inst.Args[0].(x86asm.Rel); ok && in.kind != plain {
		in.target = pc + uint64(inst.Len) + uint64(int64(rel))
	}
	in.effect = amd64Effect(inst)
	return in
}

func amd64Kind(inst x86asm.Inst) kind {
	switch inst.Op {
	case x86asm.CALL, x86asm.LCALL, x86asm.SYSCALL:
		return call
	case x86asm.JMP, x86asm.LJMP:
		return jump
	case x86asm.RET, x86asm.LRET, x86asm.UD1, x86asm.UD2, x86asm.INT, x86asm.HLT:
		return ret
	}
	if _, ok := inst.Args[0].(x86asm.Rel); ok {
		return branch
	}
	return plain
}

// emulatedAMD64 is what uprobes of Linux 5.8 and later emulate
// (arch/x86/kernel/uprobes.c, branch_setup_xol_ops and push_setup_xol_ops):
// relative jumps and calls, NOP of one opcode byte, PUSH of a register. The
// long NOPs (0f 1f) are emulated since 6.16 only.
func emulatedAMD64(b []byte) bool {
	switch {
	case len(b) == 1 && b[0] >= 0x50 && b[0] <= 0x57,
		len(b) == 2 && b[0] == 0x41 && b[1] >= 0x50 && b[1] <= 0x57,
		len(b) == 1 && b[0] == 0x90:
		return true
	case len(b) == 2 && (b[0] == 0xeb || b[0]&0xf0 == 0x70),
		len(b) == 5 && (b[0] == 0xe8 || b[0] == 0xe9),
		len(b) == 6 && b[0] == 0x0f && b[1]&0xf0 == 0x80:
		return true
	}
	return false
}

// refusedAMD64 is NOP with an operand size: Linux took it for a branch of 16
// bits and refused a probe on it until 6.2 ("uprobes/x86: Allow to probe a NOP
// instruction with 0x66 prefix"). Go pads with it.
func refusedAMD64(b []byte) bool { return len(b) == 2 && b[0] == 0x66 && b[1] == 0x90 }

// amd64Effect follows moves, differences and the stack pointer; of all else
// that it knows it says which register is overwritten, and of the rest that
// nothing is known afterwards.
func amd64Effect(inst x86asm.Inst) effect {
	e := noEffect
	to, toIs := amd64Reg(inst.Args[0])
	from, fromIs := amd64Reg(inst.Args[1])
	switch inst.Op {
	case x86asm.CMP, x86asm.TEST, x86asm.NOP, x86asm.JMP, x86asm.RET, x86asm.UD2:
		return e
	case x86asm.PUSH:
		e.moveSP = -8
		return e
	case x86asm.POP:
		e.moveSP = 8
		e.clobbers = []reg{to}
		return e
	case x86asm.CALL:
		e.everything = true
		return e
	}
	if _, relative := inst.Args[0].(x86asm.Rel); relative {
		return e
	}
	if to == rsp && toIs {
		return amd64MoveSP(inst)
	}
	if _, memory := inst.Args[0].(x86asm.Mem); memory && oneResult(inst.Op) {
		return e // a store
	}
	if !toIs || !oneResult(inst.Op) {
		e.everything = true
		return e
	}
	wide := inst.DataSize == 64
	switch {
	case inst.Op == x86asm.MOV && wide && fromIs:
		e.copyTo, e.copyFrom = to, from
		e.ownFrame = to == rbp && from == rsp
	case inst.Op == x86asm.MOV && wide && amd64Slot(inst.Args[1]):
		e.loads = []slotLoad{{to, inst.Args[1].(x86asm.Mem).Disp}}
	case inst.Op == x86asm.SUB && wide && fromIs:
		e.differenceTo, e.minuend, e.subtrahend = to, to, from
	default:
		e.clobbers = []reg{to}
		e.ownFrame = inst.Op == x86asm.LEA && to == rbp && amd64Slot(inst.Args[1])
	}
	return e
}

// oneResult tells the operations that write nothing but their first operand.
func oneResult(op x86asm.Op) bool {
	switch op {
	case x86asm.MOV, x86asm.MOVZX, x86asm.MOVSX, x86asm.MOVSXD, x86asm.LEA,
		x86asm.ADD, x86asm.SUB, x86asm.AND, x86asm.OR, x86asm.XOR, x86asm.INC, x86asm.DEC, x86asm.NEG, x86asm.NOT,
		x86asm.SHL, x86asm.SHR, x86asm.SAR, x86asm.BSF, x86asm.BSR, x86asm.SBB, x86asm.ADC,
		x86asm.MOVUPS, x86asm.MOVAPS, x86asm.MOVUPD, x86asm.MOVQ, x86asm.MOVD:
		return true
	}
	return false
}

// amd64MoveSP follows the two ways in which Go moves the stack pointer.
func amd64MoveSP(inst x86asm.Inst) effect {
	e := noEffect
	imm, ok := inst.Args[1].(x86asm.Imm)
	switch {
	case ok && inst.Op == x86asm.SUB:
		e.moveSP = -int64(imm)
	case ok && inst.Op == x86asm.ADD:
		e.moveSP = int64(imm)
	default:
		e.everything = true
	}
	return e
}

// amd64Slot says whether an operand is a word of the frame, [RSP+n].
func amd64Slot(a x86asm.Arg) bool {
	m, ok := a.(x86asm.Mem)
	return ok && m.Base == x86asm.RSP && m.Index == 0 && m.Segment == 0
}

// amd64Reg is the register of an operand, whatever part of it is named.
func amd64Reg(a x86asm.Arg) (reg, bool) {
	r, ok := a.(x86asm.Reg)
	if !ok {
		return noReg, false
	}
	switch {
	case r >= x86asm.RAX && r <= x86asm.R15:
		return reg(r - x86asm.RAX), true
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return reg(r - x86asm.EAX), true
	case r >= x86asm.AX && r <= x86asm.R15W:
		return reg(r - x86asm.AX), true
	case r >= x86asm.AL && r <= x86asm.BL:
		return reg(r - x86asm.AL), true
	case r >= x86asm.AH && r <= x86asm.BH:
		return reg(r - x86asm.AH), true
	case r >= x86asm.SPB && r <= x86asm.R15B:
		return reg(r-x86asm.SPB) + rsp, true
	case r >= x86asm.X0 && r <= x86asm.X15:
		return noReg, true // no value is followed there
	}
	return noReg, false
}

// vexLength is the length of an instruction with a VEX prefix, which x86asm
// does not know; GOAMD64=v3 makes such ones (SHLX, ANDN). 0 is another
// instruction.
func vexLength(b []byte) int {
	at, wide := 2, false // of the opcode; a map with an immediate
	switch {
	case len(b) > 0 && b[0] == 0xc5:
	case len(b) > 1 && b[0] == 0xc4:
		at, wide = 3, b[1]&0x1f == 3
	default:
		return 0
	}
	if len(b) < at+3 {
		return 0
	}
	n := at + 2
	mod, rm := b[at+1]>>6, b[at+1]&7
	if mod != 3 && rm == 4 {
		if b[at+2]&7 == 5 && mod == 0 {
			n += 4
		}
		n++
	}
	switch {
	case mod == 1:
		n++
	case mod == 2, mod == 0 && rm == 5:
		n += 4
	}
	if wide {
		n++
	}
	if n > len(b) {
		return 0
	}
	return n
}
