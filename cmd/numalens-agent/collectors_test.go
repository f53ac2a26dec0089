package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// softPMU is a file tree with the device of a software PMU that counts
// cycles, node-loads and node-load-misses on one CPU, as tests/guest/README.md
// lays it out.
func softPMU(t *testing.T) collect.Roots {
	t.Helper()
	mem := make([]byte, 16<<10)
	u32 := func(at int, v uint32) { binary.LittleEndian.PutUint32(mem[at:], v) }
	u64 := func(at int, v uint64) { binary.LittleEndian.PutUint64(mem[at:], v) }
	copy(mem, "NLSOFTPM")
	for i, v := range []uint32{1, 1, 3, 256} { // version, CPUs, events, bytes of an entry
		u32(8+4*i, v)
	}
	for i, v := range []uint64{4096, 8192, 64} { // entries, counters, bytes of a CPU's
		u64(24+8*i, v)
	}
	copy(mem[128:], "the model")
	copy(mem[640:], "the plugin 1 (abc1234)")
	for i, name := range []string{"cycles", "node-loads", "node-load-misses"} {
		entry := mem[4096+256*i:]
		copy(entry, name)
		copy(entry[48:], "soft")
		copy(entry[64:], "1")
	}
	roots := collect.Roots{Sys: t.TempDir(), Proc: "/proc"}
	slot := filepath.Join(roots.Sys, "bus/pci/devices/0000:00:05.0")
	if err := os.MkdirAll(slot, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"vendor": "0x1af4\n", "device": "0x1110\n", "resource2": string(mem)} {
		if err := os.WriteFile(filepath.Join(slot, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return roots
}

// TestSoftwarePMUStandsForHardware: the run is emulated whatever the
// processor is called, and no event is counted by two collectors.
func TestSoftwarePMUStandsForHardware(t *testing.T) {
	m, s := describeHost(t, softPMU(t))
	if want := "QEMU TCG; the model; the plugin 1 (abc1234)"; m.Emulated != want {
		t.Errorf("emulated %q, want %q", m.Emulated, want)
	}
	if m.Rung != numa.Counters {
		t.Errorf("rung %v", m.Rung)
	}
	seen := map[string]string{}
	for _, g := range m.Groups {
		for _, e := range g.Events {
			if other, ok := seen[e.Name]; ok {
				t.Errorf("%s is in groups %s and %s", e.Name, other, g.Name)
			}
			seen[e.Name] = g.Name
		}
	}
	if seen["cycles"] != "soft" {
		t.Errorf("cycles are of group %q", seen["cycles"])
	}
	if seen["LLC-loads"] != "" {
		t.Error("the emulator's own PMU is counted beside")
	}
	for _, table := range m.Tables {
		scopes := map[string]bool{}
		for _, scope := range table.Scopes {
			if scopes[scope] {
				t.Errorf("table %s: scope %s twice", table.Name, scope)
			}
			scopes[scope] = true
		}
	}
	if len(s.collectors) == 0 || m.Groups[0].Name != "soft" {
		t.Errorf("groups %+v", m.Groups)
	}
}

// TestNormalHostLacksNoSoftwarePMU: it is nothing that a host should have.
func TestNormalHostLacksNoSoftwarePMU(t *testing.T) {
	m, _ := describeHost(t, collect.HostRoots())
	if m.Emulated != "" {
		t.Errorf("emulated by %q", m.Emulated)
	}
	for _, u := range m.Unavailable {
		if strings.Contains(u.Error(), "software PMU") {
			t.Errorf("unavailable: %v", &u)
		}
	}
}

func describeHost(t *testing.T, roots collect.Roots) (export.Manifest, *collectorSet) {
	t.Helper()
	info, err := hostinfo.Read(collect.HostRoots())
	if err != nil {
		t.Fatal(err)
	}
	clock, err := collect.ReadClock()
	if err != nil {
		t.Fatal(err)
	}
	set, err := openCollectors(&settings{roots: roots, hz: 10}, info, clock, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.close)
	var m export.Manifest
	set.describe(&m)
	return m, set
}
