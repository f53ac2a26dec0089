package query

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/numa"
)

// Row is one row of a grid.
type Row struct {
	Label    string
	Instance int // the CPU, node or socket; 0 for a host
	// CPU, Node and Socket are nil where the row is not of one.
	CPU, Node, Socket *int

	members []int // indices of the instances that are summed
}

// rowsOf groups instances (CPUs, or nodes) into rows, in the order of
// drawing: by socket, node, core, CPU.
func rowsOf(t *numa.Topology, by By, instances []int32, areNodes bool) []Row {
	var rows []Row
	find := func(of Row) *Row {
		for i := range rows {
			if rows[i].Label == of.Label {
				return &rows[i]
			}
		}
		rows = append(rows, of)
		return &rows[len(rows)-1]
	}
	for _, i := range drawingOrder(t, instances, areNodes) {
		r := find(rowFor(t, by, int(instances[i]), areNodes))
		r.members = append(r.members, i)
	}
	return rows
}

func drawingOrder(t *numa.Topology, instances []int32, areNodes bool) []int {
	type key struct{ i, socket, node, core, id int }
	keys := make([]key, len(instances))
	for i, id := range instances {
		k := key{i: i, id: int(id), node: int(id)}
		if areNodes {
			k.socket, _ = t.SocketOfNode(int(id))
		} else if c, ok := t.CPUByID(int(id)); ok {
			k.socket, k.node, k.core = c.Socket, c.Node, c.Core
		}
		keys[i] = k
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.socket, b.socket), cmp.Compare(a.node, b.node), cmp.Compare(a.core, b.core), cmp.Compare(a.id, b.id))
	})
	out := make([]int, len(keys))
	for i, k := range keys {
		out[i] = k.i
	}
	return out
}

func rowFor(t *numa.Topology, by By, id int, isNode bool) Row {
	var cpu, node, socket *int
	if isNode {
		node = &id
		if s, ok := t.SocketOfNode(id); ok {
			socket = &s
		}
	} else {
		cpu = &id
		if c, ok := t.CPUByID(id); ok {
			socket = &c.Socket
			if c.Node >= 0 {
				node = &c.Node
			}
		}
	}
	switch {
	case by == ByHost:
		return Row{Label: "host"}
	case by == BySocket && socket != nil:
		return Row{Label: fmt.Sprintf("socket %d", *socket), Instance: *socket, Socket: socket}
	case by == BySocket:
		return Row{Label: "no socket", Instance: -1}
	case by == ByNode && node != nil:
		return Row{Label: fmt.Sprintf("node %d", *node), Instance: *node, Node: node, Socket: socket}
	case by == ByNode:
		return Row{Label: "no node", Instance: -1}
	}
	return Row{Label: fmt.Sprintf("CPU %d", id), Instance: id, CPU: cpu, Node: node, Socket: socket}
}
