package hostinfo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

// nodes lists the nodes that are online; none where the kernel knows no
// nodes.
func (t tree) nodes() ([]numa.Node, error) {
	const file = "devices/system/node/online"
	ids, err := ParseList(t.sys(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.sysPath(file), err)
	}
	var nodes []numa.Node
	for _, id := range ids {
		node, err := t.node(id, len(ids))
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

func (t tree) node(id, nodes int) (numa.Node, error) {
	dir := fmt.Sprintf("devices/system/node/node%d/", id)
	cpus, err := ParseList(t.sys(dir + "cpulist"))
	if err != nil {
		return numa.Node{}, fmt.Errorf("%s: %w", t.sysPath(dir+"cpulist"), err)
	}
	distances, err := parseDistances(t.sys(dir+"distance"), nodes)
	if err != nil {
		return numa.Node{}, fmt.Errorf("%s: %w", t.sysPath(dir+"distance"), err)
	}
	if cpus == nil {
		cpus = []int{} // a memory-only node: [] in the manifest, not null
	}
	return numa.Node{
		ID:          id,
		CPUs:        cpus,
		MemoryBytes: memTotal(t.sys(dir + "meminfo")),
		Distances:   distances,
	}, nil
}

// parseDistances reads one row of the SLIT. The kernel prints one value for
// each online node, in the order of their IDs.
func parseDistances(s string, nodes int) ([]int, error) {
	if s == "" {
		return nil, nil
	}
	fields := strings.Fields(s)
	if len(fields) != nodes {
		return nil, fmt.Errorf("%d distances for %d nodes", len(fields), nodes)
	}
	distances := make([]int, len(fields))
	for i, f := range fields {
		d, err := strconv.ParseUint(f, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("distance %q is not a number", f)
		}
		distances[i] = int(d)
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

// assignNodes tells each CPU its node.
func assignNodes(topo *numa.Topology) {
	for i := range topo.CPUs {
		cpu := &topo.CPUs[i]
		cpu.Node = topo.Nodes[0].ID
		for _, n := range topo.Nodes {
			if slices.Contains(n.CPUs, cpu.ID) {
				cpu.Node = n.ID
			}
		}
	}
}
