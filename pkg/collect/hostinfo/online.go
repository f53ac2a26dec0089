package hostinfo

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// online lists the CPUs or nodes that are online, ascending: by the kernel's
// list, or by the directories that are there on kernels without one (before
// 2.6.29 or so) and where the list cannot be read.
func (t tree) online(info *Info, dir, prefix string) []int {
	file := dir + "/online"
	if list := t.sys(file); list != "" {
		ids, err := ParseList(list)
		if err == nil {
			return ids
		}
		info.miss("list of online "+prefix+"s", fmt.Sprintf("%s: %v", t.sysPath(file), err),
			"the directories beside it are taken for the list; no kernel writes such a file, so find out what did")
	}
	ids := t.directories(dir, prefix)
	return slices.DeleteFunc(ids, func(id int) bool {
		return t.sys(fmt.Sprintf("%s/%s%d/online", dir, prefix, id)) == "0"
	})
}

// directories lists the IDs that have one, ascending.
func (t tree) directories(dir, prefix string) []int {
	entries, _ := os.ReadDir(t.sysPath(dir))
	var ids []int
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), prefix)
		if id, err := parseID(digits); ok && err == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
