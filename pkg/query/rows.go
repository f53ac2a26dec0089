package query

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/numalens/numalens/pkg/export"
)

// Row is one row of a grid.
type Row struct {
	Label    string
	Instance int // the CPU, node or socket; 0 for a host
	// CPU, Node and Socket are nil where the row is not of one.
	CPU, Node, Socket *int

	members []int // indices of the instances that are summed
}

// instanceKind says what a table's instances are.
type instanceKind int

const (
	cpus instanceKind = iota
	nodes
	units // beside the cores
	sockets
)

func (a *ask) instancesAre() instanceKind {
	switch {
	case a.metric.Table == export.TableNodes || a.metric.Table == export.TablePlacement || a.metric.Traced != "":
		return nodes
	case a.scope == export.ScopeUncore:
		return units
	case a.scope == export.ScopeNode:
		return nodes
	case a.scope == export.ScopeSocket:
		return sockets
	}
	return cpus
}

// rowsOf groups instances (CPUs, nodes, or units) into rows, in the order of
// drawing: by socket, node, core, CPU.
func rowsOf(m *export.Manifest, by By, instances []int32, are instanceKind) []Row {
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
	for _, i := range drawingOrder(m, instances, are) {
		r := find(rowFor(m, by, int(instances[i]), are))
		r.members = append(r.members, i)
	}
	return rows
}

func drawingOrder(m *export.Manifest, instances []int32, are instanceKind) []int {
	type key struct{ i, socket, node, core, id int }
	keys := make([]key, len(instances))
	for i, id := range instances {
		k := key{i: i, id: int(id)}
		if id < 0 {
			k.socket = math.MaxInt // what has no node, or no CPU, comes last
		}
		cpu, node, socket := whereIs(m, int(id), are)
		if cpu != nil {
			c, _ := m.Topology.CPUByID(*cpu)
			k.core = c.Core
		}
		if node != nil {
			k.node = *node
		}
		if socket != nil {
			k.socket = *socket
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

// whereIs gives an instance's CPU, node and socket; nil is none, or not known.
func whereIs(m *export.Manifest, id int, are instanceKind) (cpu, node, socket *int) {
	switch are {
	case nodes:
		if id < 0 {
			return nil, nil, nil
		}
		node = &id
		if s, ok := m.Topology.SocketOfNode(id); ok {
			socket = &s
		}
	case units:
		if id < 0 || id >= len(m.Units) {
			return nil, nil, nil
		}
		if u := m.Units[id]; u.Node >= 0 {
			node = &u.Node
		}
		if u := m.Units[id]; u.Socket >= 0 {
			socket = &u.Socket
		}
	case sockets:
		socket = &id
	default:
		if id < 0 {
			return nil, nil, nil
		}
		cpu = &id
		if c, ok := m.Topology.CPUByID(id); ok {
			if c.Socket >= 0 {
				socket = &c.Socket
			}
			if c.Node >= 0 {
				node = &c.Node
			}
		}
	}
	return cpu, node, socket
}

func rowFor(m *export.Manifest, by By, id int, are instanceKind) Row {
	cpu, node, socket := whereIs(m, id, are)
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
	case are == cpus && cpu == nil:
		return Row{Label: "no CPU", Instance: -1}
	}
	return Row{Label: fmt.Sprintf("CPU %d", id), Instance: id, CPU: cpu, Node: node, Socket: socket}
}
