package hostinfo

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/numalens/numalens/pkg/numa"
)

// cpus lists the processors that are online. One that is offline runs
// nothing, and its topology is not to be had.
func (t tree) cpus(info *Info) ([]numa.CPU, error) {
	const dir = "devices/system/cpu"
	ids := t.online(info, dir, "cpu")
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s: no CPU is listed: is %s a sysfs?", t.sysPath(dir+"/online"), t.roots.Sys)
	}
	cpus := make([]numa.CPU, 0, len(ids))
	for _, id := range ids {
		dir := fmt.Sprintf("devices/system/cpu/cpu%d/topology/", id)
		cpus = append(cpus, numa.CPU{
			ID:     id,
			Core:   t.cpuID(dir+"core_id", id),
			Socket: t.cpuID(dir+"physical_package_id", 0),

			Siblings: t.siblings(dir, id, ids),
		})
	}
	return cpus, nil
}

// cpuID reads one of a CPU's IDs. Where firmware does not tell, the kernel
// gives -1 or has no file: every CPU is then its own core, all in one socket.
func (t tree) cpuID(file string, unknown int) int {
	id, err := strconv.Atoi(t.sys(file))
	if err != nil || id < 0 {
		return unknown
	}
	return id
}

// siblings are the other online CPUs of a core. The kernel's list is asked,
// because cores of one socket with equal numbers have been seen.
func (t tree) siblings(dir string, id int, online []int) []int {
	var others []int
	for _, sibling := range t.sharedCPUs(dir+"thread_siblings_list", dir+"thread_siblings") {
		if _, is := slices.BinarySearch(online, sibling); is && sibling != id {
			others = append(others, sibling)
		}
	}
	return others
}

// sharedCPUs reads a list of CPUs, or on kernels without one a mask; nil is
// not told.
func (t tree) sharedCPUs(list, mask string) []int {
	if cpus, err := ParseList(t.sys(list)); err == nil && cpus != nil {
		return cpus
	}
	cpus, _ := parseMask(t.sys(mask))
	return cpus
}
