package hostinfo

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

// nodes lists the nodes that are online; none where the kernel knows no
// nodes.
func (t tree) nodes(info *Info) ([]numa.Node, error) {
	const dir = "devices/system/node"
	ids, err := t.ids(dir, "node")
	if err != nil {
		return nil, err
	}
	possible, err := ParseList(t.sys(dir + "/possible"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.sysPath(dir+"/possible"), err)
	}
	var nodes []numa.Node
	for _, id := range ids {
		node, err := t.node(id)
		if err != nil {
			return nil, err
		}
		file := fmt.Sprintf("%s/node%d/distance", dir, id)
		if node.Distances, err = parseDistances(t.sys(file), ids, possible); err != nil {
			info.miss(fmt.Sprintf("distances of node %d", id), fmt.Sprintf("%s: %v", t.sysPath(file), err),
				"nothing depends on them but what is shown of the topology")
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

func (t tree) node(id int) (numa.Node, error) {
	dir := fmt.Sprintf("devices/system/node/node%d/", id)
	cpus, err := t.nodeCPUs(dir)
	if err != nil {
		return numa.Node{}, err
	}
	if cpus == nil {
		cpus = []int{} // a memory-only node: [] in the manifest, not null
	}
	return numa.Node{ID: id, CPUs: cpus, MemoryBytes: memTotal(t.sys(dir + "meminfo"))}, nil
}

// nodeCPUs reads a node's list of CPUs, or on kernels without one its mask.
func (t tree) nodeCPUs(dir string) ([]int, error) {
	file, parse := dir+"cpulist", ParseList
	if _, err := os.Stat(t.sysPath(file)); err != nil {
		file, parse = dir+"cpumap", parseMask
	}
	cpus, err := parse(t.sys(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.sysPath(file), err)
	}
	return cpus, nil
}

// parseDistances reads one row of the SLIT: a value for each online node, in
// the order of their IDs. Kernels that print one for each possible node as
// well have those of nodes that are offline taken out.
func parseDistances(s string, online, possible []int) ([]int, error) {
	if s == "" {
		return nil, nil
	}
	fields := strings.Fields(s)
	ids := online
	if len(fields) != len(online) && len(fields) == len(possible) {
		ids = possible
	}
	if len(fields) != len(ids) {
		return nil, fmt.Errorf("%d distances for %d nodes", len(fields), len(online))
	}
	var distances []int
	for i, f := range fields {
		d, err := strconv.ParseUint(f, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("distance %q is not a number", f)
		}
		if slices.Contains(online, ids[i]) {
			distances = append(distances, int(d))
		}
	}
	return distances, nil
}

// memTotal finds MemTotal in a node's or the host's meminfo; 0 is unknown.
func memTotal(meminfo string) int64 {
	for line := range strings.Lines(meminfo) {
		_, value, ok := strings.Cut(line, "MemTotal:")
		if !ok {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 52)
		if err == nil && kib >= 0 {
			return kib << 10
		}
	}
	return 0
}

// singleNode is a host whose kernel has no notion of nodes.
func (t tree) singleNode(cpus []numa.CPU) []numa.Node {
	ids := make([]int, 0, len(cpus))
	for _, c := range cpus {
		ids = append(ids, c.ID)
	}
	return []numa.Node{{CPUs: ids, MemoryBytes: memTotal(t.proc("meminfo")), Distances: []int{10}}}
}

// assignNodes tells each CPU its node. Firmware has been seen that gives every
// CPU to every node.
func assignNodes(info *Info) {
	topo := &info.Topology
	shared := 0
	for i := range topo.CPUs {
		cpu := &topo.CPUs[i]
		claims := 0
		for _, n := range topo.Nodes {
			if !slices.Contains(n.CPUs, cpu.ID) {
				continue
			}
			if claims++; claims == 1 {
				cpu.Node = n.ID
			}
		}
		if claims == 0 {
			cpu.Node = topo.Nodes[0].ID
		}
		if claims > 1 {
			shared++
		}
	}
	if shared > 0 {
		info.miss("nodes of CPUs", fmt.Sprintf("%d CPUs are listed by several nodes: the firmware's tables are wrong", shared),
			"what is said about locality means nothing here; update the firmware, or boot with numa=off")
	}
}
