package symbols

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
)

// compile makes a C program that waits for its input to end.
func compile(t testing.TB, name string, flags ...string) {
	t.Helper()
	source := name + ".c"
	text := `int getchar(void); /* the header's is inlined */
#ifndef NAME
#define NAME chosen
#endif
#ifndef MAIN
#define MAIN main
#endif
static inline __attribute__((always_inline)) int within(int x) { return getchar() + x; }
__attribute__((noinline)) int NAME(int x) { return within(x) + within(3 * x); }
int MAIN(int argc, char **argv) { return NAME(argc) == -7; }
`
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", append([]string{source, "-o", name}, flags...)...).CombinedOutput(); err != nil {
		t.Skipf("[gcc] the program cannot be compiled: %v %s", err, out)
	}
}

// waiting starts a program, and gives its number once it runs.
func waiting(t testing.TB, name string, more ...string) int32 {
	t.Helper()
	cmd := exec.Command(name, more...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	// It waits in a read once all is mapped.
	for range 500 {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", cmd.Process.Pid))
		if bytes.HasPrefix(b, []byte("0 0x0 ")) {
			return int32(cmd.Process.Pid)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Skip("[ptrace] what the program waits for cannot be seen")
	return 0
}

// loadedAt gives where a function of a file is in a process.
func loadedAt(t testing.TB, n *Namer, pid int32, file, function string) (addr, size uint64) {
	t.Helper()
	return strippedAt(t, n, pid, file, file, function)
}

// strippedAt has another file's symbols.
func strippedAt(t testing.TB, n *Namer, pid int32, file, whole, function string) (addr, size uint64) {
	t.Helper()
	e, err := elf.Open(whole)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	symbols, _ := e.Symbols()
	dynamic, _ := e.DynamicSymbols()
	for _, s := range append(symbols, dynamic...) {
		if s.Name != function || s.Value == 0 {
			continue
		}
		for _, g := range segmentsOf(e) {
			for _, a := range n.process(pid).areas {
				if off := s.Value - g.addr + g.offset; a.path == file && off >= a.offset && off-a.offset < a.end-a.start {
					return a.start + off - a.offset, s.Size
				}
			}
		}
	}
	t.Skipf("[symtab] %s has no %s", file, function)
	return 0, 0
}

func TestNativeProgram(t *testing.T) {
	dir := t.TempDir()
	for _, flags := range [][]string{{"-O1", "-g"}, {"-O1", "-g", "-no-pie"}, {"-O1", "-g", "-static"}} {
		name := filepath.Join(dir, "program"+strings.Join(flags, ""))
		compile(t, name, flags...)
		pid := waiting(t, name)
		n := openNamer(t)
		addr, size := loadedAt(t, n, pid, name, "chosen")
		most := 0
		for at := addr; at < addr+size; at++ {
			frames, ok := n.User(pid, at)
			if !ok || frames[len(frames)-1].Function != "chosen" || frames[0].Source != name+".c" {
				t.Errorf("%v, %#x: %+v %v", flags, at, frames, ok)
			}
			most = max(most, len(frames))
			n.See(pid, nil, []uint64{at})
		}
		rows := writeAll(n)
		if most != 2 || len(rows.Symbols) < 5 || len(rows.Mappings) != 1 {
			t.Errorf("%v: %d functions at most, rows %+v", flags, most, rows.Symbols)
		}
		for at := addr; at < addr+size; at++ {
			want, _ := n.User(pid, at)
			if got := rowsName(rows, pid, at); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%v, %#x: rows name %+v, want %+v", flags, at, got, want)
			}
		}
	}
}

// TestLibrary names a function that a library exports, and the kernel's code
// in the process.
func TestLibrary(t *testing.T) {
	name := filepath.Join(t.TempDir(), "program")
	compile(t, name, "-O1")
	pid := waiting(t, name)
	n := openNamer(t)
	var library, vdso uint64
	for _, a := range n.process(pid).areas {
		if strings.Contains(a.path, "libc.so") || strings.Contains(a.path, "libc-") {
			library, _ = loadedAt(t, n, pid, a.path, "getchar")
		}
		if a.isVDSO() {
			vdso = a.start
			b, err := n.readVDSO(pid, &a)
			if err != nil {
				t.Skipf("[ptrace] %v", err)
			}
			e, err := elf.NewFile(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			symbols, err := e.DynamicSymbols()
			if err != nil {
				t.Fatal(err)
			}
			frames, ok := n.User(pid, vdso+symbols[0].Value)
			if !ok || !strings.Contains(frames[0].Function, "vdso") && !strings.Contains(frames[0].Function, "clock") && !strings.Contains(frames[0].Function, "time") {
				t.Errorf("[vdso]: %+v %v, want %s", frames, ok, symbols[0].Name)
			}
			n.See(pid, nil, []uint64{vdso + symbols[0].Value})
		}
	}
	if frames, ok := n.User(pid, library); !ok || !strings.Contains(frames[0].Function, "getchar") {
		t.Errorf("getchar is %+v %v", frames, ok)
	}
	if rows := writeAll(n); vdso != 0 && (len(rows.Mappings) != 1 || rows.Mappings[0].File != "[vdso]" || rows.Mappings[0].BuildID == "" || len(rows.Symbols) != 1) {
		t.Errorf("%+v %+v", rows.Mappings, rows.Symbols)
	}
}

// TestSeparateDebugFile has what a stripped program has not.
func TestSeparateDebugFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "program")
	compile(t, name, "-O1", "-g", "-Wl,--build-id")
	e, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	id := buildIDOf(e)
	e.Close()
	debug := filepath.Join(dir, "debug", id[:2], id[2:]+".debug")
	if err := os.MkdirAll(filepath.Dir(debug), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--only-keep-debug", name, debug}, {"--strip-all", name, name + ".stripped"}} {
		if out, err := exec.Command("objcopy", args...).CombinedOutput(); err != nil {
			t.Skipf("[binutils] objcopy: %v %s", err, out)
		}
	}
	pid := waiting(t, name+".stripped")
	for folder, want := range map[string]string{"debug": "chosen", "nothing": ""} {
		n, _, err := Open(Options{Roots: collect.HostRoots(), DebugFiles: filepath.Join(dir, folder)})
		if err != nil {
			t.Fatal(err)
		}
		at, _ := strippedAt(t, n, pid, name+".stripped", name, "chosen")
		frames, ok := n.User(pid, at)
		if ok != (want != "") || ok && (frames[len(frames)-1].Function != want || frames[0].Line == 0) {
			t.Errorf("with %s: %+v %v, want %q", folder, frames, ok, want)
		}
		n.Close()
	}
}

// TestDeletedLibrary is named by the link to what is mapped.
func TestDeletedLibrary(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("[root] /proc/PID/map_files needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE")
	}
	dir := t.TempDir()
	library, name := filepath.Join(dir, "libchosen.so"), filepath.Join(dir, "program")
	compile(t, library, "-O1", "-shared", "-fPIC", "-DMAIN=unused")
	compile(t, name, "-O1", "-DNAME=other", "-Wl,--no-as-needed", "-L"+dir, "-lchosen", "-Wl,-rpath,"+dir)
	pid := waiting(t, name)
	n := openNamer(t)
	addr, _ := loadedAt(t, n, pid, library, "chosen")
	if err := os.Remove(library); err != nil {
		t.Fatal(err)
	}
	n = openNamer(t)
	n.See(pid, nil, []uint64{addr})
	rows := writeAll(n)
	if got := rowsName(rows, pid, addr); len(got) != 1 || got[0].Function != "chosen" || rows.Mappings[0].File != library {
		t.Errorf("%+v by %+v", got, rows.Mappings)
	}
}

