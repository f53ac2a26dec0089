package sysfstree

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/numa"
)

// node is what its directory holds.
type node struct {
	cpus      []int
	listed    bool
	bytes     int64
	distances []int
	member    int // of the archive, that of the distances
}

// end puts together what the files told one by one.
func (t *tree) end() error {
	if len(t.nodes) == 0 {
		return &imports.SyntaxError{Line: max(t.member, 1), Expected: "devices/system/node/node0 and others, with meminfo, numastat or distance in them", Found: fmt.Sprintf("%d members without any", t.member)}
	}
	ids := slices.Sorted(maps.Keys(t.nodes))
	topology := numa.Topology{CPUs: []numa.CPU{}, Nodes: []numa.Node{}}
	for _, id := range ids {
		n := t.nodes[id]
		topology.Nodes = append(topology.Nodes, numa.Node{ID: id, CPUs: append([]int{}, n.cpus...), MemoryBytes: n.bytes, Distances: t.distances(id, ids)})
	}
	t.missing(ids)
	t.judge(topology.Nodes)
	topology.CPUs = t.allCPUs(ids)
	topology.Caches, topology.CacheLineBytes = t.caches()
	t.sink.Topology(topology)
	return nil
}

// missing warns of nodes that are online and have no directory.
func (t *tree) missing(ids []int) {
	var none []int
	for _, id := range t.lists["online"] {
		if !slices.Contains(ids, id) {
			none = append(none, id)
		}
	}
	if len(none) > 0 {
		t.sink.Warn(t.member, fmt.Sprintf("nodes %v are online, and the copy does not have them", none))
	}
	if online, told := t.lists["online"]; told {
		for _, id := range ids {
			if !slices.Contains(online, id) {
				t.sink.Warn(t.member, fmt.Sprintf("node %d is not online, and has a directory", id))
			}
		}
	}
}

// distances gives a node's, in the order of the nodes that there are, and
// tells them as figures. The kernel prints one for each node that is online,
// an older one for each that is possible.
func (t *tree) distances(id int, ids []int) []int {
	row := t.nodes[id].distances
	if len(row) == 0 {
		return nil
	}
	columns := t.columns(id, row, ids)
	if columns == nil {
		t.sink.Warn(t.nodes[id].member, fmt.Sprintf("%d distances of node %d for %d nodes: it is not told which is which, so they are left out", len(row), id, len(ids)))
		return nil
	}
	to := map[int]int{}
	for i, d := range row {
		to[columns[i]] = d
		f := imports.NewFigure(t.nodes[id].member)
		f.Name, f.Unit, f.Value, f.Kind = "distance", "1", float64(d), imports.KindLevel
		f.Scope, f.Instance, f.Labels = imports.ScopeNode, strconv.Itoa(id), map[string]string{"to": strconv.Itoa(columns[i])}
		t.sink.Figure(f)
	}
	if to[id] != 10 {
		t.sink.Warn(t.nodes[id].member, fmt.Sprintf("the distance of node %d to itself is %d, not 10", id, to[id]))
	}
	var out []int
	for _, other := range ids {
		d, ok := to[other]
		if !ok {
			return nil
		}
		out = append(out, d)
	}
	return out
}

// columns tells of which nodes the numbers of a row are. A list of nodes of
// that length will do if the node's own distance is 10 by it; where none is
// there, so will a number for each node that can be, if every row has its own
// 10 where the node's number says, and there only.
func (t *tree) columns(id int, row, ids []int) []int {
	var fits []int
	for _, nodes := range [][]int{ids, t.lists["online"], t.lists["possible"]} {
		if len(nodes) != len(row) || !slices.Contains(nodes, id) {
			continue
		}
		if row[slices.Index(nodes, id)] == 10 {
			return nodes
		}
		if fits == nil {
			fits = nodes
		}
	}
	if fits != nil {
		return fits
	}
	var all []int
	for i := range row {
		all = append(all, i)
	}
	for other, n := range t.nodes {
		if len(n.distances) != len(row) || other >= len(row) || slices.Index(n.distances, 10) != other || slices.Contains(n.distances[other+1:], 10) {
			return nil
		}
	}
	return all
}

// judge warns of what no machine is like, but firmware may tell.
func (t *tree) judge(nodes []numa.Node) {
	if len(nodes) < 2 {
		return
	}
	near, all := 0, true
	of := map[int]int{}
	for i, n := range nodes {
		for j, d := range n.Distances {
			if i != j && d <= 10 {
				near++
			}
		}
		for _, cpu := range n.CPUs {
			of[cpu]++
		}
		all = all && slices.Equal(n.CPUs, nodes[0].CPUs)
	}
	if near > 0 {
		t.sink.Warn(t.member, fmt.Sprintf("%d distances between different nodes are 10 or less, which is a node's own: the firmware's table can't be true", near))
	}
	shared := 0
	for _, times := range of {
		if times > 1 {
			shared++
		}
	}
	switch {
	case shared > 0 && all:
		t.sink.Warn(t.member, fmt.Sprintf("every node lists all of the %d CPUs: this can't be, and the node of each CPU is unknown", shared))
	case shared > 0:
		t.sink.Warn(t.member, fmt.Sprintf("%d CPUs are listed by several nodes: their node is unknown", shared))
	}
}

// allCPUs are those that a node lists or that have a topology.
func (t *tree) allCPUs(ids []int) []numa.CPU {
	of := map[int]int{}
	for _, id := range ids {
		for _, cpu := range t.nodes[id].cpus {
			if _, seen := of[cpu]; seen {
				of[cpu] = -1
				continue
			}
			of[cpu] = id
		}
	}
	for cpu, c := range t.cpus {
		if _, seen := of[cpu]; !seen && (c.core != nil || c.socket != nil) && !c.offline {
			of[cpu] = -1
		}
	}
	out := []numa.CPU{}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		x := numa.CPU{ID: id, Node: of[id], Core: numa.NotTold, Socket: numa.NotTold}
		if c := t.cpus[id]; c != nil {
			if c.core != nil {
				x.Core = *c.core
			}
			if c.socket != nil {
				x.Socket = max(*c.socket, numa.NotTold)
			}
			for _, other := range c.siblings {
				if other != id {
					x.Siblings = append(x.Siblings, other)
				}
			}
		}
		out = append(out, x)
	}
	return out
}

// caches lists each cache once, though every CPU that shares it tells of it.
func (t *tree) caches() (out []numa.Cache, line int) {
	seen := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(t.cpus)) {
		for _, index := range slices.Sorted(maps.Keys(t.cpus[id].caches)) {
			c := *t.cpus[id].caches[index]
			key := fmt.Sprint(c.Level, c.Type, c.CPUs)
			if c.CPUs == nil {
				key = fmt.Sprint(key, id)
			}
			if c.Level == 0 || seen[key] {
				continue
			}
			seen[key] = true
			out = append(out, c)
			line = max(line, c.LineBytes)
		}
	}
	slices.SortStableFunc(out, func(a, b numa.Cache) int { return cmp.Compare(a.Level, b.Level) })
	return out, line
}
