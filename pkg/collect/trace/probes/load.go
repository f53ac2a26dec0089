package probes

import (
	"errors"
	"fmt"
	"maps"
	"runtime/debug"

	"github.com/cilium/ebpf"
)

// Settings are what cannot be changed once the programs are loaded.
type Settings struct {
	// AgentPID is left out: what the agent allocates is its cost, not the
	// workload's.
	AgentPID int
	// OnlyPID leaves out everyone else; 0 is nobody.
	OnlyPID int
	// StacksOf says for each kind which stacks are walked.
	StacksOf [Kinds]Stacks
	Rules    []Rule
	// RecallStacks has kernel stacks recalled that were walked before, and one
	// in so many of them walked all the same, to compare: a power of two, 0
	// walks them all.
	RecallStacks uint32
	// Sums is how many different sums are kept between two readings.
	Sums int
	// Nodes is how many nodes the host has.
	Nodes int
}

// Stacks is a set of stacks.
type Stacks uint32

// The stacks.
const (
	KernelStack Stacks = 1
	UserStack   Stacks = 2
)

// Rule is what the head in the kernel checks of one rule of package sampling.
type Rule = ObjectRule

// GoPlace is what a uprobe needs to know of one place of a Go program, as
// package goprogram finds it: offsets of registers, and where words are.
type GoPlace struct {
	G            uint32
	GoroutineID  int64
	Length, Type uint32
	ElementSize  int64
	Return       Place
	Array        uint32
	Capacity     Place
	Object, Size uint32
	// Rate is from the place to the program's MemProfileRate, 0 unknown.
	Rate int64
}

// Place is a register, or the word in memory that it points at.
type Place = ObjectPlace

// Set holds the maps, and loads programs one by one: one that the kernel
// refuses does not take the others with it.
type Set struct {
	spec *ebpf.CollectionSpec
	// Collection has the maps and the variables.
	coll     *ebpf.Collection
	programs []*ebpf.Program
}

// Kinds is the number of kinds that are summed; the two after them are only
// counted.
const (
	Kinds = 5
	// MovedPages and MovedTask are the kinds of migrations.
	MovedPages = Kinds
	MovedTask  = Kinds + 1
	AllKinds   = Kinds + 2
)

// Load makes the maps.
func Load(k *Kernel, s Settings) (*Set, error) {
	spec, err := LoadObject()
	if err != nil {
		return nil, fmt.Errorf("the BPF object of this agent: %w", err)
	}
	if err := set(spec, variables(k, s)); err != nil {
		return nil, err
	}
	if s.Sums > 0 {
		spec.Maps[ObjectMapSums0].MaxEntries = uint32(s.Sums)
		spec.Maps[ObjectMapSums1].MaxEntries = uint32(s.Sums)
	}
	// One sum for each kind and pair of nodes, and unknown ones.
	rests := uint32(max(Kinds*(s.Nodes+1)*(s.Nodes+1), 64))
	spec.Maps[ObjectMapRests0].MaxEntries = rests
	spec.Maps[ObjectMapRests1].MaxEntries = rests
	bare := spec.Copy()
	bare.Programs = nil
	coll, err := ebpf.NewCollection(bare)
	if err != nil {
		return nil, err
	}
	return &Set{spec: spec, coll: coll}, nil
}

func variables(k *Kernel, s Settings) map[string]any {
	v := map[string]any{
		ObjectVarAgentPid:           uint32(s.AgentPID),
		ObjectVarOnlyPid:            uint32(s.OnlyPID),
		ObjectVarOnlyNode:           int32(k.OnlyNode),
		ObjectVarPageBytes:          k.PageBytes,
		ObjectVarLineBytes:          k.LineBytes,
		ObjectVarStructPageBytes:    k.StructPageBytes,
		ObjectVarVmemmap:            k.Vmemmap,
		ObjectVarLinear:             k.Linear,
		ObjectVarLinearEnd:          k.Linear + linearBytes,
		ObjectVarTellsUserRegisters: flag(k.TellsUserRegisters),
		ObjectVarTableLevels:        k.TableLevels,
		ObjectVarNodeShift:          uint32(k.NodeShift),
		ObjectVarKmallocTellsNode:   flag(k.KmallocArgs >= 6),
		ObjectVarMigrateReasonArg:   uint32(max(k.MigrateArgs-1, 0)),
		ObjectVarTargetOfMigration:  k.TargetOfMigration,
		ObjectVarTargetOfMisplaced:  k.TargetOfMisplaced,
		ObjectVarLruInPage:          k.LRUInPage,
		ObjectVarRuleCount:          uint32(len(s.Rules)),
	}
	if s.RecallStacks > 0 {
		if u := findUnwinding("/proc/kallsyms"); u.count > 0 {
			v[ObjectVarCheckEvery] = s.RecallStacks
			v[ObjectVarOrcIps], v[ObjectVarOrcEntries], v[ObjectVarOrcCount] = u.ips, u.entries, u.count
		}
	}
	var stacks [8]uint32 // ALL_KINDS of the programs
	for i, x := range s.StacksOf {
		stacks[i] = uint32(x)
	}
	v[ObjectVarStacksOf] = stacks
	var rules [16]Rule
	copy(rules[:], s.Rules)
	v[ObjectVarRules] = rules
	return v
}