// TestTwoBuildsAtOnePath are told apart, though nothing in them does.
func TestTwoBuildsAtOnePath(t *testing.T) {
	name := filepath.Join(t.TempDir(), "program")
	n := openNamer(t)
	rows := &collecttest.Rows{}
	pids := map[string]int32{}
	addrs := map[string]uint64{}
	for _, function := range []string{"chosen", "other"} {
		os.Remove(name)
		compile(t, name, "-O1", "-Wl,--build-id=none", "-DNAME="+function)
		pid := waiting(t, name)
		pids[function] = pid
		addrs[function], _ = loadedAt(t, n, pid, name, function)
		n.See(pid, nil, []uint64{addrs[function]})
		for n.Write(rows, 0) {
		}
	}
	for function, pid := range pids {
		if got := rowsName(rows, pid, addrs[function]); len(got) != 1 || got[0].Function != function {
			t.Errorf("%s: %+v", function, got)
		}
	}
	if m := rows.Mappings; len(m) != 2 || m[0].File != name || !strings.HasPrefix(m[1].File, name+" (inode ") {
		t.Errorf("%+v", m)
	}
}

// TestMadeCode has a mapping, and no name; asking for it again and again does
// not have the process read each time.
func TestMadeCode(t *testing.T) {
	n := openNamer(t)
	pid := int32(os.Getpid())
	n.process(pid)
	made, err := unix.Mmap(-1, 0, 1<<16, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Skipf("[exec] no memory that can be executed: %v", err)
	}
	defer unix.Munmap(made)
	var addr uint64
	areas, _ := os.ReadFile("/proc/self/maps")
	for line := range bytes.Lines(areas) {
		if a, ok := parseArea(bytes.TrimSuffix(line, []byte("\n"))); ok && a.path == "" {
			addr = a.start
		}
	}
	n.processes[pid].reread = time.Time{}
	n.See(pid, nil, []uint64{addr, addr + 8, 0x1008})
	rows := writeAll(n)
	if len(rows.Symbols) != 0 || len(rows.Mappings) != 1 || rows.Mappings[0].File != "[anon]" {
		t.Errorf("%+v %+v", rows.Mappings, rows.Symbols)
	}
	if !n.processes[pid].reread.After(time.Now()) {
		t.Error("it may be read again at once")
	}
}

