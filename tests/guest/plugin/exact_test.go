package plugin_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/numalens/numalens/tests/guest/handover"
	"github.com/numalens/numalens/tests/guest/machine"
	"github.com/numalens/numalens/tests/guest/plugin"
	"github.com/numalens/numalens/tests/guest/programs/exact/account"
)

// exactly runs programs/exact in a machine of its own, with nothing else in
// it, and gives what it did and what the plugin saw.
func exactly(t *testing.T, rounds int, only string) (*account.Log, *plugin.Truth) {
	t.Helper()
	spec := bootable(t)
	dir := t.TempDir()
	so, err := plugin.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "exact")
	build := exec.Command("go", "build", "-o", program, "../programs/exact")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+spec.Arch)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	spec.Initramfs = filepath.Join(dir, "initramfs")
	if err := machine.WriteInitramfs(spec.Initramfs, []machine.File{{Path: "/init", From: program}}); err != nil {
		t.Fatal(err)
	}
	spec.Shared = sharedFile(t, dir)
	spec.KernelArgs = []string{"--", "-rounds", strconv.Itoa(rounds), "-only", only}
	if only == "" {
		spec.KernelArgs = spec.KernelArgs[:3]
	}
	truth := filepath.Join(dir, "truth.json")
	spec.Plugin = []string{"-plugin", plugin.Args(so, plugin.Options{
		Shared: spec.Shared, Truth: truth, Version: "test",
		Nodes: spec.Nodes, CPUsPerNode: spec.CPUsPerNode, NodeBytes: uint64(spec.NodeBytes), RAMBase: spec.MemoryBase(),
		// Many ways: what the kernel does between two accesses pushes nothing out.
		L1: plugin.Cache{Bytes: 64 << 10, Ways: 16}, L2: plugin.Cache{Bytes: 512 << 10, Ways: 16}, LLC: plugin.Cache{Bytes: 2 << 20, Ways: 16},
		Lines: 1 << 18, SamplePeriod: 7, SampleLatency: 50,
	})}
	log := boot(t, spec)
	did, err := account.Read(log)
	if err != nil {
		t.Fatalf("%v; the console:\n%s", err, log)
	}
	saw, err := plugin.ReadTruth(truth)
	if err != nil {
		t.Fatal(err)
	}
	return did, saw
}

// bootable is a machine of two nodes, or skips.
func bootable(t *testing.T) *machine.Spec {
	t.Helper()
	if testing.Short() {
		t.Skip("[qemu] booting a machine takes too long for -short")
	}
	spec := &machine.Spec{Arch: runtime.GOARCH, Nodes: 2, CPUsPerNode: 2, NodeBytes: 512 << 20}
	if err := spec.Check(); err != nil {
		t.Skipf("[qemu] no guest for this host: %v", err)
	}
	if _, err := exec.LookPath(spec.QEMU()); err != nil {
		t.Skipf("[qemu] %v", err)
	}
	if _, err := exec.LookPath(plugin.Compiler()); err != nil {
		t.Skipf("[cc] no C compiler: %v", err)
	}
	kernel, err := machine.Kernel(t.Context(), spec.Arch, t.Logf)
	if err != nil {
		t.Skipf("[qemu] %v", err)
	}
	spec.Kernel = kernel
	return spec
}

func sharedFile(t *testing.T, dir string) string {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "shared"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(handover.SharedBytes); err != nil {
		t.Fatal(err)
	}
	if err := handover.PlaceOutbox(f); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

func boot(t *testing.T, spec *machine.Spec) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	var console bytes.Buffer
	if err := machine.Boot(ctx, spec, &console, func(handover.Line) {}); err != nil {
		t.Fatalf("%v; the console:\n%s", err, console.Bytes())
	}
	return console.Bytes()
}

// What the plugin counted equals what the program did.
//
// Between two of a trial's accesses the kernel can push one of its lines out
// of a cache, which no construction can know: a trial that differs is booted
// anew, up to twice, and has to be equal then.
func TestTruthEqualsConstruction(t *testing.T) {
	const boots = 3
	equal := map[string]bool{}
	for n := 1; n <= boots; n++ {
		differ := truthOfOneBoot(t, equal)
		if len(differ) == 0 {
			return
		}
		for name, diff := range differ {
			if n == boots {
				t.Errorf("%s: %s", name, diff)
			} else {
				t.Logf("%s, to be made anew: %s", name, diff)
			}
		}
	}
}

