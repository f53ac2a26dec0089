package goprogram

import (
	"bufio"
	"bytes"
	"debug/elf"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// growth is one growth, as the program printed it or as the probes saw it.
type growth struct {
	size, oldPointer, oldLength, oldCapacity, count, newPointer, newCapacity uint64
}

// Kinds of hits.
const (
	hitEntry = iota + 1
	hitBegin
	hitFilled
)

// Event by event, the probes see what a program knows of its own growths.
func TestGrowthsOfProgram(t *testing.T) {
	builds := []build{
		{arch: "amd64"},
		{arch: "amd64", args: []string{"-ldflags=-s -w"}},
		{arch: "amd64", args: []string{"-buildmode=pie", "-ldflags=-s -w"}},
		{arch: "amd64", args: []string{"-gcflags=all=-N -l"}},
	}
	for _, toolchain := range older {
		builds = append(builds, build{toolchain: toolchain, arch: "amd64"})
	}
	for _, b := range append(builds, withC...) {
		t.Run(b.String(), func(t *testing.T) {
			if slices.Contains(b.env, "CGO_ENABLED=1") {
				b.gcc(t)
			}
			if b.toolchain != "" && testing.Short() {
				t.Skip("[toolchain] older toolchains are built without -short only")
			}
			if runtime.GOARCH != b.arch {
				t.Skipf("[%s] the program runs there only", b.arch)
			}
			path, p := b.inspect(t)
			tr := trace(t, path, p)
			probeGrowslice(t, tr, p)
			out, hits := tr.run(t)
			compareGrowths(t, p, path, printedGrowths(t, out), hits, 10_000)
		})
	}
}

// The same on arm64, by an emulated processor: fewer, since each stop costs it
// a millisecond.
func TestGrowthsOfProgramEmulated(t *testing.T) {
	builds := []build{{arch: "arm64"}, {arch: "arm64", args: []string{"-ldflags=-s -w"}}}
	for _, toolchain := range older {
		builds = append(builds, build{toolchain: toolchain, arch: "arm64"})
	}
	for _, b := range builds {
		t.Run(b.String(), func(t *testing.T) {
			if testing.Short() {
				t.Skip("[qemu] a program is emulated without -short only")
			}
			path, p := b.inspect(t)
			s := emulate(t, p, path, "1")
			probeGrowslice(t, s, p)
			out, hits := s.run(t)
			compareGrowths(t, p, path, printedGrowths(t, out), hits, 1_500)
		})
	}
}

// prober puts a probe on an instruction.
type prober interface {
	probe(t *testing.T, kind int32, offset uint64, words ...read)
}

func probeGrowslice(t *testing.T, tr prober, p *Program) {
	t.Helper()
	g, f := p.Grow, p.Grow.Filled[0]
	added := in(g.Count)
	if !g.Count.Held() {
		added = in(g.OldLength)
	}
	tr.probe(t, hitEntry, g.Begin.FileOffset-g.Begin.Offset)
	tr.probe(t, hitBegin, g.Begin.FileOffset,
		in(g.OldPointer), in(g.NewLength), in(g.OldCapacity), added,
		read{Location: Location{Register: g.Element}, deref: true, beyond: g.ElementSize}, at(g.Begin.Return))
	tr.probe(t, hitFilled, f.FileOffset, in(f.To), in(f.From), in(f.Bytes), at(f.Capacity), at(f.Return))
}

// printedGrowths reads what the program printed, by goroutine.
func printedGrowths(t *testing.T, out []byte) map[uint64][]growth {
	t.Helper()
	all := map[uint64][]growth{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var goroutine uint64
		var g growth
		_, err := fmt.Sscanf(lines.Text(), "%d %d %x %d %d %d %x %d", &goroutine, &g.size,
			&g.oldPointer, &g.oldLength, &g.oldCapacity, &g.count, &g.newPointer, &g.newCapacity)
		if err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		all[goroutine] = append(all[goroutine], g)
	}
	return all
}

func compareGrowths(t *testing.T, p *Program, path string, want map[uint64][]growth, hits []hit, atLeast int) {
	t.Helper()
	ours := mainFunctions(t, path)
	total := 0
	for goroutine, want := range want {
		mine := slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return h.goroutine != goroutine })
		got := joinGrowths(t, p, mine)
		if returns, ok := ours(mine); !ok {
			t.Fatalf("goroutine %d: a growth returns to %#x, which is not of package main", goroutine, returns)
		}
		if len(got) != len(want) {
			t.Errorf("goroutine %d grew %d slices, seen were %d", goroutine, len(want), len(got))
		}
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("goroutine %d, growth %d: was %+v, seen %+v", goroutine, i, want[i], got[i])
			}
		}
		total += len(want)
	}
	if total < atLeast {
		t.Errorf("only %d growths", total)
	}
	entries := slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return h.kind != hitEntry })
	begins := slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return h.kind != hitBegin })
	if len(entries) <= len(begins) {
		t.Errorf("%d hits of the entry, %d of %s: no stack grew in growslice, so nothing was shown", len(entries), len(begins), p.Grow.Begin.Instruction)
	}
	t.Logf("%d growths equal; %d hits of the entry, %d of %q", total, len(entries), len(begins), p.Grow.Begin.Instruction)
}