// TestAnotherProcessOfTheNumber is drawn: it began at another time.
func TestAnotherProcessOfTheNumber(t *testing.T) {
	const stat = "77 (x) S 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %d 9 9"
	roots := host(t, map[string]string{"proc/77/stat": fmt.Sprintf(stat, 1), "proc/77/maps": "1000-2000 r-xp 0 00:00 0 [vsyscall]\n"})
	n, _, err := Open(Options{Roots: roots, Clock: export.Clock{}})
	if err != nil {
		t.Fatal(err)
	}
	n.See(77, nil, []uint64{0x1000})
	for name, text := range map[string]string{"stat": fmt.Sprintf(stat, 2), "maps": "1000-2000 r-xp 0 00:00 0\n"} {
		if err := os.WriteFile(filepath.Join(roots.Proc, "77", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(identityAge)
	n.See(77, nil, []uint64{0x1000})
	if rows := writeAll(n); len(rows.Mappings) != 2 || rows.Mappings[0].File != "[vsyscall]" || rows.Mappings[1].File != "[anon]" {
		t.Errorf("%+v", rows.Mappings)
	}
	// One that nobody can see any more is known as it was.
	if err := os.RemoveAll(filepath.Join(roots.Proc, "77")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(identityAge)
	n.See(77, nil, []uint64{0x1001})
	n.See(78, nil, []uint64{0x1001})
	if rows := writeAll(n); len(rows.Mappings) != 0 || len(n.processes[77].areas) != 1 {
		t.Errorf("%+v", rows.Mappings)
	}
	n.Forget(77)
	n.Forget(77)
}

func TestPlainUser(t *testing.T) {
	if collecttest.AsPlainUser(t) {
		return
	}
	TestOwnStackIsNamed(t)
	n := openNamer(t)
	n.See(1, []uint64{1}, []uint64{0x1000}) // another's process
	if rows := writeAll(n); len(rows.Symbols) != 0 {
		t.Errorf("%+v", rows)
	}
}

func TestClose(t *testing.T) {
	before, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	clock, err := collect.ReadClock()
	if err != nil {
		t.Fatal(err)
	}
	n, _, err := Open(Options{Roots: collect.HostRoots(), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	n.See(int32(os.Getpid()), nil, ownStack())
	writeAll(n)
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if after, _ := os.ReadDir("/proc/self/fd"); len(after) != len(before) {
		t.Errorf("%d files are open, before %d", len(after), len(before))
	}
}
