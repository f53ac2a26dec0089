package goprogram

import (
	"golang.org/x/arch/arm64/arm64asm"
	"golang.org/x/arch/x86/x86asm"
)

// text writes an instruction as Go's assembler has it.
func (f *function) text(in instruction) string {
	code := f.code[in.pc-f.entry:][:in.length]
	if f.machine == arm64 {
		inst, err := arm64asm.Decode(code)
		if err != nil {
			return "?"
		}
		return arm64asm.GoSyntax(inst, in.pc, nil, nil)
	}
	inst, err := x86asm.Decode(code, 64)
	if err != nil {
		return "?"
	}
	return x86asm.GoSyntax(inst, in.pc, nil)
}
