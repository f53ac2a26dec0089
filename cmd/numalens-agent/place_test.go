package main

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
)

func cpuSet(ids ...int) *unix.CPUSet {
	var s unix.CPUSet
	for _, id := range ids {
		s.Set(id)
	}
	return &s
}

func TestWithout(t *testing.T) {
	for name, c := range map[string]struct {
		allowed *unix.CPUSet
		apart   []int
		want    *unix.CPUSet
	}{
		"some are apart":     {cpuSet(0, 1, 2, 3), []int{2, 3}, cpuSet(0, 1)},
		"none is allowed":    {cpuSet(2, 3), []int{2, 3}, nil},
		"none of ours apart": {cpuSet(0, 1), []int{2, 3}, nil},
	} {
		got := without(*c.allowed, c.apart)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func sysTree(t *testing.T, files map[string]string) collect.Roots {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		file := filepath.Join(root, "devices/system/cpu", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return collect.Roots{Sys: root, Proc: "/proc"}
}

func TestHousekeeping(t *testing.T) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]map[string]string{
		"nothing is known":     nil,
		"empty lists":          {"isolated": "\n", "nohz_full": "  (null)\n"},
		"other CPUs are apart": {"isolated": "4000-4001\n"},
		"all are apart":        {"nohz_full": "0-4095\n"},
	} {
		if got, err := housekeeping(sysTree(t, files)); got != nil || err != nil {
			t.Errorf("%s: %v, %v; want to stay", name, got, err)
		}
	}
	if _, err := housekeeping(sysTree(t, map[string]string{"isolated": "x"})); err == nil {
		t.Error("a damaged list is taken")
	}
	if allowed.Count() < 2 {
		return
	}
	first := 0
	for !allowed.IsSet(first) {
		first++
	}
	got, err := housekeeping(sysTree(t, map[string]string{"isolated": "", "nohz_full": itoa(first)}))
	if err != nil || got == nil || got.IsSet(first) || got.Count() != allowed.Count()-1 {
		t.Errorf("CPU %d is apart: %v, %v", first, got, err)
	}
}

func TestGivenCPUs(t *testing.T) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	first := 0
	for !allowed.IsSet(first) {
		first++
	}
	var l cpuList
	if l.set() != nil {
		t.Error("no list is a set")
	}
	if err := l.Set(itoa(first)); err != nil || *l.set() != *cpuSet(first) {
		t.Errorf("CPU %d: %v, %v", first, l, err)
	}
	for _, bad := range []string{"1000", "x", "3-1"} {
		if err := new(cpuList).Set(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestEachThreadSeesThisOne(t *testing.T) {
	seen := false
	self := unix.Gettid()
	if err := eachThread(func(tid int) error {
		seen = seen || tid == self
		return nil
	}); err != nil || !seen {
		t.Errorf("saw this thread: %v, %v", seen, err)
	}
}
