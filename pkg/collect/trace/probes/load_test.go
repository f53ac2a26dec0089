package probes

import (
	"errors"
	"os"
	"testing"

	"github.com/cilium/ebpf"
)

// needBPF skips where the kernel does not let this user load programs.
func needBPF(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("[bpf] loading BPF programs needs CAP_BPF and CAP_PERFMON, or root")
	}
	if err := Ready(); err != nil {
		t.Skipf("[bpf] %v", err)
	}
}

// every has rules and stacks of every kind on, so that no program is checked
// by the kernel with parts of it dead.
func everything() Settings {
	s := Settings{AgentPID: os.Getpid(), RecallStacks: 1024, Rules: []Rule{{Kinds: 31, Flags: 15, MaxSize: 1 << 40}, {Kinds: 1, MinSize: 4096, MaxSize: 1 << 62}}}
	for i := range s.StacksOf {
		s.StacksOf[i] = KernelStack | UserStack
	}
	return s
}

func TestTheKernelTakesEveryProgram(t *testing.T) {
	needBPF(t)
	for name, k := range map[string]*Kernel{
		"this host":     ReadKernel(0, 64),
		"several nodes": withNodes(ReadKernel(-1, 64)),
		"nothing known": {PageBytes: 4096, LineBytes: 64, OnlyNode: -1},
	} {
		t.Run(name, func(t *testing.T) {
			for _, err := range k.Missing {
				t.Log(err)
			}
			set, err := Load(k, everything())
			if err != nil {
				t.Fatal(err)
			}
			defer set.Close()
			for program := range set.spec.Programs {
				p, err := set.Program(program)
				var refused *ebpf.VerifierError
				if errors.As(err, &refused) {
					t.Errorf("%s: %+v", program, refused)
				} else if err != nil {
					t.Errorf("%s: %v", program, err)
				} else if info, err := p.Info(); err == nil {
					n, _ := info.VerifiedInstructions()
					size, _ := info.TranslatedSize()
					t.Logf("%s: %d bytes, %d instructions verified", program, size, n)
				}
			}
		})
	}
}

func withNodes(k *Kernel) *Kernel {
	k.OnlyNode, k.NodeShift, k.StructPageBytes = -1, 54, 64
	k.Vmemmap, k.Linear, k.TableLevels = 0xffffea0000000000, 0xffff888000000000, 5
	return k
}
