package placement

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
)

func TestProcessesOfAControlGroup(t *testing.T) {
	sys := t.TempDir()
	for name, text := range map[string]string{
		"fs/cgroup/cgroup.procs":                 "1\n",
		"fs/cgroup/batch/cgroup.procs":           "",
		"fs/cgroup/batch/job7/cgroup.procs":      fmt.Sprintln(os.Getpid()),
		"fs/cgroup/batch/job7/cpuset.cpus":       "0",
		"fs/cgroup/cpuset/old/cgroup.procs":      "0\n",
		"fs/cgroup/cpuset/old/deep/cgroup.procs": "x\n",
	} {
		file := filepath.Join(sys, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	roots := collect.HostRoots()
	roots.Sys = sys
	f := newFamily(roots, nil)
	for name, want := range map[string]bool{"/batch": true, "/old": true, "/none": false, "../../../etc": false} {
		if f.follow(name) != want {
			t.Errorf("%s is followed: %v", name, !want)
		}
	}
	f.update()
	if len(f.members) != 1 || f.members[os.Getpid()] == nil {
		t.Errorf("members %v, want this process", f.members)
	}
	c, report, err := Open(Options{Roots: roots, PageBytes: os.Getpagesize(), Cgroups: []string{"/batch", "/none"}})
	if err != nil || c == nil && len(report.Unavailable) != 1 || c != nil && len(report.Unavailable) != 1 {
		t.Fatalf("%v, %v, %+v", c, err, report.Unavailable)
	}
}
