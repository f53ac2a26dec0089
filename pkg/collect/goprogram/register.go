package goprogram

import "fmt"

// Register is a processor register as a BPF program of a uprobe meets it.
type Register struct {
	Name string
	// Offset is where struct pt_regs holds it; arm64's is the user's,
	// struct user_pt_regs. -1 is no register.
	Offset int
}

// NoRegister holds a value that is in none.
var NoRegister = Register{Offset: -1}

// Held says whether there is a register.
func (r Register) Held() bool { return r.Offset >= 0 }

// Location is where a word is found: in a register, or in the memory that the
// register plus Offset points at.
type Location struct {
	Register Register
	Memory   bool
	Offset   int64
}

// Known says whether there is a location.
func (l Location) Known() bool { return l.Register.Name != "" }

func (l Location) String() string {
	switch {
	case !l.Known():
		return "unknown"
	case l.Memory:
		return fmt.Sprintf("[%s%+d]", l.Register.Name, l.Offset)
	}
	return l.Register.Name
}

// reg numbers a register within its architecture as instructions encode it.
type reg uint8

const noReg reg = 255

// machine is what an architecture brings: how its code is read, and Go's
// calling convention on it (src/cmd/compile/abi-internal.md).
type machine struct {
	name      string
	registers []Register // by reg
	arguments []reg      // of integers and pointers, in order
	results   []reg
	sp, g     reg
	link      reg // holds the return address at the entry; noReg: the stack does
	since     int // Go 1.since passes arguments in registers
	decode    func(code []byte, pc uint64) instruction
}

func (m *machine) register(r reg) Register {
	if int(r) >= len(m.registers) {
		return NoRegister
	}
	return m.registers[r]
}

// The order in arch/x86/include/uapi/asm/ptrace.h of Linux.
var amd64Registers = []Register{
	{"RAX", 80}, {"RCX", 88}, {"RDX", 96}, {"RBX", 40}, {"RSP", 152}, {"RBP", 32}, {"RSI", 104}, {"RDI", 112},
	{"R8", 72}, {"R9", 64}, {"R10", 56}, {"R11", 48}, {"R12", 24}, {"R13", 16}, {"R14", 8}, {"R15", 0},
}

// Numbers of amd64's registers as instructions encode them.
const (
	rax reg = iota
	rcx
	rdx
	rbx
	rsp
	rbp
	rsi
	rdi
	r8
	r9
	r10
	r11
	r12
	r13
	r14
	r15
)

var amd64 = &machine{
	name:      "amd64",
	registers: amd64Registers,
	arguments: []reg{rax, rbx, rcx, rdi, rsi, r8, r9, r10, r11},
	results:   []reg{rax, rbx, rcx, rdi, rsi, r8, r9, r10, r11},
	sp:        rsp, g: r14, link: noReg,
	since:  18,
	decode: decodeAMD64,
}

const (
	arm64FramePointer reg = 29
	arm64Link         reg = 30
	arm64SP           reg = 31
)

var arm64 = &machine{
	name:      "arm64",
	registers: arm64Registers(),
	arguments: []reg{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	results:   []reg{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	sp:        arm64SP, g: 28, link: arm64Link,
	since:  18,
	decode: decodeARM64,
}

// struct user_pt_regs of arch/arm64/include/uapi/asm/ptrace.h of Linux.
func arm64Registers() []Register {
	var all []Register
	for i := range 31 {
		all = append(all, Register{fmt.Sprintf("R%d", i), 8 * i})
	}
	return append(all, Register{"SP", 248})
}
