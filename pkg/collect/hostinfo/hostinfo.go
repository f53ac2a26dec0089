// Package hostinfo describes a host once, before anything is collected: its
// processors, caches, nodes and distances, which physical addresses belong to
// which node, and how a program started now would be confined.
//
// Everything is read from the file trees named by collect.Roots, so that a
// host can be described from a copy of its trees. What a kernel does not tell
// is left empty and reported as numa.Unavailable, and so is what cannot be
// true: distances that contradict each other, nodes that are listed but not
// there. Only a tree that lists no CPU at all is an error.
//
// It costs some hundred small reads at start, a few thousand on a host of some
// hundred CPUs, and nothing later. It refuses to guess: a cache line is never
// assumed to be 64 bytes, nor a page 4096. Whether what it finds is good for a
// benchmark is for package lint to say.
package hostinfo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Info is what a manifest says about its host.
type Info struct {
	Host     string // the kernel's node name
	BootID   string
	Kernel   string
	Arch     string
	CPUModel string
	// Emulated names the emulator where the processor itself says that it is
	// emulated.
	Emulated string
	Topology numa.Topology
	// Pinning is that of the process which reads it; a command started by
	// it inherits the same.
	Pinning     export.Pinning
	AsFound     export.AsFound
	Unavailable []numa.Unavailable
}

// Read describes the host whose trees are at roots.
func Read(roots collect.Roots) (*Info, error) {
	info := &Info{}
	t := tree{roots}
	if err := t.readTopology(info); err != nil {
		return nil, err
	}
	info.Host = t.host()
	info.BootID = t.proc("sys/kernel/random/boot_id")
	info.Kernel = t.proc("sys/kernel/osrelease")
	info.Arch = arch()
	info.CPUModel, info.Emulated = t.cpuModel()
	info.Pinning = t.pinning("self")
	info.AsFound = t.asFound(info)
	return info, nil
}

func (t tree) readTopology(info *Info) error {
	cpus, err := t.cpus(info)
	if err != nil {
		return err
	}
	topo := &info.Topology
	topo.CPUs = cpus
	topo.PageBytes = os.Getpagesize()
	topo.Caches, topo.CacheLineBytes = t.caches(cpus)
	if topo.CacheLineBytes == 0 {
		info.miss("cache line size", "the kernel describes no cache under "+t.sysPath("devices/system/cpu/cpu*/cache"),
			"false sharing cannot be judged on this host; on a virtual machine ask its owner to pass cache information through")
	}
	topo.Nodes = t.nodes(info)
	if topo.Nodes == nil {
		topo.Nodes = t.singleNode(cpus)
		info.miss("NUMA nodes", t.sysPath("devices/system/node")+" is missing",
			"the host is recorded as one node; boot a kernel with CONFIG_NUMA to see more")
	}
	assignNodes(info)
	judge(info)
	t.readMemory(info)
	return nil
}

func (i *Info) miss(feature, why, remedy string) {
	i.Unavailable = append(i.Unavailable, numa.Unavailable{Feature: feature, Why: why, Remedy: remedy})
}

// tree reads small files below the roots.
type tree struct{ roots collect.Roots }

func (t tree) sysPath(name string) string { return filepath.Join(t.roots.Sys, name) }

// sys is a file's content without surrounding space, "" if it cannot be read.
func (t tree) sys(name string) string { return content(t.sysPath(name)) }

func (t tree) procPath(name string) string { return filepath.Join(t.roots.Proc, name) }

func (t tree) proc(name string) string { return content(t.procPath(name)) }

func content(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	// Some tools that copy /sys fill files up with NUL.
	return strings.TrimSpace(strings.TrimRight(string(b), "\x00"))
}

// host is "(none)" to a kernel that was never told.
func (t tree) host() string {
	name := t.proc("sys/kernel/hostname")
	if name == "" || name == "(none)" {
		return "localhost"
	}
	return name
}

// arch is the running machine's, in uname's words. A copied tree does not
// hold it.
func arch() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Machine[:])
}

// cpuinfo is the first processor's entry.
func (t tree) cpuinfo() map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(t.proc("cpuinfo")) {
		key, value, ok := strings.Cut(line, ":")
		key = strings.TrimSpace(key)
		if _, seen := fields[key]; ok && !seen {
			fields[key] = strings.TrimSpace(value)
		}
	}
	return fields
}

// cpuModel names the processor. x86 says it in words; arm64 gives the
// implementer's and the part's numbers only.
func (t tree) cpuModel() (model, emulated string) {
	fields := t.cpuinfo()
	model = fields["model name"]
	if model == "" && fields["CPU part"] != "" {
		model = fmt.Sprintf("implementer %s part %s", fields["CPU implementer"], fields["CPU part"])
	}
	// QEMU names the processor that its translator models "QEMU TCG CPU";
	// under KVM, where code runs on the hardware, the name is another.
	if strings.HasPrefix(model, "QEMU TCG") {
		emulated = model
	}
	return model, emulated
}
