package gotable

import (
	"bufio"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// toolchains are those of the layouts: the installed one, and those that the
// module proxy gives.
var toolchains = []string{"local", "go1.18.10", "go1.20.14", "go1.21.13", "go1.23.8", "go1.24.6", "go1.25.1"}

// build makes the program of testdata/calls with a toolchain.
func build(t testing.TB, toolchain, arch string, flags ...string) string {
	t.Helper()
	source, err := os.ReadFile("../testdata/calls/main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"main.go": string(source), "go.mod": "module calls\n\ngo 1.18\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	env := append(os.Environ(), "GOTOOLCHAIN="+toolchain, "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if toolchain != "local" {
		probe := exec.Command("go", "version")
		probe.Dir, probe.Env = dir, env
		if out, err := probe.CombinedOutput(); err != nil {
			t.Skipf("[go] %s is not to be had: %s", toolchain, firstLine(out))
		}
	}
	name := filepath.Join(dir, "calls")
	cmd := exec.Command("go", append(append([]string{"build", "-o", name}, flags...), ".")...)
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("[go] the program cannot be built: %s", firstLine(out))
	}
	return name
}

func firstLine(b []byte) string {
	s, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return s
}

func open(t testing.TB, name string) *Table {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	e, err := elf.NewFile(f)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Open(e, f)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// said is a line of the program's.
type said struct {
	what string
	addr uint64
	Frame
}

func run(t testing.TB, name string) []said {
	t.Helper()
	out, err := exec.Command(name).Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []said
	for s := bufio.NewScanner(strings.NewReader(string(out))); s.Scan(); {
		f := strings.Fields(s.Text())
		if len(f) < 5 || f[0] != "stack" && f[0] != "text" {
			continue
		}
		one := said{what: f[0], Frame: Frame{Function: strings.Join(f[2:len(f)-2], " "), File: f[len(f)-2]}}
		fmt.Sscanf(f[1], "%x", &one.addr)
		fmt.Sscan(f[len(f)-1], &one.Line)
		all = append(all, one)
	}
	return all
}

// TestNamesAsTheRuntime compares with what programs say of themselves.
func TestNamesAsTheRuntime(t *testing.T) {
	for _, toolchain := range toolchains {
		for _, kind := range []struct {
			name  string
			flags []string
		}{
			{"default", nil},
			{"stripped", []string{"-ldflags=-s -w"}},
			{"pie", []string{"-buildmode=pie", "-ldflags=-s -w"}},
		} {
			t.Run(toolchain+"/"+kind.name, func(t *testing.T) {
				t.Parallel()
				name := build(t, toolchain, "amd64", kind.flags...)
				table := open(t, name)
				compare(t, table, run(t, name))
			})
		}
	}
}

func compare(t *testing.T, table *Table, all []said) {
	var slide uint64
	for _, s := range all {
		if s.what == "stack" && s.Function == "main.main" {
			slide = slideOf(t, table, s)
		}
	}
	counts := map[string]int{}
	bad := 0
	differ := func(format string, args ...any) {
		if bad++; bad < 20 {
			t.Errorf(format, args...)
		}
	}
	var stack []Frame // what is still to come of one place
	for _, s := range all {
		counts[s.what]++
		if s.what == "stack" {
			if len(stack) == 0 {
				stack, _, _, _ = table.Frames(s.addr-1-slide, nil)
			}
			if len(stack) == 0 || stack[0] != s.Frame {
				differ("%x: %+v, the runtime says %+v", s.addr, stack, s.Frame)
				continue
			}
			stack = stack[1:]
			continue
		}
		frames, start, end, ok := table.Frames(s.addr-slide, nil)
		if s.File == "?" {
			s.Frame.File, s.Frame.Line = "", 0
		}
		if !ok || frames[0] != s.Frame {
			differ("%x: %+v %v, the runtime says %+v", s.addr, frames, ok, s.Frame)
		}
		if at := s.addr - slide; ok && (at < start || at >= end) {
			differ("%x is not from %x to %x", at, start, end)
		}
	}
	t.Logf("%d frames of stacks, %d addresses, %d differ", counts["stack"], counts["text"], bad)
	if counts["stack"] < 20 || counts["text"] < 10000 {
		t.Errorf("compared %v, want more", counts)
	}
}

// slideOf finds by how much the program was moved when it was loaded: to a
// page's start, so that main.main's line is met.
func slideOf(t *testing.T, table *Table, s said) uint64 {
	for i := range table.count {
		fn, ok := table.function(i)
		if !ok {
			continue
		}
		if name, _ := table.nameAt(fn.name); name != s.Function {
			continue
		}
		slide := (s.addr - table.text - uint64(fn.entry)) &^ 0xfff
		if table.text >= 0x400000 && slide < 0x1000 {
			return 0
		}
		return slide
	}
	t.Fatalf("no %s in the table", s.Function)
	return 0
}
