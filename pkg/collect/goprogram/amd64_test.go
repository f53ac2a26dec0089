package goprogram

import "testing"

// What kernels emulate, and what some refuse to be probed at.
func TestEmulatedAMD64(t *testing.T) {
	for code, want := range map[string]struct{ emulated, refused bool }{
		"\x55":                     {emulated: true}, // PUSH RBP
		"\x41\x57":                 {emulated: true}, // PUSH R15
		"\x90":                     {emulated: true}, // NOP
		"\x66\x90":                 {refused: true},  // NOPW: found where Go 1.20 pads growslice
		"\x0f\x1f\x00":             {},               // NOPL
		"\x74\x10":                 {emulated: true}, // JE
		"\x0f\x8c\x00\x01\x00\x00": {emulated: true}, // JL
		"\xe8\x00\x01\x00\x00":     {emulated: true}, // CALL
		"\xeb\x10":                 {emulated: true}, // JMP
		"\xc3":                     {},               // RET
		"\x48\x89\xe5":             {},               // MOVQ SP, BP
	} {
		in := decodeAMD64([]byte(code), 0x1000)
		if in.length != len(code) || in.emulated != want.emulated || in.refused != want.refused {
			t.Errorf("% x: %+v", code, in)
		}
	}
}
