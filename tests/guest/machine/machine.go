// Package machine is the guest as hardware: QEMU's arguments for a machine of
// several nodes, the kernel that it boots, the initramfs, and its life from
// start to power off.
//
//	machine     what the machine is made of, as QEMU's arguments
//	distance    how far its nodes are from each other
//	kernel      Debian's kernel, fetched once and kept
//	initramfs   init, the agent and the program in one archive
//	program     whether a binary can run inside at all
//	boot        runs QEMU and listens to the console
//
// It leaves out what happens inside (init) and what becomes of the result
// (cmd/record).
package machine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/numalens/numalens/tests/guest/handover"
)

// Limits. 2 GiB in all keeps the memory of an x86 machine in one piece below
// the hole for devices, and 128 MiB is the unit in which Linux knows memory.
const (
	MaxNodes   = 16
	MaxCPUs    = 64
	MaxBytes   = 2 << 30
	BytesUnit  = 128 << 20
	serialAMD  = "ttyS0"
	serialARM  = "ttyAMA0"
	sharedName = "shared"
)

// Spec describes one machine. Every node is a socket of its own.
type Spec struct {
	Arch        string // "amd64" or "arm64", as Go names them
	Nodes       int
	CPUsPerNode int
	NodeBytes   int64
	Seed        uint64
	// IOMMU adds Intel's, which in QEMU does not see what caches hold: the
	// kernel flushes lines before it looks.
	IOMMU bool

	Kernel     string // file
	Initramfs  string // file
	Shared     string // file of handover.SharedBytes, a PCI device's memory
	KernelArgs []string
	// Plugin are the arguments that load a TCG plugin; none is no plugin.
	Plugin []string
	// Environment is added to QEMU's.
	Environment []string
}

// Check tells whether there can be such a machine.
func (s *Spec) Check() error {
	switch {
	case s.Arch != "amd64" && s.Arch != "arm64":
		return fmt.Errorf("architecture %q: want amd64 or arm64", s.Arch)
	case s.IOMMU && s.Arch != "amd64":
		return fmt.Errorf("an IOMMU on %s: want amd64", s.Arch)
	case s.Nodes < 1 || s.Nodes > MaxNodes:
		return fmt.Errorf("%d nodes: want 1 to %d", s.Nodes, MaxNodes)
	case s.CPUsPerNode < 1 || s.CPUsPerNode*s.Nodes > MaxCPUs:
		return fmt.Errorf("%d CPUs on each of %d nodes: want at least 1, and at most %d in all", s.CPUsPerNode, s.Nodes, MaxCPUs)
	case s.NodeBytes < BytesUnit || s.NodeBytes%BytesUnit != 0:
		return fmt.Errorf("%d MiB a node: want a multiple of %d MiB", s.NodeBytes>>20, BytesUnit>>20)
	case s.NodeBytes*int64(s.Nodes) > MaxBytes:
		return fmt.Errorf("%d MiB on each of %d nodes: want at most %d MiB in all", s.NodeBytes>>20, s.Nodes, MaxBytes>>20)
	}
	return nil
}

// DefaultNodeBytes is 512 MiB, or less where there are many nodes.
func DefaultNodeBytes(nodes int) int64 {
	if nodes < 1 {
		return BytesUnit
	}
	return min(512<<20, max(BytesUnit, MaxBytes/int64(nodes)/BytesUnit*BytesUnit))
}

// MemoryBase is the physical address of the first node's memory.
func (s *Spec) MemoryBase() uint64 {
	if s.Arch == "arm64" {
		return 1 << 30
	}
	return 0
}

// QEMU is the name of the emulator.
func (s *Spec) QEMU() string {
	if s.Arch == "arm64" {
		return "qemu-system-aarch64"
	}
	return "qemu-system-x86_64"
}

// Args are the emulator's arguments.
func (s *Spec) Args() []string {
	args := []string{"-accel", "tcg,thread=multi"}
	args = append(args, s.board()...)
	args = append(args, s.processors()...)
	args = append(args, s.nodes()...)
	args = append(args, distances(s.Nodes)...)
	args = append(args,
		"-nodefaults", "-no-user-config", "-nic", "none", "-display", "none", "-no-reboot",
		"-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
		"-object", fmt.Sprintf("memory-backend-file,id=%s,share=on,mem-path=%s,size=%d", sharedName, escape(s.Shared), handover.SharedBytes),
		"-device", "ivshmem-plain,memdev="+sharedName,
		"-seed", strconv.FormatUint(s.Seed, 10),
		"-kernel", s.Kernel, "-initrd", s.Initramfs, "-append", s.commandLine())
	return append(args, s.Plugin...)
}

// board chooses processors that call themselves emulated: a run's cpu_model
// must not look like hardware.
func (s *Spec) board() []string {
	if s.Arch == "arm64" {
		return []string{"-machine", "virt,gic-version=3", "-cpu", "neoverse-n1"}
	}
	args := []string{"-machine", "q35", "-cpu", "max,la57=off"}
	if s.IOMMU {
		args = append(args, "-device", "intel-iommu")
	}
	return args
}

func (s *Spec) processors() []string {
	return []string{
		"-smp", fmt.Sprintf("cpus=%d,sockets=%d,cores=%d,threads=1", s.Nodes*s.CPUsPerNode, s.Nodes, s.CPUsPerNode),
		"-m", fmt.Sprintf("%dM", s.NodeBytes>>20*int64(s.Nodes)),
	}
}

// nodes gives every node memory of its own, so that an address tells where
// it lies.
func (s *Spec) nodes() []string {
	var args []string
	for n := range s.Nodes {
		first := n * s.CPUsPerNode
		args = append(args,
			"-object", fmt.Sprintf("memory-backend-ram,id=node%d,size=%dM", n, s.NodeBytes>>20),
			"-numa", fmt.Sprintf("node,nodeid=%d,cpus=%d-%d,memdev=node%d", n, first, first+s.CPUsPerNode-1, n))
	}
	return args
}

// commandLine is the kernel's. panic=-1 with -no-reboot ends QEMU at once
// when the kernel gives up. The kernel doubts the TSC of a machine without an
// invariant one; QEMU's is the host's clock, the same on all CPUs, where each
// look at the HPET instead would end the translated code and take a lock.
func (s *Spec) commandLine() string {
	args := []string{"console=" + serialAMD, "quiet", "panic=-1", "nokaslr", "mitigations=off", "tsc=reliable"}
	if s.Arch == "arm64" {
		args = []string{"console=" + serialARM, "quiet", "panic=-1", "nokaslr", "mitigations=off"}
	}
	if s.IOMMU {
		args = append(args, "intel_iommu=on")
	}
	return strings.Join(append(args, s.KernelArgs...), " ")
}

// escape doubles commas, which separate the parts of QEMU's options.
func escape(path string) string { return strings.ReplaceAll(path, ",", ",,") }
