package goprogram

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/numalens/numalens/pkg/numa"
)

// FuzzInspect reads anything.
func FuzzInspect(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	var header bytes.Buffer
	_ = binary.Write(&header, binary.LittleEndian, elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', 2, 1, 1}, Type: 2, Machine: 62, Version: 1,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
	})
	_ = binary.Write(&header, binary.LittleEndian, elf.Prog64{Type: 1, Flags: 5, Filesz: 1 << 60, Memsz: 1 << 60})
	f.Add(header.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) { inspectAny(t, bytes.NewReader(b)) })
}

// FuzzInspectDamaged reads a Go program of which some words are overwritten.
func FuzzInspectDamaged(f *testing.F) {
	whole, err := os.ReadFile(build{arch: "amd64"}.program(f))
	if err != nil {
		f.Fatal(err)
	}
	parts := partsOf(f, whole)
	for part := range parts {
		f.Add([]byte{byte(part), 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		f.Add([]byte{byte(part), 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80})
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		damaged := bytes.Clone(whole)
		for ; len(b) >= 13; b = b[13:] {
			part := parts[int(b[0])%len(parts)]
			at := part[0] + uint64(binary.LittleEndian.Uint32(b[1:]))%(part[1]-part[0])
			copy(damaged[at:], b[5:13])
		}
		inspectAny(t, bytes.NewReader(damaged))
	})
}

// partsOf are the parts of the file that Inspect reads: first and last offset.
func partsOf(f *testing.F, whole []byte) (parts [][2]uint64) {
	file, err := elf.NewFile(bytes.NewReader(whole))
	if err != nil {
		f.Fatal(err)
	}
	parts = append(parts, [2]uint64{0, 64 + 56*uint64(len(file.Progs))})
	sections := binary.LittleEndian.Uint64(whole[0x28:])
	parts = append(parts, [2]uint64{sections, sections + 64*uint64(len(file.Sections))})
	for _, name := range []string{".gopclntab", ".go.module", ".symtab", ".strtab", ".go.buildinfo", ".debug_info", ".debug_abbrev"} {
		if s := file.Section(name); s != nil {
			parts = append(parts, [2]uint64{s.Offset, s.Offset + s.FileSize})
		}
	}
	p, err := Inspect(bytes.NewReader(whole))
	if err != nil {
		f.Fatal(err)
	}
	growslice := p.Grow.Begin.FileOffset - p.Grow.Begin.Offset
	return append(parts, [2]uint64{growslice, growslice + 1800})
}

func inspectAny(t *testing.T, r *bytes.Reader) {
	p, err := Inspect(r)
	var u *numa.Unavailable
	if err != nil && !errors.As(err, &u) {
		t.Fatalf("not unavailable: %v", err)
	}
	if err != nil {
		return
	}
	var points []Point
	if p.Grow != nil {
		points = append(points, p.Grow.Begin)
		for _, f := range p.Grow.Filled {
			points = append(points, f.Point)
		}
	}
	if p.Heap != nil {
		points = append(points, p.Heap.At)
	}
	for _, at := range points {
		if at.FileOffset >= uint64(r.Size()) || at.Symbol == "" || at.Instruction == "" {
			t.Fatalf("a point outside of the file: %+v", at)
		}
	}
}

// FuzzInstructions follows any code.
func FuzzInstructions(f *testing.F) {
	f.Add([]byte("\x49\x3b\x66\x10\x76\x10\x55\x48\x89\xe5\xc3"), true)
	f.Add([]byte("\x90\x0b\x40\xf9\xff\x63\x30\xeb\xfd\x7b\xbf\xa9\xc0\x03\x5f\xd6"), false)
	f.Fuzz(func(t *testing.T, code []byte, intel bool) {
		fn := &function{name: "f", machine: arm64, entry: 0x1000, code: code[:min(len(code), 512)]}
		if intel {
			fn.machine = amd64
		}
		fn.each(func(in instruction) {
			if in.length <= 0 {
				t.Fatalf("no length at %#x", in.pc)
			}
			if in.kind == call {
				_ = fn.text(in)
				_ = fn.leave(in.pc, 2)
			}
		})
		p, ok := fn.enterThrough(growsliceSince120, []role{newLength}, map[uint64]bool{0x1008: true})
		if ok && (p.begin.pc < fn.entry || p.begin.pc >= fn.entry+uint64(len(code))) {
			t.Fatalf("begins at %#x", p.begin.pc)
		}
	})
}