// linearBytes is what the linear mapping can be long at most with four levels
// of page tables. What lies beyond its end has no struct page, or one that
// cannot be read.
const linearBytes = 1 << 46

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

func set(spec *ebpf.CollectionSpec, values map[string]any) error {
	for name, x := range values {
		v := spec.Variables[name]
		if v == nil {
			return fmt.Errorf("the BPF object has no variable %s", name)
		}
		if err := v.Set(x); err != nil {
			return fmt.Errorf("BPF variable %s: %w", name, err)
		}
	}
	return nil
}

// Program loads one program. One that a verifier finds too large is tried once
// more without what is not needed: the recalling of stacks.
func (s *Set) Program(name string) (*ebpf.Program, error) {
	p, err := s.load(s.spec.Copy(), name, true)
	var refused *ebpf.VerifierError
	if !errors.As(err, &refused) {
		return p, err
	}
	spec := s.spec.Copy()
	if err := set(spec, map[string]any{ObjectVarCheckEvery: uint32(0)}); err != nil {
		return nil, err
	}
	if p, again := s.load(spec, name, false); again == nil {
		return p, nil
	}
	return nil, err
}

// GoProgram loads a program of the uprobes for one place.
func (s *Set) GoProgram(name string, g GoPlace) (*ebpf.Program, error) {
	spec := s.spec.Copy()
	err := set(spec, map[string]any{
		ObjectVarGoG: g.G, ObjectVarGoId: g.GoroutineID, ObjectVarGoLength: g.Length, ObjectVarGoType: g.Type,
		ObjectVarGoElementSize: g.ElementSize, ObjectVarGoReturn: g.Return, ObjectVarGoArray: g.Array,
		ObjectVarGoCapacity: g.Capacity, ObjectVarGoObject: g.Object, ObjectVarGoSize: g.Size, ObjectVarGoRate: g.Rate,
	})
	if err != nil {
		return nil, err
	}
	return s.load(spec, name, false)
}

func (s *Set) load(spec *ebpf.CollectionSpec, name string, sameConstants bool) (*ebpf.Program, error) {
	program := spec.Programs[name]
	if program == nil {
		return nil, fmt.Errorf("the BPF object has no program %s", name)
	}
	spec.Programs = map[string]*ebpf.ProgramSpec{name: program}
	shared := maps.Clone(s.coll.Maps)
	if !sameConstants {
		delete(shared, ".rodata")
	}
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: shared})
	if err != nil {
		return nil, err
	}
	p := coll.DetachProgram(name)
	coll.Close()
	s.programs = append(s.programs, p)
	return p, nil
}

// Map gives a map of the object by its name.
func (s *Set) Map(name string) *ebpf.Map { return s.coll.Maps[name] }

// SetTurn says which of the two maps of sums is written to from now on.
func (s *Set) SetTurn(turn uint32) error { return s.coll.Variables[ObjectVarTurn].Set(turn) }

// SetFresh says how many stacks may be kept that are not there yet.
func (s *Set) SetFresh(n int) error { return s.coll.Variables[ObjectVarFresh].Set(int32(n)) }

// Fresh is how many are left of those; below zero by those that were let in at
// the same moment.
func (s *Set) Fresh() (int, error) {
	var n int32
	err := s.coll.Variables[ObjectVarFresh].Get(&n)
	return int(n), err
}

// SetFramesTurn does so for the two maps of frames.
func (s *Set) SetFramesTurn(turn uint32) error {
	return s.coll.Variables[ObjectVarFramesTurn].Set(turn)
}

// SetEvery says of how many events of each kind one is kept by chance.
func (s *Set) SetEvery(every [Kinds]uint32) error {
	var all [8]uint32
	copy(all[:], every[:])
	return s.coll.Variables[ObjectVarEvery].Set(all)
}

// Forget gives back the memory that loading took: to read the kernel's types takes some
// tens of megabytes, which the collector would come by much later.
func Forget() {
	debug.FreeOSMemory()
}

// Close frees the maps and the programs. What is still attached holds its
// program until its own link is closed.
func (s *Set) Close() error {
	var err error
	for _, p := range s.programs {
		err = errors.Join(err, p.Close())
	}
	s.coll.Close()
	return err
}
