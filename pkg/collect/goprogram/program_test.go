package goprogram

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/numa"
)

// Every build has its points, at instructions that the kernel emulates.
func TestInspectBuilds(t *testing.T) {
	for _, b := range slices.Concat(installed, withC, olderBuilds()) {
		t.Run(b.String(), func(t *testing.T) {
			if slices.Contains(b.env, "CGO_ENABLED=1") {
				b.gcc(t)
			}
			if b.toolchain != "" && testing.Short() {
				t.Skip("[toolchain] older toolchains are built without -short only")
			}
			_, p := b.inspect(t)
			if p.Arch != b.arch || p.GoroutineID < 0 || p.BuildID == "" || len(p.Missing) > 0 {
				t.Fatalf("%+v", p)
			}
			if b.toolchain != "" && p.GoVersion != b.toolchain {
				t.Errorf("version %s", p.GoVersion)
			}
			checkGrowth(t, p)
			checkHeap(t, b, p)
		})
	}
}

func checkGrowth(t *testing.T, p *Program) {
	t.Helper()
	g := p.Grow
	if g == nil || len(g.Filled) != 1 {
		t.Fatalf("no growth: %+v", p)
	}
	t.Logf("begin: +%d %s, returns to %s, own frame %v", g.Begin.Offset, g.Begin.Instruction, g.Begin.Return, g.Begin.OwnFrame)
	t.Logf("filled: +%d %s, returns to %s, capacity %s", g.Filled[0].Offset, g.Filled[0].Instruction, g.Filled[0].Return, g.Filled[0].Capacity)
	if !g.Begin.Emulated || !g.Filled[0].Emulated {
		t.Errorf("single-stepped: %q, %q", g.Begin.Instruction, g.Filled[0].Instruction)
	}
	if g.Begin.Offset == 0 || !strings.Contains(g.Filled[0].Instruction, "CALL") {
		t.Errorf("begin at +%d, filled by %q", g.Begin.Offset, g.Filled[0].Instruction)
	}
	if !g.Filled[0].Capacity.Known() || !g.Begin.Return.Known() || !g.Filled[0].Return.Known() {
		t.Errorf("unknown location: %+v", g)
	}
	for _, r := range []Register{g.OldPointer, g.NewLength, g.OldCapacity, g.Element} {
		if !r.Held() {
			t.Errorf("an argument is in no register: %+v", g)
		}
	}
}

func checkHeap(t *testing.T, b build, p *Program) {
	t.Helper()
	h := p.Heap
	if h == nil || !h.Pointer.Held() || !h.Size.Held() || h.At.Offset == 0 || h.Unread {
		t.Fatalf("heap: %+v, %v", h, p.Missing)
	}
	stripped := slices.ContainsFunc(b.args, func(a string) bool { return strings.Contains(a, "-s -w") })
	if (h.ProfileRate == 0) != stripped {
		t.Errorf("MemProfileRate at %#x", h.ProfileRate)
	}
	t.Logf("heap: +%d %s, emulated %v", h.At.Offset, h.At.Instruction, h.At.Emulated)
}

// A stripped file has the same points as the one that is not.
func TestInspectStrippedIsEqual(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		_, whole := build{arch: arch}.inspect(t)
		_, stripped := build{arch: arch, args: []string{"-ldflags=-s -w"}}.inspect(t)
		if whole.Grow.Begin != stripped.Grow.Begin || whole.Grow.Filled[0] != stripped.Grow.Filled[0] {
			t.Errorf("%s:\n%+v\n%+v", arch, whole.Grow, stripped.Grow)
		}
		if whole.Heap.At != stripped.Heap.At || whole.GoroutineID != stripped.GoroutineID {
			t.Errorf("%s: %+v, %+v", arch, whole, stripped)
		}
	}
}

// The table of offsets is what DWARF of each version says.
func TestGoroutineIDOfVersions(t *testing.T) {
	builds := []build{{arch: "amd64"}, {arch: "arm64"}}
	for _, toolchain := range older {
		builds = append(builds, build{toolchain: toolchain, arch: "amd64"}, build{toolchain: toolchain, arch: "arm64"})
	}
	for _, b := range builds {
		t.Run(b.String(), func(t *testing.T) {
			if b.toolchain != "" && testing.Short() {
				t.Skip("[toolchain] older toolchains are built without -short only")
			}
			b.env = []string{"GOFLAGS=-mod=mod -ldflags=-compressdwarf=false"}
			path, _ := b.inspect(t)
			m, minor := openImage(t, path)
			byDWARF, ok := m.goidByDWARF()
			if !ok || byDWARF != goidOffsets[minor] {
				t.Errorf("go1.%d: DWARF says %d (%v), the table %d", minor, byDWARF, ok, goidOffsets[minor])
			}
		})
	}
}

func TestInspectUnsupported(t *testing.T) {
	sh, err := os.Open("/bin/sh")
	if err != nil {
		t.Skipf("[samples] no shell: %v", err)
	}
	defer sh.Close()
	for name, f := range map[string]interface {
		ReadAt([]byte, int64) (int, error)
	}{
		"not Go":  sh,
		"not ELF": strings.NewReader("#!/bin/sh\necho a script that is longer than an ELF header would be\n"),
		"empty":   strings.NewReader(""),
	} {
		_, err := Inspect(f)
		var u *numa.Unavailable
		if !errors.As(err, &u) || u.Why == "" || u.Remedy == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReleases(t *testing.T) {
	for version, want := range map[goVersion]bool{
		"go1.26.8": true, "go1.20": true, "go1.25.1 X:nodwarf5": false, "devel go1.26-0123abcdef": false, "go1.24rc1": false, "go1.22.5-vendor": false,
	} {
		if version.release() != want {
			t.Errorf("%q", version)
		}
	}
}

func TestVersions(t *testing.T) {
	for version, want := range map[string]struct {
		amd64, arm64 int
	}{
		"go1.16.15":                {0, 0},
		"go1.17.13":                {0, 0},
		"go1.18.10":                {18, 18},
		"go1.25.1 X:nodwarf5":      {25, 25},
		"devel go1.26-0123abcdef":  {26, 26},
		"go1.27.0":                 {0, 0},
		"go1.99999999999999999999": {0, 0},
		"unknown":                  {0, 0},
		"":                         {0, 0},
	} {
		for m, want := range map[*machine]int{amd64: want.amd64, arm64: want.arm64} {
			minor, err := goVersion(version).supported(m)
			if minor != want || (err != nil) != (want == 0) {
				t.Errorf("%q on %s: %d, %v", version, m.name, minor, err)
			}
		}
	}
}
