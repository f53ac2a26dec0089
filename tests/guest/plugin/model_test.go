package plugin

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// driver compiles the model alone with testdata/drive.c.
func driver(t *testing.T) string {
	t.Helper()
	needCC(t)
	dir := t.TempDir()
	if _, err := unpack(dir); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "drive")
	args := []string{"-O1", "-g", "-pthread", "-Wall", "-Wextra", "-Werror", "-std=gnu11", "-D_GNU_SOURCE", "-I" + dir, "-o", bin, "testdata/drive.c"}
	for _, unit := range []string{"args.c", "cache.c", "model.c"} {
		args = append(args, filepath.Join(dir, unit))
	}
	if out, err := exec.Command(Compiler(), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// drive feeds a script to the model and gives what it printed, line by line.
func drive(t *testing.T, bin, script string, args ...string) []string {
	t.Helper()
	cmd := exec.Command(bin, args...)
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// Two sockets of two cores; caches of 2 ways: L1 4 lines, L2 8, LLC 16.
var small = []string{"nodes=2", "cpus_per_node=2", "node_bytes=1048576", "l1=256:2", "l2=512:2", "llc=1024:2"}

const nodeLines = 1 << 20 / 64

// Each script's lines are "CPU kind line = served from".
func TestModel(t *testing.T) {
	bin := driver(t)
	for _, x := range []struct{ name, script string }{
		{"the first access comes from the line's node, the next from L1", `
			0 load 7 = DRAM -1
			0 load 7 = L1 -1`},
		{"a store to a line that nobody else holds tells nobody", `
			0 load 7 = DRAM -1
			0 store 7 = L1 -1`},
		{"a clean line of the same socket comes from its LLC", `
			0 load 7 = DRAM -1
			1 load 7 = LLC -1
			0 store 7 = upgrade -1
			1 load 7 = hitm-local 0`},
		{"a clean line of another socket comes from DRAM", `
			0 load 7 = DRAM -1
			2 load 7 = DRAM -1
			0 store 7 = upgrade -1`},
		{"an Exclusive line that was stored to is Modified for others", `
			0 load 7 = DRAM -1
			0 store 7 = L1 -1
			2 load 7 = hitm-remote 0
			3 load 7 = LLC -1
			0 load 7 = L1 -1`},
		{"stores pass a line on", `
			0 store 7 = DRAM -1
			1 store 7 = hitm-local 0
			2 store 7 = hitm-remote 1
			0 store 7 = hitm-remote 2`},
		{"a load and a store: one transfer, one upgrade", `
			0 store 7 = DRAM -1
			2 load 7 = hitm-remote 0
			2 store 7 = upgrade -1
			0 load 7 = hitm-remote 2`},
		{"an atomic takes the line at once", `
			0 atomic 7 = DRAM -1
			2 atomic 7 = hitm-remote 0
			2 store 7 = L1 -1
			0 load 7 = hitm-remote 2`},
		{"dirty in the LLC of its socket: a hit there, Modified from elsewhere", `
			0 store 7 = DRAM -1
			1 load 7 = hitm-local 0
			1 load 7 = L1 -1
			2 load 7 = hitm-remote 0
			2 load 7 = L1 -1`},
		{"what fell out of a core is dirty in its LLC", `
			0 store 0 = DRAM -1
			0 load 4 = DRAM -1
			0 load 12 = DRAM -1
			1 load 0 = LLC -1
			2 load 0 = hitm-remote 0`},
		{"what fell out of the LLC is gone from its cores, and written back", `
			0 store 0 = DRAM -1
			1 load 8 = DRAM -1
			1 load 16 = DRAM -1
			2 load 0 = DRAM -1
			0 load 0 = DRAM -1`},
		{"the least recently used way goes", `
			0 load 0 = DRAM -1
			0 load 2 = DRAM -1
			0 load 0 = L1 -1
			0 load 4 = DRAM -1
			0 load 0 = L1 -1
			0 load 2 = L2 -1`},
	} {
		t.Run(x.name, func(t *testing.T) {
			var script, want []string
			for line := range strings.Lines(strings.TrimSpace(x.script)) {
				do, out, _ := strings.Cut(strings.TrimSpace(line), " = ")
				script, want = append(script, do), append(want, out)
			}
			for i, got := range drive(t, bin, strings.Join(script, "\n")+"\n", small...) {
				f := strings.Fields(got)
				if got := f[0] + " " + strings.TrimPrefix(f[1], "from="); got != want[i] {
					t.Errorf("%s: %s, want %s", script[i], got, want[i])
				}
			}
		})
	}
}

func TestModelHomeAndLatency(t *testing.T) {
	got := drive(t, driver(t), fmt.Sprintf("0 load %d\n0 load %d\n2 load %d\n", nodeLines-1, nodeLines, nodeLines+1), small...)
	want := []string{
		"DRAM from=-1 home=0 latency=200 invalidated=0 written-back=0",
		"DRAM from=-1 home=1 latency=350 invalidated=0 written-back=0",
		"DRAM from=-1 home=1 latency=200 invalidated=0 written-back=0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// Forgetting while vCPUs are at work, or their racing, leaves caches and
// directory of one mind.
func TestModelStaysWholeUnderThreads(t *testing.T) {
	bin := driver(t)
	for seed := range 5 {
		script := fmt.Sprintf("storm 4 200000 %d 40\ncheck\nforget\ncheck\nstorm 4 100000 %d 3\ncheck\n", seed, seed)
		for i, got := range drive(t, bin, script, small...) {
			if got != "whole" {
				t.Errorf("seed %d, check %d: %s", seed, i, got)
			}
		}
	}
}

// A model of MESI alone, without caches that run full, told otherwise: who
// holds a line, and who wrote it last.
type plainLine struct {
	holders map[int]bool
	owner   int // that may write; -1: none
	written bool
	writer  int
	dirty   bool // in its socket's LLC
	sockets map[int]bool
}

func (l *plainLine) access(cpu int, write bool) string {
	socket := cpu / 2
	own := l.holders[cpu]
	if own && (!write || l.owner == cpu) {
		if write {
			l.written, l.writer = true, cpu
		}
		return "L1 -1"
	}
	served := "DRAM -1"
	modified := l.owner >= 0 && l.written
	switch {
	case own:
		served = "upgrade -1"
	case modified && l.owner/2 == socket:
		served = fmt.Sprintf("hitm-local %d", l.writer)
	case !l.sockets[socket] && (modified || l.dirty):
		served = fmt.Sprintf("hitm-remote %d", l.writer)
	case l.sockets[socket]:
		served = "LLC -1"
	}
	if write {
		l.holders, l.sockets, l.owner, l.written, l.writer, l.dirty = map[int]bool{cpu: true}, map[int]bool{socket: true}, cpu, true, cpu, false
		return served
	}
	l.dirty = (l.dirty || modified) && l.sockets[socket]
	l.owner, l.written = -1, false
	if len(l.sockets) == 0 {
		l.owner = cpu
	}
	l.holders[cpu], l.sockets[socket] = true, true
	return served
}

func TestModelAgreesWithAPlainOne(t *testing.T) {
	bin := driver(t)
	roomy := []string{"nodes=2", "cpus_per_node=2", "node_bytes=1048576"}
	r := rand.New(rand.NewPCG(1, 2))
	lines := map[int]*plainLine{}
	var script strings.Builder
	var want []string
	for range 20000 {
		cpu, line, write := r.IntN(4), r.IntN(8), r.IntN(3) == 0
		if lines[line] == nil {
			lines[line] = &plainLine{holders: map[int]bool{}, sockets: map[int]bool{}, owner: -1}
		}
		kind := "load"
		if write {
			kind = "store"
		}
		fmt.Fprintf(&script, "%d %s %d\n", cpu, kind, line)
		want = append(want, lines[line].access(cpu, write))
	}
	for i, got := range drive(t, bin, script.String(), roomy...) {
		f := strings.Fields(got)
		if got := f[0] + " " + strings.TrimPrefix(f[1], "from="); got != want[i] {
			t.Fatalf("access %d: the model says %s, the plain one %s", i, got, want[i])
		}
	}
}

func TestArgumentsAreRefusedWithAReason(t *testing.T) {
	bin := driver(t)
	for _, x := range []struct{ args, want string }{
		{"nodes=2", "node_bytes is missing"},
		{"nodes=0", "out of range"},
		{"node_bytes=1048576 l1=1000:8", "out of range"},
		{"node_bytes=1048576 l1=64k", "out of range"},
		{"node_bytes=1048576 ring=3", "power of two"},
		{"node_bytes=1048576 speed=9", "unknown"},
		{"node_bytes=1048576 quantum=-1", "out of range"},
		{"node_bytes=1048576 l1=524288:8", "must not shrink"},
		{"node_bytes=1048576 nodes=3 nodes_per_socket=2", "multiple"},
		{"node_bytes=1048576 cpus=9", "cpus is more"},
	} {
		out, err := exec.Command(bin, strings.Fields(x.args)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), x.want) {
			t.Errorf("%s: error %v, said %q; want a refusal with %q", x.args, err, out, x.want)
		}
	}
}