// mainFunctions checks that growths return into the program's own functions,
// where the file names them at the addresses that they have when it runs.
func mainFunctions(t *testing.T, path string) func([]hit) (uint64, bool) {
	t.Helper()
	m, _ := openImage(t, path)
	symbols, err := m.elf.Symbols()
	if err != nil || m.elf.Type != elf.ET_EXEC {
		return func([]hit) (uint64, bool) { return 0, true }
	}
	symbols = slices.DeleteFunc(symbols, func(s elf.Symbol) bool { return !strings.HasPrefix(s.Name, "main.") })
	return func(hits []hit) (uint64, bool) {
		for _, h := range hits {
			in := func(s elf.Symbol) bool { return h.words[5] >= s.Value && h.words[5] < s.Value+s.Size }
			if h.kind == hitBegin && !slices.ContainsFunc(symbols, in) {
				return h.words[5], false
			}
		}
		return 0, true
	}
}

// joinGrowths puts one goroutine's hits together.
func joinGrowths(t *testing.T, p *Program, hits []hit) (all []growth) {
	t.Helper()
	var begin []uint64
	for _, h := range hits {
		switch {
		case h.kind == hitBegin && h.words[4] != 0: // elements without a size get no array
			begin = h.words
		case h.kind == hitFilled:
			if begin == nil {
				t.Fatal("a new array without a beginning")
			}
			g := growth{
				size: begin[4], oldPointer: begin[0], oldLength: begin[1] - begin[3], oldCapacity: begin[2], count: begin[3],
				newPointer: h.words[0], newCapacity: h.words[3],
			}
			if !p.Grow.Count.Held() {
				g.oldLength, g.count = begin[3], begin[1]-begin[3]
			}
			if h.words[1] != g.oldPointer || h.words[2] != g.oldLength*g.size || h.words[4] != begin[5] {
				t.Fatalf("begun with %x, filled with %x", begin, h.words)
			}
			all = append(all, g)
			begin = nil
		}
	}
	return all
}

// The sizes of elements that the program uses.
func TestGrowthsCoverSizes(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("[amd64] the program runs there only")
	}
	path, p := build{arch: "amd64"}.inspect(t)
	tr := trace(t, path, p)
	probeGrowslice(t, tr, p)
	out, hits := tr.run(t)
	sizes := map[uint64]bool{}
	for _, all := range printedGrowths(t, out) {
		for _, g := range all {
			sizes[g.size] = true
		}
	}
	for _, size := range []uint64{1, 2, 4, 8, 12, 16, 24, 64, 100, 4096} {
		if !sizes[size] {
			t.Errorf("no slice of elements of %d bytes", size)
		}
	}
	empty := slices.ContainsFunc(hits, func(h hit) bool { return h.kind == hitBegin && h.words[4] == 0 })
	if !empty {
		t.Error("no slice of elements without a size")
	}
	var names []string
	for size := range sizes {
		names = append(names, fmt.Sprint(size))
	}
	t.Log("sizes:", strings.Join(names, " "))
}
