package probes

import (
	"errors"
	"fmt"
	"math/bits"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/features"
)

// Kernel is what the programs need to know of the running kernel. What could
// not be found out is zero, and the programs then tell less: Missing says why.
type Kernel struct {
	// PageBytes is the size of a base page, LineBytes of a cache line.
	PageBytes, LineBytes uint64
	// OnlyNode is the node of a host that has no other, else -1.
	OnlyNode int
	// StructPageBytes and NodeShift say how a page's node is read from its
	// flags, LRUInPage where a page hangs in lists.
	StructPageBytes, NodeShift, LRUInPage uint64
	// Vmemmap is the address of the struct page of frame 0; Linear the
	// distance between a virtual address of the kernel's linear mapping and
	// its physical one. Both are found by allocations of our own.
	Vmemmap, Linear uint64
	// TableLevels is how many levels page tables have, where the programs can
	// walk them, else 0: then the node of a process's own address has to be
	// asked for.
	TableLevels uint32
	// TellsUserRegisters: the kernel has the helper bpf_task_pt_regs.
	TellsUserRegisters bool
	// KmallocArgs and MigrateArgs are how many arguments these tracepoints
	// have: 0 is no such tracepoint, or not known.
	KmallocArgs, MigrateArgs int
	// TargetOfMigration and TargetOfMisplaced are kernel functions that
	// choose where pages are moved to.
	TargetOfMigration, TargetOfMisplaced uint64

	Missing []error
}

// readTypes learns from the kernel's own types.
func (k *Kernel) readTypes() error {
	types, err := btf.LoadKernelSpec()
	if err != nil {
		return fmt.Errorf("the kernel has no types (BTF, CONFIG_DEBUG_INFO_BTF): %w", err)
	}
	k.KmallocArgs = tracepointArgs(types, "kmalloc")
	k.MigrateArgs = tracepointArgs(types, "mm_migrate_pages")
	var page *btf.Struct
	if err := types.TypeByName("page", &page); err != nil {
		return fmt.Errorf("struct page: %w", err)
	}
	k.StructPageBytes = uint64(page.Size)
	flags, ok := memberOffset(page, "flags")
	if !ok || flags != 0 {
		return errors.New("struct page does not begin with its flags, so the node of a page cannot be read")
	}
	if at, ok := memberOffset(page, "lru"); ok {
		k.LRUInPage = at
	}
	nodes, err := maxNodes(types)
	if err != nil {
		return err
	}
	if nodes > 1 {
		k.NodeShift = 64 - uint64(bits.Len(uint(nodes-1)))
	} else {
		k.OnlyNode = 0
	}
	return nil
}

// tracepointArgs counts a tracepoint's arguments.
func tracepointArgs(types *btf.Spec, name string) int {
	var def *btf.Typedef
	if types.TypeByName("btf_trace_"+name, &def) != nil {
		return 0
	}
	p, ok := def.Type.(*btf.Pointer)
	if !ok {
		return 0
	}
	f, ok := p.Target.(*btf.FuncProto)
	if !ok {
		return 0
	}
	return len(f.Params) - 1 // the first is the probe's own
}

// maxNodes is the kernel's MAX_NUMNODES: the length of the array of nodes in
// struct kmem_cache. It says how many bits of a page's flags are the node
// (include/linux/page-flags-layout.h: the uppermost, where memmap is virtual).
func maxNodes(types *btf.Spec) (int, error) {
	var cache *btf.Struct
	if err := types.TypeByName("kmem_cache", &cache); err != nil {
		return 0, fmt.Errorf("struct kmem_cache: %w", err)
	}
	for _, m := range cache.Members {
		if m.Name != "node" {
			continue
		}
		if a, ok := btf.UnderlyingType(m.Type).(*btf.Array); ok {
			return int(a.Nelems), nil
		}
	}
	return 0, errors.New("struct kmem_cache has no array of nodes, so the bits of a page's node are not known")
}

// memberOffset finds a member, also in what is anonymous.
func memberOffset(s *btf.Struct, name string) (uint64, bool) { return inMembers(s.Members, name) }

func inMembers(members []btf.Member, name string) (uint64, bool) {
	for _, m := range members {
		at := uint64(m.Offset.Bytes())
		if m.Name == name {
			return at, true
		}
		if m.Name != "" {
			continue
		}
		var inner []btf.Member
		switch t := btf.UnderlyingType(m.Type).(type) {
		case *btf.Struct:
			inner = t.Members
		case *btf.Union:
			inner = t.Members
		}
		if below, ok := inMembers(inner, name); ok {
			return at + below, true
		}
	}
	return 0, false
}

// ReadKernel finds out what it can. onlyNode is -1 on a host of several nodes.
func ReadKernel(onlyNode int, lineBytes uint64) *Kernel {
	k := &Kernel{PageBytes: uint64(os.Getpagesize()), LineBytes: lineBytes, OnlyNode: onlyNode}
	k.TellsUserRegisters = features.HaveProgramHelper(ebpf.RawTracepoint, asm.FnTaskPtRegs) == nil
	if k.PageBytes == 4096 {
		k.TableLevels = tableLevels()
	}
	if err := k.readTypes(); err != nil {
		k.Missing = append(k.Missing, err)
	}
	return k
}
