package placement

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroupDir is where control groups are mounted below /sys.
const cgroupDir = "fs/cgroup"

// follow adds a control group: of version 2, or on hosts of version 1 of the
// cpuset controller. It is false when there is none of that name.
func (f *family) follow(name string) bool {
	root := filepath.Join(f.roots.Sys, cgroupDir)
	for _, mount := range []string{"", "unified", "cpuset"} {
		// Cleaned as an absolute path first, the name cannot leave the mount.
		dir := filepath.Join(root, mount, filepath.Clean("/"+name))
		if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err == nil {
			f.groups = append(f.groups, dir)
			return true
		}
	}
	return false
}

// adoptGroup adds the processes of a group and of those below it.
func (f *family) adoptGroup(dir string) {
	// A group that is removed meanwhile has no processes any more.
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "cgroup.procs" {
			return nil
		}
		b, _ := os.ReadFile(path)
		for word := range strings.FieldsSeq(string(b)) {
			if pid, err := strconv.Atoi(word); err == nil && pid > 0 {
				f.join(pid)
			}
		}
		return nil
	})
}