// truthOfOneBoot marks the trials that are equal, and gives what differs in
// those that never were.
func truthOfOneBoot(t *testing.T, equal map[string]bool) map[string]string {
	t.Helper()
	did, saw := exactly(t, 1000, "")
	if saw.FramesChecked != saw.Nodes {
		t.Errorf("%d frames were checked, of %d nodes", saw.FramesChecked, saw.Nodes)
	}
	checkInvariants(t, saw)
	for _, skip := range did.Skipped {
		t.Errorf("%s was skipped: %s", skip.Name, skip.Why)
	}
	sections := map[int]*plugin.Section{}
	for i := range saw.Sections {
		sections[saw.Sections[i].ID] = &saw.Sections[i]
	}
	differ := map[string]string{}
	for _, trial := range did.Trials {
		s := sections[trial.Section]
		switch {
		case s == nil:
			differ[trial.Name] = "the plugin saw nothing of it"
		default:
			if diff := compare(&trial, s); diff != "" && !equal[trial.Name] {
				differ[trial.Name] = diff
			} else if diff == "" {
				equal[trial.Name] = true
			}
		}
	}
	return differ
}

type user struct {
	physical uint64
	cpu, tid int
}

// compare looks for each line of the trial in the section, and for any use of
// the same lines that the trial does not know of.
func compare(trial *account.Trial, s *plugin.Section) string {
	seen := map[user]*plugin.Line{}
	for i := range s.Lines {
		l := &s.Lines[i]
		seen[user{uint64(l.Physical), l.CPU, l.TID}] = l
	}
	lines, known := map[uint64]bool{}, map[user]bool{}
	for _, want := range trial.Lines {
		for i := range want.Count {
			u := user{uint64(want.Physical) + uint64(64*i), want.CPU, want.TID}
			known[u], lines[u.physical] = true, true
			if got := seen[u]; got == nil {
				return fmt.Sprintf("line %#x on CPU %d by thread %d: not seen", u.physical, u.cpu, u.tid)
			} else if diff := difference(&want, got); diff != "" {
				return fmt.Sprintf("line %#x on CPU %d: %s", u.physical, u.cpu, diff)
			}
		}
	}
	for u := range seen {
		if lines[u.physical] && !known[u] {
			return fmt.Sprintf("line %#x was also used on CPU %d by thread %d", u.physical, u.cpu, u.tid)
		}
	}
	return ""
}

func difference(want *account.Line, got *plugin.Line) string {
	for _, x := range []struct {
		what      string
		want, got uint64
	}{
		{"home node", uint64(want.Home), uint64(got.Home)},
		{"loads", want.Loads, got.Loads},
		{"stores", want.Stores, got.Stores},
		{"bytes loaded", uint64(want.LoadMask), uint64(got.LoadMask)},
		{"bytes stored", uint64(want.StoreMask), uint64(got.StoreMask)},
	} {
		if x.want != x.got {
			return fmt.Sprintf("%s: did %#x, the plugin saw %#x", x.what, x.want, x.got)
		}
	}
	for _, x := range []struct {
		what string
		want *uint64
		got  uint64
	}{
		{"L1 load misses", want.L1LoadMisses, got.L1LoadMisses},
		{"LLC loads", want.LLCLoads, got.LLCLoads},
		{"loads from DRAM", want.DRAMLoads, got.DRAMLoads},
		{"stores from DRAM", want.DRAMStores, got.DRAMStores},
		{"local HITM", want.HITMLocal, got.HITMLocal},
		{"remote HITM", want.HITMRemote, got.HITMRemote},
		{"local RFO HITM", want.RFOLocal, got.RFOLocal},
		{"remote RFO HITM", want.RFORemote, got.RFORemote},
	} {
		if x.want != nil && *x.want != x.got {
			return fmt.Sprintf("%s: want %d by construction, the plugin counted %d", x.what, *x.want, x.got)
		}
	}
	return ""
}
