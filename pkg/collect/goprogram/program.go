package goprogram

import (
	"debug/elf"
	"fmt"
	"io"

	"github.com/numalens/numalens/pkg/numa"
)

// Program is a Go executable and what can be probed in it.
type Program struct {
	Arch      string // "amd64" or "arm64"
	GoVersion string // as the linker wrote it, "go1.26.8"
	// BuildID is the file's GNU build-id in hexadecimal, or where it has none
	// (before Go 1.24) the one that Go's linker wrote, as it stands.
	BuildID string
	// G holds the current goroutine's runtime.g at every point below.
	G Register
	// GoroutineID is the offset of the goroutine's number (64 bits) in
	// runtime.g; -1 is not known.
	GoroutineID int64
	Grow        *Growslice  // nil: see Missing
	Heap        *HeapSample // nil: see Missing
	// Missing says why a part is not there.
	Missing []numa.Unavailable
}

// Point is an instruction that a probe is put on. What is said of registers
// holds before it is carried out.
type Point struct {
	FileOffset  uint64
	Symbol      string // the function that it is in
	Offset      uint64 // in that function
	Instruction string // for messages
	// Emulated: the kernel carries the instruction out itself. Others are
	// single-stepped, which costs the program some ten times as much.
	Emulated bool
	// Return is where the address stands that the function will return to.
	Return Location
	// OwnFrame: the frame pointer is already the function's own, so that a
	// walk along frame pointers finds Return as the first caller. Where it is
	// not, the walk leaves the first caller out, and Return is to be put in.
	OwnFrame bool
}

// Inspect reads an ELF executable. What is not Go, of a version that is not
// known, or without names is a *numa.Unavailable.
func Inspect(f io.ReaderAt) (*Program, error) {
	f = &bounded{r: f, left: maxRead}
	file, err := elf.NewFile(f)
	if err != nil {
		return nil, unavailable("the file is not an ELF executable: "+err.Error(), "name a Linux executable")
	}
	m := &image{file: f, elf: file}
	machine, err := m.machine()
	if err != nil {
		return nil, err
	}
	version, err := m.goVersion()
	if err != nil {
		return nil, err
	}
	minor, err := version.supported(machine)
	if err != nil {
		return nil, err
	}
	known := m.names()
	if len(known) == 0 {
		return nil, unavailable(
			"the file names no functions: its symbols are stripped and its own table (pclntab) is missing or of an unknown layout",
			"build without packing or obfuscating it")
	}
	p := &Program{Arch: machine.name, GoVersion: string(version), BuildID: m.buildID(), G: machine.register(machine.g)}
	b := builder{image: m, machine: machine, version: version, minor: minor, names: known}
	p.GoroutineID = p.note(b.goroutineID())
	p.Grow = orMissing(p, b.growslice)
	p.Heap = orMissing(p, b.heapSample)
	return p, nil
}

// builder holds what the parts of a Program are made from.
type builder struct {
	image   *image
	machine *machine
	version goVersion
	minor   int // of Go 1.minor
	names   names
}

func (p *Program) note(offset int64, why *numa.Unavailable) int64 {
	if why != nil {
		p.Missing = append(p.Missing, *why)
	}
	return offset
}

func orMissing[T any](p *Program, make func() (*T, *numa.Unavailable)) *T {
	part, why := make()
	if why != nil {
		p.Missing = append(p.Missing, *why)
		return nil
	}
	return part
}

func (m *image) machine() (*machine, error) {
	if m.elf.Class == elf.ELFCLASS64 && m.elf.Data == elf.ELFDATA2LSB {
		switch m.elf.Machine {
		case elf.EM_X86_64:
			return amd64, nil
		case elf.EM_AARCH64:
			return arm64, nil
		}
	}
	return nil, unavailable(fmt.Sprintf("the executable is for %s", m.elf.Machine), "amd64 and arm64 programs can be probed")
}

// names reads the symbol table and, when that has no growslice, the program's
// own table.
func (m *image) names() names {
	all := m.symbols()
	if len(all[nameGrowslice]) > 0 {
		return all
	}
	for name, at := range m.functions() {
		if len(all[name]) == 0 {
			all[name] = at
		}
	}
	return all
}

const feature = "trace: Go program"

func unavailable(why, remedy string) *numa.Unavailable {
	return &numa.Unavailable{Feature: feature, Why: why, Remedy: remedy}
}

// load reads a function's code.
func (b *builder) load(at found) (*function, error) {
	code, err := b.image.code(at)
	if err != nil {
		return nil, err
	}
	return &function{name: at.name, machine: b.machine, entry: at.entry, code: code}, nil
}

// point describes an instruction of a function.
func (b *builder) point(f *function, in instruction, returns Location, ownFrame bool) (Point, bool) {
	offset, ok := b.image.fileOffset(in.pc)
	return Point{
		FileOffset:  offset,
		Symbol:      f.name,
		Offset:      in.pc - f.entry,
		Instruction: f.text(in),
		Emulated:    in.emulated,
		Return:      returns,
		OwnFrame:    ownFrame,
	}, ok
}
