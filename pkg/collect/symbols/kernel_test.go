package symbols

import (
	"bufio"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
)

const kernelNotes = "\x04\x00\x00\x00\x06\x00\x00\x00\x01\x01\x00\x00Xen\x00abcdef\x00\x00" +
	"\x04\x00\x00\x00\x04\x00\x00\x00\x03\x00\x00\x00GNU\x00\xde\xad\xbe\xef"

// host draws the files of a kernel.
func host(t *testing.T, files map[string]string) collect.Roots {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return collect.Roots{Sys: filepath.Join(dir, "sys"), Proc: filepath.Join(dir, "proc")}
}

// TestSameKernelGivesTheSameSymbols: wherever it was loaded.
func TestSameKernelGivesTheSameSymbols(t *testing.T) {
	var first []export.Symbol
	for boot, at := range []struct{ slide, module uint64 }{{0xffffffff81000000, 0xffffffffc0000000}, {0xffffffff9a000000, 0xffffffffc0ab0000}} {
		roots := host(t, map[string]string{
			"proc/kallsyms": drawn(at.slide, at.module), "sys/kernel/notes": kernelNotes, "sys/module/nf_tables/notes/.note.gnu.build-id": kernelNotes,
		})
		n, missing, err := Open(Options{Roots: roots})
		if err != nil || len(missing) != 0 {
			t.Fatal(err, missing)
		}
		// The call at the end of vfs_read returns to where do_alloc begins.
		n.See(0, []uint64{at.slide + 0x1110, at.slide + 0x1200, at.slide + 0x1250, at.module + 0x90, at.module + 0x20010, at.slide + 0x3001, 42}, nil)
		rows := &collecttest.Rows{}
		if n.Write(rows, 0) {
			t.Error("something is left")
		}
		n.See(0, []uint64{at.slide + 0x1111, at.slide + 0x1260}, nil)
		n.Write(rows, 0)
		for i := range rows.Symbols {
			rows.Symbols[i].TS = 0
		}
		if boot == 0 {
			first = rows.Symbols
			want := []export.Symbol{
				{File: "[kernel]", BuildID: "deadbeef", Start: 0x110, End: 0x200, Symbol: "vfs_read"},
				{File: "[kernel]", BuildID: "deadbeef", Start: 0x200, End: 0x300, Symbol: "do_alloc.isra.0"},
				{File: "[nf_tables]", BuildID: "deadbeef", Start: 0x70, End: 0xff0, Symbol: "nf_done"},
				{File: "[bpf_prog_6deef7357e7b4530_count]", Start: 0, End: 0x100, Symbol: "bpf_prog_6deef7357e7b4530_count"},
			}
			if !reflect.DeepEqual(first, want) {
				t.Errorf("%+v, want %+v", first, want)
			}
		} else if !reflect.DeepEqual(first, rows.Symbols) {
			t.Errorf("%+v, before %+v", rows.Symbols, first)
		}
		if m := rows.Mappings; len(m) != 3 || m[0].Start != at.slide+0x1000 || m[0].End != at.slide+0x2000 || m[1].Start != at.module+0x10 || m[0].PID != 0 {
			t.Errorf("%+v", m)
		}
	}
}

func TestModuleBeginsWhereItWasLoaded(t *testing.T) {
	roots := host(t, map[string]string{
		"proc/kallsyms": drawn(0xffffffff81000000, 0xffffffffc0000000),
		"proc/modules":  "other 4096 0 - Live 0x0000000000000000\nnf_tables 49152 1 a,b, Live 0xffffffffc0000000 (OE)\n",
	})
	n, _, err := Open(Options{Roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	n.See(0, []uint64{0xffffffffc0000080}, nil)
	rows := &collecttest.Rows{}
	n.Write(rows, 0)
	if len(rows.Mappings) != 1 || rows.Mappings[0].Start != 0xffffffffc0000000 || rows.Mappings[0].End != 0xffffffffc000c000 || rows.Symbols[0].Start != 0x80 {
		t.Errorf("%+v %+v", rows.Mappings, rows.Symbols)
	}
}

func TestHiddenKernelIsUnavailable(t *testing.T) {
	for name, text := range map[string]string{
		"zeros": "0000000000000000 A fixed_percpu_data\n0000000000000000 T _text\n0000000000000000 t f\t[m]\n", "empty": "", "absent": "-",
	} {
		files := map[string]string{"proc/kallsyms": text}
		if text == "-" {
			files = map[string]string{"proc/x": ""}
		}
		n, missing, err := Open(Options{Roots: host(t, files)})
		if err != nil || len(missing) != 1 || missing[0].Remedy == "" || missing[0].Why == "" {
			t.Errorf("%s: %v %+v", name, err, missing)
			continue
		}
		n.See(0, []uint64{0xffffffff81000000}, nil)
		rows := &collecttest.Rows{}
		if n.Write(rows, 0) || len(rows.Mappings)+len(rows.Symbols) != 0 {
			t.Errorf("%s: %+v", name, rows)
		}
		if _, ok := n.Kernel(0xffffffff81000000); ok {
			t.Errorf("%s: it has a name", name)
		}
	}
}

// TestRunningKernel names every tenth function of the kernel that runs.
func TestRunningKernel(t *testing.T) {
	n := openNamer(t)
	if n.kernel == nil {
		t.Skip("[kallsyms] the kernel hides its addresses")
	}
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		t.Skipf("[kallsyms] %v", err)
	}
	defer f.Close()
	asked, beyond := 0, false
	s := bufio.NewScanner(f)
	for i := 0; s.Scan() && !beyond; i++ {
		addr, rest, _ := hexUntil(s.Bytes(), ' ')
		fields := strings.Fields(string(rest))
		beyond = fields[1] == "_etext"
		if i%10 != 0 || fields[0] != "T" || strings.HasPrefix(fields[1], "__pfx_") || addr == 0 {
			continue
		}
		asked++
		got, ok := n.Kernel(addr)
		if !ok || got != fields[1] {
			i, _, _ := n.kernel.find(addr)
			if n.kernel.symbols.at[i] != addr {
				t.Errorf("%#x %s: %q %v", addr, fields[1], got, ok)
			}
		}
	}
	if asked < 100 {
		t.Errorf("%d functions were asked for", asked)
	}
	if n.kernel.images[0].name != kernelImage || kernelBuildID(n.o.Roots, kernelImage) == "" {
		t.Errorf("%+v, build-id %q", n.kernel.images, kernelBuildID(n.o.Roots, kernelImage))
	}
}

func TestRunningKernelAsPlainUser(t *testing.T) {
	if !collecttest.AsPlainUser(t) {
		TestRunningKernel(t)
	}
}
