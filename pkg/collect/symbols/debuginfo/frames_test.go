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

// languages are those of testdata's programs, by compiler.
var languages = map[string]struct {
	source string
	flags  []string
}{
	"gcc": {"nested.c.txt", []string{"-x", "c"}}, "clang": {"nested.c.txt", []string{"-x", "c"}},
	"g++": {"nested.cpp.txt", []string{"-x", "c++"}}, "rustc": {"nested.rs.txt", []string{"--crate-name", "nested"}},
}

// compile makes the program of testdata in a compiler's language.
func compile(t testing.TB, compiler string, flags ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "nested")
	language := languages[compiler]
	source, err := filepath.Abs("../testdata/" + language.source)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(compiler, append(append(flags, language.flags...), source, "-o", name)...)
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
		{"g++", "-O2", "-g"}, {"g++", "-O1", "-g", "-flto"}, {"g++", "-O0", "-gdwarf-4"}, {"rustc", "-g", "-O"}, {"rustc", "-g"},
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
				if elf.ST_TYPE(s.Info) != elf.STT_FUNC {
					continue
				}
				if s.Name == "outermost" || s.Name == "alone" || s.Name == "main" || strings.Contains(s.Name, "6nested") {
					for a := s.Value; a < s.Value+s.Size; a++ {
						addrs = append(addrs, a)
					}
				}
			}
			deep, wrong := 0, 0
			for i, want := range addr2line(t, name, addrs) {
				got, start, end, ok := d.Frames(addrs[i], nil)
				if !ok && want[0].Line == 0 {
					continue // of the linker's own, or a runtime's
				}
				if n := len(got) - 1; ok && got[n].Function == "" {
					got[n].Function = want[len(want)-1].Function // the symbol table has it
				}
				if !ok || addrs[i] < start || addrs[i] >= end {
					t.Fatalf("%#x: %v, from %#x to %#x", addrs[i], ok, start, end)
				}
				deep = max(deep, len(got))
				for j := range got {
					// addr2line leaves it out with the line, and after link-time
					// optimization takes another list of files.
					if got[j].Line == 0 || j < len(want) && strings.HasSuffix(want[j].File, "<artificial>") {
						got[j].File, want[j].File = "", ""
					}
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					if wrong++; wrong > 5 {
						continue
					}
					t.Errorf("%#x: %+v, addr2line says %+v", addrs[i], got, want)
				}
			}
			if len(addrs) < 50 || deep < 3 && c[1] != "-O0" && (c[0] != "rustc" || len(c) > 2) {
				t.Errorf("%d addresses, at most %d functions at one", len(addrs), deep)
			}
		})
	}
}
