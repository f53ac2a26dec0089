package hostinfo

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

const nodesDir = "devices/system/node"

// nodes lists the nodes that are online; none where the kernel knows no
// nodes.
func (t tree) nodes(info *Info) []numa.Node {
	online := t.online(info, nodesDir, "node")
	there := t.directories(nodesDir, "node")
	var nodes []numa.Node
	for _, id := range online {
		if _, is := slices.BinarySearch(there, id); !is {
			info.miss(fmt.Sprintf("node %d", id), fmt.Sprintf("%s lists it, but there is no %s", t.sysPath(nodesDir+"/online"), t.sysPath(fmt.Sprintf("%s/node%d", nodesDir, id))),
				"nothing is known of it, and it is left out; in a container, look whether all of /sys is there")
			continue
		}
		nodes = append(nodes, t.node(info, id))
	}
	t.readDistances(info, nodes, online)
	return nodes
}

func (t tree) node(info *Info, id int) numa.Node {
	dir := fmt.Sprintf("%s/node%d/", nodesDir, id)
	memory, ok := memTotal(t.sys(dir + "meminfo"))
	if !ok {
		info.miss(fmt.Sprintf("memory of node %d", id), t.sysPath(dir+"meminfo")+" has no MemTotal", "its size shows as 0, which is not to be relied on")
	}
	return numa.Node{ID: id, CPUs: t.nodeCPUs(info, id, dir), MemoryBytes: memory, Access: t.access(dir)}
}

// nodeCPUs reads a node's list of CPUs, or on kernels without one its mask,
// or where neither can be read the links to its CPUs. A memory-only node has
// none: that is [] in the manifest, not null.
func (t tree) nodeCPUs(info *Info, id int, dir string) []int {
	list, mask := t.sys(dir+"cpulist"), t.sys(dir+"cpumap")
	cpus, err := ParseList(list)
	if list == "" || err != nil {
		var merr error
		if cpus, merr = parseMask(mask); mask == "" || merr != nil {
			cpus = t.directories(dir, "cpu")
		}
		err = cmp.Or(err, merr)
	}
	if err != nil {
		info.miss(fmt.Sprintf("list of node %d's CPUs", id), fmt.Sprintf("%s: %v", t.sysPath(dir+"cpulist"), err),
			fmt.Sprintf("the kernel's mask or links name %d; no kernel writes such a list, so find out what did", len(cpus)))
	}
	return t.onlineOnly(info, id, cpus)
}

// onlineOnly leaves out CPUs that run nothing.
func (t tree) onlineOnly(info *Info, node int, cpus []int) []int {
	online, offline := []int{}, []int{}
	for _, id := range cpus {
		if _, is := info.Topology.CPUByID(id); is {
			online = append(online, id)
		} else {
			offline = append(offline, id)
		}
	}
	if len(offline) > 0 {
		info.miss(fmt.Sprintf("CPUs of node %d", node), fmt.Sprintf("it lists CPUs %s, which are not online", FormatList(offline)),
			"they are left out; bring them online, or take the node's list for outdated")
	}
	return online
}

// memTotal finds MemTotal in a node's or the host's meminfo.
func memTotal(meminfo string) (bytes int64, ok bool) {
	for line := range strings.Lines(meminfo) {
		_, value, is := strings.Cut(line, "MemTotal:")
		if !is {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 52)
		if err == nil && kib >= 0 {
			return kib << 10, true
		}
	}
	return 0, false
}

// singleNode is a host whose kernel has no notion of nodes.
func (t tree) singleNode(cpus []numa.CPU) []numa.Node {
	ids := make([]int, 0, len(cpus))
	for _, c := range cpus {
		ids = append(ids, c.ID)
	}
	memory, _ := memTotal(t.proc("meminfo"))
	return []numa.Node{{CPUs: ids, MemoryBytes: memory, Distances: []int{10}}}
}

// assignNodes tells each CPU its node. Firmware has been seen that gives every
// CPU to every node.
func assignNodes(info *Info) {
	topo := &info.Topology
	var shared, lost []int
	for i := range topo.CPUs {
		cpu := &topo.CPUs[i]
		cpu.Node = -1
		claims := 0
		for _, n := range topo.Nodes {
			if _, is := slices.BinarySearch(n.CPUs, cpu.ID); !is {
				continue
			}
			if claims++; claims == 1 {
				cpu.Node = n.ID
			}
		}
		switch {
		case claims == 0:
			lost = append(lost, cpu.ID)
		case claims > 1:
			shared = append(shared, cpu.ID)
		}
	}
	if len(shared) > 0 {
		info.miss("nodes of CPUs", fmt.Sprintf("%d CPUs are listed by several nodes: the firmware's tables are wrong", len(shared)),
			"what is said about locality means nothing here; update the firmware, or boot with numa=off")
	}
	if len(lost) > 0 {
		info.miss("nodes of some CPUs", fmt.Sprintf("no node lists CPUs %s", FormatList(lost)),
			"what they access is neither local nor remote; in a container, look whether all of /sys is there")
	}
}
