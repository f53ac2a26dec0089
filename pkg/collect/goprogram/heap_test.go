package goprogram

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// With a rate of 1 every object is a sample, and each is seen once.
func TestHeapSamplesOfProgram(t *testing.T) {
	builds := []build{
		{arch: "amd64"},
		{arch: "amd64", args: []string{"-buildmode=pie", "-ldflags=-s -w"}},
	}
	for _, toolchain := range older {
		builds = append(builds, build{toolchain: toolchain, arch: "amd64"})
	}
	for _, b := range builds {
		t.Run(b.String(), func(t *testing.T) {
			if b.toolchain != "" && testing.Short() {
				t.Skip("[toolchain] older toolchains are built without -short only")
			}
			if runtime.GOARCH != b.arch {
				t.Skipf("[%s] the program runs there only", b.arch)
			}
			path, p := b.inspect(t)
			tr := trace(t, path, p)
			tr.probe(t, hitBegin, p.Heap.At.FileOffset, in(p.Heap.Pointer), in(p.Heap.Size), at(p.Heap.At.Return))
			out, hits := tr.run(t, "heap")
			compareObjects(t, out, hits)
		})
	}
}

// The same on arm64, by an emulated processor.
func TestHeapSamplesOfProgramEmulated(t *testing.T) {
	for _, b := range []build{
		{arch: "arm64"}, {toolchain: "go1.23.8", arch: "arm64"}, {toolchain: "go1.22.12", arch: "arm64"}, {toolchain: "go1.18.10", arch: "arm64"},
	} {
		t.Run(b.String(), func(t *testing.T) {
			if testing.Short() {
				t.Skip("[qemu] a program is emulated without -short only")
			}
			path, p := b.inspect(t)
			s := emulate(t, p, path, "heap")
			s.probe(t, hitBegin, p.Heap.At.FileOffset, in(p.Heap.Pointer), in(p.Heap.Size), at(p.Heap.At.Return))
			out, hits := s.run(t)
			compareObjects(t, out, hits)
		})
	}
}

// A program that does not read its profile has it switched off.
func TestHeapProfileUnread(t *testing.T) {
	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() { println(1) }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"-ldflags=-s -w"}} {
		path := filepath.Join(t.TempDir(), "main")
		cmd := exec.Command("go", append(append([]string{"build", "-o", path}, args...), source)...)
		cmd.Env = append(os.Environ(), "GOARCH=amd64", "GOOS=linux", "CGO_ENABLED=0", "GOFLAGS=-mod=mod")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		p, err := Inspect(f)
		if err != nil || p.Heap == nil || !p.Heap.Unread || p.Grow == nil {
			t.Errorf("%v: %+v, %v", args, p, err)
		}
	}
}

func compareObjects(t *testing.T, out []byte, hits []hit) {
	t.Helper()
	objects := 0
	rounded := map[uint64]uint64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); objects++ {
		var goroutine, pointer, size uint64
		if _, err := fmt.Sscanf(lines.Text(), "%d %x %d", &goroutine, &pointer, &size); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		mine := slices.DeleteFunc(slices.Clone(hits), func(h hit) bool {
			return h.goroutine != goroutine || h.words[0] != pointer
		})
		if len(mine) != 1 {
			t.Fatalf("object %d at %x was seen %d times", objects, pointer, len(mine))
		}
		if got := mine[0].words[1]; got < size || got > size+size/4 {
			t.Fatalf("object of %d bytes, seen as %d", size, got)
		}
		rounded[size] = mine[0].words[1]
	}
	if objects < 1000 {
		t.Errorf("only %d objects", objects)
	}
	t.Logf("%d objects; sizes that the profile counts: %v", objects, rounded)
}
