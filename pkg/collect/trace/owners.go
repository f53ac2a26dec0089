package trace

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// owners attributes what happened to processes, control groups and
// containers. The programs tell a process, a thread's name, and the number
// of a control group; its path is asked of the process while it lives, and
// of the tree of groups afterwards.
type owners struct {
	roots    collect.Roots
	unified  bool
	byOwner  map[ownerKey]export.Owner
	byGroup  map[uint64]string
	searched map[uint64]bool
}

type ownerKey struct {
	pid    uint32
	cgroup uint64
	comm   [16]int8
}

// maxOwners bounds what is remembered; it is forgotten and asked anew.
const maxOwners = 1 << 15

func newOwners(roots collect.Roots) *owners {
	_, err := os.Stat(filepath.Join(roots.Sys, "fs/cgroup/cgroup.controllers"))
	return &owners{roots: roots, unified: err == nil, byOwner: map[ownerKey]export.Owner{}, byGroup: map[uint64]string{}, searched: map[uint64]bool{}}
}

func (o *owners) of(pid uint32, cgroup uint64, comm [16]int8) export.Owner {
	k := ownerKey{pid, cgroup, comm}
	if owner, ok := o.byOwner[k]; ok {
		return owner
	}
	if len(o.byOwner) >= maxOwners {
		clear(o.byOwner)
		clear(o.searched)
	}
	owner := export.Owner{PID: int32(pid), Comm: text(comm)}
	owner.Cgroup = o.group(pid, cgroup)
	owner.Container = container(owner.Cgroup)
	o.byOwner[k] = owner
	return owner
}

func text(comm [16]int8) string {
	var b strings.Builder
	for _, c := range comm {
		if c == 0 {
			break
		}
		b.WriteByte(byte(c))
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// group is the path of a process's control group. Where there is one
// hierarchy its number is enough, and is known for good once it was seen.
func (o *owners) group(pid uint32, id uint64) string {
	if pid == 0 {
		return "" // the kernel itself
	}
	if path, ok := o.byGroup[id]; o.unified && id != 0 && ok {
		return path
	}
	b, err := os.ReadFile(filepath.Join(o.roots.Proc, strconv.Itoa(int(pid)), "cgroup"))
	path := ""
	if err == nil {
		path = parseCgroup(string(b))
	} else if o.unified && id != 0 {
		path = o.search(id)
	}
	if o.unified && id != 0 && path != "" {
		o.byGroup[id] = path
	}
	return path
}

// parseCgroup finds the path in /proc/PID/cgroup: of the one hierarchy, or of
// the memory controller's where there are several.
func parseCgroup(file string) string {
	path := ""
	for line := range strings.Lines(file) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			if controller == "memory" {
				return fields[2]
			}
		}
		if fields[1] == "" && path == "" {
			path = fields[2]
		}
	}
	return path
}

// search looks through the tree for a group's number, which is its
// directory's inode. It is for processes that are gone already.
func (o *owners) search(id uint64) (found string) {
	if o.searched[id] {
		return ""
	}
	o.searched[id] = true
	root := filepath.Join(o.roots.Sys, "fs/cgroup")
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		if s, ok := info.Sys().(*syscall.Stat_t); ok && s.Ino == id {
			found = "/" + strings.TrimPrefix(strings.TrimPrefix(path, root), "/")
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// containerID is what Docker, containerd, CRI-O and Podman put into the names
// of the control groups that they make.
var containerID = regexp.MustCompile(`[0-9a-f]{64}`)

func container(cgroup string) string { return containerID.FindString(cgroup) }
