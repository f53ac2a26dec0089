package debuginfo

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// compile makes the program of testdata/nested.c with a compiler.
func compile(t testing.TB, compiler string, flags ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "nested")
	source, err := filepath.Abs("../testdata/nested.c.txt")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(compiler, append(flags, "-x", "c", source, "-o", name)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("[%s] the program cannot be compiled: %v %s", compiler, err, out)
	}
	return name
}

func open(t testing.TB, name string) (*Data, *elf.File) {
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
	text := e.Section(".text")
	d, err := Open(e, f, func(addr uint64) bool { return addr >= text.Addr && addr < text.Addr+text.Size })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, e
}

// addr2line names addresses by binutils.
func addr2line(t testing.TB, name string, addrs []uint64) [][]Frame {
	t.Helper()
	cmd := exec.Command("addr2line", "-a", "-f", "-i", "-e", name)
	var in strings.Builder
	for _, a := range addrs {
		fmt.Fprintf(&in, "%#x\n", a)
	}
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("[binutils] addr2line: %v", err)
	}
	var all [][]Frame
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i := 0; i < len(lines); {
		if strings.HasPrefix(lines[i], "0x") {
			all = append(all, nil)
			i++
			continue
		}
		f := Frame{Function: lines[i]}
		place, _, _ := strings.Cut(lines[i+1], " (discriminator")
		if j := strings.LastIndexByte(place, ':'); j >= 0 && place[j+1:] != "?" {
			f.File = place[:j]
			f.Line, _ = strconv.Atoi(place[j+1:])
		}
		all[len(all)-1] = append(all[len(all)-1], f)
		i += 2
	}
	return all
}

func TestNamesAsBinutils(t *testing.T) {
	for _, c := range [][]string{
		{"gcc", "-O2", "-g"}, {"gcc", "-O2", "-gdwarf-4"}, {"gcc", "-O2", "-gdwarf-3"}, {"gcc", "-O0", "-g"}, {"gcc", "-O2", "-g", "-gz=zlib", "-no-pie"},
		{"gcc", "-O2", "-g", "-ffunction-sections", "-Wl,--gc-sections"}, {"clang", "-O2", "-g"}, {"clang", "-O2", "-gdwarf-4"}, {"clang", "-O1", "-g", "-static"},
	} {
		t.Run(strings.Join(c, " "), func(t *testing.T) {
			name := compile(t, c[0], c[1:]...)
			d, e := open(t, name)
			var addrs []uint64
			symbols, err := e.Symbols()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range symbols {
				if s.Name == "outermost" || s.Name == "alone" || s.Name == "main" {
					for a := s.Value; a < s.Value+s.Size; a++ {
						addrs = append(addrs, a)
					}
				}
			}
			deep := 0
			for i, want := range addr2line(t, name, addrs) {
				got, start, end, ok := d.Frames(addrs[i], nil)
				if !ok || addrs[i] < start || addrs[i] >= end {
					t.Fatalf("%#x: %v, from %#x to %#x", addrs[i], ok, start, end)
				}
				deep = max(deep, len(got))
				for j := range got {
					if got[j].Line == 0 {
						got[j].File = "" // addr2line leaves it out with the line
					}
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%#x: %+v, addr2line says %+v", addrs[i], got, want)
				}
			}
			if len(addrs) < 50 || deep != 3 {
				t.Errorf("%d addresses, at most %d functions at one", len(addrs), deep)
			}
		})
	}
}
