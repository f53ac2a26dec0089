package symbols

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// linked is a drawn symbol of a file whose code lies from 0x1000 to 0x2000.
type linked struct {
	at, size uint64
	name     string
	kind     elf.SymType
	bind     elf.SymBind
}

// table builds a symbolTable of drawn symbols.
func table(t testing.TB, all bool, symbols ...linked) *symbolTable {
	t.Helper()
	segments := []segment{{offset: 0x1000, size: 0x1000, addr: 0x1000}}
	text := "\x00"
	var found []symbol
	for _, s := range symbols {
		b := make([]byte, symbolBytes)
		binary.LittleEndian.PutUint32(b, uint32(len(text)))
		b[4] = elf.ST_INFO(s.bind, s.kind)
		b[6] = 1
		binary.LittleEndian.PutUint64(b[8:], s.at)
		binary.LittleEndian.PutUint64(b[16:], s.size)
		text += s.name + "\x00"
		if f, ok := functionOf(b, 0x1000, segments, all); ok {
			found = append(found, f)
		}
	}
	st := &symbolTable{base: 0x1000, text: strings.NewReader(text)}
	st.build(found, ends(segments, 0x1000))
	return st
}

func (t *symbolTable) said(addr uint64) string {
	name, e, ok := t.name(addr)
	if !ok {
		return "-"
	}
	return fmt.Sprintf("%s %x-%x", name, e.start, e.end)
}

func TestSymbolsOfAFile(t *testing.T) {
	st := table(t, true,
		linked{0x1000, 0x100, "_start", elf.STT_FUNC, elf.STB_GLOBAL},
		linked{0x1100, 0x80, "__read", elf.STT_FUNC, elf.STB_GLOBAL}, linked{0x1100, 0x80, "read", elf.STT_FUNC, elf.STB_WEAK}, linked{0x1100, 0, "$x", elf.STT_NOTYPE, elf.STB_LOCAL},
		linked{0x1120, 0x10, "read_nocancel", elf.STT_FUNC, elf.STB_LOCAL}, linked{0x1140, 0, "label", elf.STT_NOTYPE, elf.STB_LOCAL},
		linked{0x1200, 0, "assembly", elf.STT_NOTYPE, elf.STB_GLOBAL}, linked{0x1280, 0, "more", elf.STT_FUNC, elf.STB_LOCAL},
		linked{0x1300, 0x40, "data", elf.STT_OBJECT, elf.STB_GLOBAL}, linked{0x1f00, 0x800, "long", elf.STT_FUNC, elf.STB_GLOBAL},
		linked{0x3000, 0x10, "elsewhere", elf.STT_FUNC, elf.STB_GLOBAL},
	)
	for addr, want := range map[uint64]string{
		0xfff: "-", 0x1000: "_start 1000-1100", 0x10ff: "_start 1000-1100", 0x1100: "read 1100-1120", 0x1120: "read_nocancel 1120-1130", 0x1130: "read 1130-1180",
		0x1150: "read 1130-1180", 0x1180: "-", 0x1210: "assembly 1200-1280", 0x1290: "more 1280-1f00", 0x1fff: "long 1f00-2000", 0x2000: "-", 0x3000: "-",
	} {
		if got := st.said(addr); got != want {
			t.Errorf("%#x: %s, want %s", addr, got, want)
		}
	}
	// What is exported is not all: nothing reaches to the next.
	st = table(t, false, linked{0x1000, 0, "init", elf.STT_FUNC, elf.STB_GLOBAL}, linked{0x1100, 0x10, "f", elf.STT_FUNC, elf.STB_GLOBAL}, linked{0x1800, 0x10, "place", elf.STT_NOTYPE, elf.STB_GLOBAL})
	for addr, want := range map[uint64]string{0x1000: "-", 0x1100: "f 1100-1110", 0x1110: "-", 0x1800: "-"} {
		if got := st.said(addr); got != want {
			t.Errorf("%#x: %s, want %s", addr, got, want)
		}
	}
}

// TestPartsAgree draws functions that contain and overlap each other, and asks
// about every address: its function has it, and all of the part say the same.
func TestPartsAgree(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 7))
		var all []linked
		for i := range 1 + r.IntN(deepestNested) {
			all = append(all, linked{at: 0x1000 + uint64(r.IntN(400)), size: 1 + uint64(r.IntN(80)), name: fmt.Sprint("f", i), kind: elf.STT_FUNC})
		}
		st := table(t, true, all...)
		for addr := uint64(0x1000); addr < 0x1200; addr++ {
			var covers []linked
			for _, s := range all {
				if addr >= s.at && addr < s.at+s.size {
					covers = append(covers, s)
				}
			}
			name, e, ok := st.name(addr)
			if ok != (len(covers) > 0) {
				t.Fatalf("seed %d, %#x: %q %v, covered by %+v", seed, addr, name, ok, covers)
			}
			if !ok {
				continue
			}
			start := slices.MaxFunc(covers, func(a, b linked) int { return int(a.at) - int(b.at) }).at
			same := slices.ContainsFunc(all, func(s linked) bool { return s.name == name && s.at == start })
			if !same || addr < e.start || addr >= e.end {
				t.Fatalf("seed %d, %#x: %q from %#x to %#x, covered by %+v", seed, addr, name, e.start, e.end, covers)
			}
			if again, f, _ := st.name(e.start); again != name || f != e {
				t.Fatalf("seed %d: the part %+v of %q begins with %q %+v", seed, e, name, again, f)
			}
		}
	}
}

// TestSymbolsAsDebugELF asks for each function of a large program.
func TestSymbolsAsDebugELF(t *testing.T) {
	name, err := exec.LookPath("go")
	if err != nil {
		t.Skipf("[go] %v", err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Skipf("[go] %v", err)
	}
	defer f.Close()
	e, err := elf.NewFile(f)
	if err != nil {
		t.Fatal(err)
	}
	st, err := readSymbols(e, segmentsOf(e))
	if err != nil {
		t.Skipf("[symtab] %v", err)
	}
	known, err := e.Symbols()
	if err != nil {
		t.Skipf("[symtab] %v", err)
	}
	names := map[uint64][]string{}
	for _, s := range known {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			names[s.Value] = append(names[s.Value], s.Name)
		}
	}
	for at, any := range names {
		if got, _, ok := st.name(at); !ok || !slices.Contains(any, got) {
			t.Errorf("%#x: %q, want one of %q", at, got, any)
		}
	}
	if len(names) < 1000 {
		t.Errorf("%d functions", len(names))
	}
}

// FuzzFile reads a file that pretends to be ELF, by all that names its code.
func FuzzFile(f *testing.F) {
	for _, seed := range smallELF(f) {
		f.Add(seed, uint64(0x1000))
	}
	f.Fuzz(func(t *testing.T, content []byte, offset uint64) {
		nameBytes(t, content, offset)
	})
}
