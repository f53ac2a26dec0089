package goprogram

import "encoding/binary"

// decodeARM64 reads one instruction. Encodings are named as in the Arm
// Architecture Reference Manual (DDI 0487), C4.1.
func decodeARM64(code []byte, pc uint64) instruction {
	in := instruction{pc: pc, length: 4, kind: unknown, effect: noEffect}
	if len(code) < 4 {
		return in
	}
	w := binary.LittleEndian.Uint32(code)
	in.kind, in.target = arm64Flow(w, pc)
	in.emulated = emulatedARM64(w)
	if in.kind != unknown {
		in.effect = arm64Effect(w)
	}
	return in
}

// arm64Flow reads branches.
func arm64Flow(w uint32, pc uint64) (kind, uint64) {
	relative := func(bits, shift uint) uint64 {
		return pc + uint64(signed(w>>shift, bits)*4)
	}
	switch {
	case w>>16 == 0: // UDF, and what pads functions
		return unknown, 0
	case w&0xfc000000 == 0x14000000: // B
		return jump, relative(26, 0)
	case w&0xfc000000 == 0x94000000: // BL
		return call, relative(26, 0)
	case w&0xff000010 == 0x54000000, w&0x7e000000 == 0x34000000: // B.cond, CBZ, CBNZ
		return branch, relative(19, 5)
	case w&0x7e000000 == 0x36000000: // TBZ, TBNZ
		return branch, relative(14, 5)
	case w&0xfffffc1f == 0xd61f0000: // BR
		return jump, 0
	case w&0xfffffc1f == 0xd63f0000: // BLR
		return call, 0
	case w&0xfffffc1f == 0xd65f0000, w&0xffe0001f == 0xd4200000: // RET, BRK
		return ret, 0
	case w&0xffe0001f == 0xd4000001: // SVC
		return call, 0
	}
	return plain, 0
}

// emulatedARM64 is what arm_probe_decode_insn of Linux simulates
// (arch/arm64/kernel/probes/decode-insn.c): branches, ADR, ADRP, and loads
// from beside the code. NOP joined them in 6.13 only.
func emulatedARM64(w uint32) bool {
	switch {
	case w&0x7c000000 == 0x14000000, // B, BL
		w&0xff000010 == 0x54000000, // B.cond
		w&0x7c000000 == 0x34000000, // CBZ, CBNZ, TBZ, TBNZ
		w&0xff9ffc1f == 0xd61f0000, // BR, BLR, RET
		w&0x1f000000 == 0x10000000, // ADR, ADRP
		w&0xbf000000 == 0x18000000, // LDR from beside the code
		w&0xff000000 == 0x98000000: // LDRSW
		return w&0xfffffc1f != 0xd67f0000
	}
	return false
}

// arm64Effect follows moves, differences, loads from the frame and the stack
// pointer; of all else it says what is overwritten.
func arm64Effect(w uint32) effect {
	e := noEffect
	to := reg(w & 31)
	switch {
	case w&0xffe0ffe0 == 0xaa0003e0 && to != 31 && w>>16&31 != 31: // MOV
		e.copyTo, e.copyFrom = to, reg(w>>16&31)
	case w&0xffe0fc00 == 0xcb000000 && to != 31: // SUB of registers
		e.differenceTo, e.minuend, e.subtrahend = to, reg(w>>5&31), reg(w>>16&31)
	case w&0x1f800000 == 0x11000000: // ADD, SUB of a constant
		return arm64Constant(w)
	case w&0x1c000000 == 0x10000000: // other data processing with constants
		e.everything = to == 31 && w&0x1f800000 == 0x12000000 && w>>29&3 != 3
		e.clobbers = clobber(to)
	case w&0x0e000000 == 0x0a000000, w&0x0e000000 == 0x0e000000: // with registers; SIMD
		e.everything = to == 31 && w&0x1f200000 == 0x0b200000 && w>>29&1 == 0
		e.clobbers = clobber(to)
	case w&0x0a000000 == 0x08000000:
		return arm64Memory(w)
	case w&0xfc000000 == 0x94000000, w&0xfffffc1f == 0xd63f0000, w&0xffe0001f == 0xd4000001: // calls
		e.everything = true
	case w&0x1c000000 == 0x14000000: // branches, hints, barriers; MRS
		if w&0xfff00000 == 0xd5300000 {
			e.clobbers = clobber(to)
		}
	default:
		e.everything = true
	}
	return e
}

func arm64Constant(w uint32) effect {
	e := noEffect
	to, from := reg(w&31), reg(w>>5&31)
	n := int64(w >> 10 & 0xfff)
	if w>>22&1 == 1 {
		n <<= 12
	}
	if w>>30&1 == 1 {
		n = -n
	}
	flags := w>>29&1 == 1
	switch {
	case to != 31 || flags:
		e.clobbers = clobber(to)
		e.ownFrame = to == arm64FramePointer && from == arm64SP && !flags
	case from == arm64SP && w>>31 == 1:
		e.moveSP = n
	default:
		e.everything = true
	}
	return e
}

// arm64Memory reads loads and stores.
func arm64Memory(w uint32) effect {
	e := noEffect
	to, base := reg(w&31), reg(w>>5&31)
	load := w>>22&3 != 0
	simd := w>>26&1 == 1
	switch {
	case w&0x3b000000 == 0x18000000: // from beside the code
		e.clobbers = clobber(to)
	case w&0x3b000000 == 0x39000000: // [base, #n]
		if load && !simd {
			e.load(w&0xffc00000 == 0xf9400000, to, base, int64(w>>10&0xfff)*8)
		}
	case w&0x3b200000 == 0x38000000: // [base, #n], [base], #n and [base, #n]!
		n, mode := signed(w>>12, 9), w>>10&3
		if load && !simd {
			e.load(w&0xffc00000 == 0xf8400000, to, base, afterwards(n, mode == 1))
		}
		e.writeBack(mode == 1 || mode == 3, base, n)
	case w&0x3b200c00 == 0x38200800: // [base, index]
		if load && !simd {
			e.clobbers = clobber(to)
		}
	case w&0x3a000000 == 0x28000000: // pairs
		n, mode := signed(w>>15, 7)*8, w>>23&3
		wide := w>>30 == 2
		if w>>22&1 == 1 && !simd {
			e.load(wide, to, base, afterwards(n, mode == 1))
			e.load(wide, reg(w>>10&31), base, afterwards(n, mode == 1)+8)
		}
		if !wide && mode&1 == 1 {
			e.everything = true // pairs of other widths do not move Go's stack pointer
			return e
		}
		e.writeBack(mode&1 == 1, base, n)
	default:
		e.everything = true
	}
	return e
}

// afterwards: a base that is moved after the access is as it was.
func afterwards(n int64, after bool) int64 {
	if after {
		return 0
	}
	return n
}

func (e *effect) load(wide bool, to, base reg, offset int64) {
	switch {
	case to == 31:
	case wide && base == arm64SP:
		e.loads = append(e.loads, slotLoad{to, offset})
	default:
		e.clobbers = append(e.clobbers, to)
	}
}

func (e *effect) writeBack(does bool, base reg, n int64) {
	switch {
	case !does:
	case base == arm64SP:
		e.moveSP = n
	default:
		e.clobbers = append(e.clobbers, base)
	}
}

func clobber(r reg) []reg {
	if r == 31 {
		return nil
	}
	return []reg{r}
}

// signed reads the lowest bits of w as a signed number.
func signed(w uint32, bits uint) int64 {
	return int64(int32(w<<(32-bits)) >> (32 - bits))
}
