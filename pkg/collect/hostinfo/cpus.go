package hostinfo

import (
	"fmt"
	"strconv"

	"github.com/numalens/numalens/pkg/numa"
)

// cpus lists the processors that are online. One that is offline runs
// nothing, and its topology is not to be had.
func (t tree) cpus() ([]numa.CPU, error) {
	const dir = "devices/system/cpu"
	ids, err := t.ids(dir, "cpu")
	if err != nil {
		return nil, err
	}
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
