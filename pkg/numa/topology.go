// Package numa is the vocabulary of numalens: what a host is made of and what
// can be known about where its memory accesses go.
//
// It holds types and the arithmetic that belongs to them, no machinery: it
// opens nothing, and imports nothing but the standard library. Every other
// package speaks in these words.
package numa

import (
	"fmt"
	"slices"
)

// Topology describes a host's processors and memory as its kernel reports
// them. IDs are the kernel's own; they may have holes.
type Topology struct {
	CPUs   []CPU   `json:"cpus"`
	Nodes  []Node  `json:"nodes"`
	Caches []Cache `json:"caches,omitempty"`
	// CacheLineBytes is the unit of coherence, read from the host; 0 when
	// the kernel does not say. It is never assumed.
	CacheLineBytes int `json:"cache_line_bytes"`
	// PageBytes is the size of a base page.
	PageBytes int `json:"page_bytes"`
}

// CPU is one logical processor.
type CPU struct {
	ID     int `json:"id"`
	Core   int `json:"core"`   // physical core, unique within its socket
	Socket int `json:"socket"` // package; it may hold several nodes; NotTold where an imported host's is not
	Node   int `json:"node"`   // NUMA node whose memory is nearest; -1 when the host lists the CPU in none
	// Siblings are the other CPUs of the same core (SMT), online ones only.
	Siblings []int `json:"siblings,omitempty"`
}

// NotTold is a CPU's core and socket where an imported file tells only its
// node, as what numactl prints.
const NotTold = -1

// Node is one NUMA node: memory, and the CPUs nearest to it, if any.
type Node struct {
	ID          int   `json:"id"`
	CPUs        []int `json:"cpus"`
	MemoryBytes int64 `json:"memory_bytes"`
	// Distances are the ACPI SLIT values to every node, in the order of
	// Topology.Nodes; 10 is the node itself.
	Distances []int `json:"distances,omitempty"`
	// Access is what firmware says of reaching the node's memory (ACPI HMAT),
	// from the node's best initiators; empty when it says nothing.
	Access []Access `json:"access,omitempty"`
	// MemoryRanges are the physical addresses that belong to the node;
	// empty when the kernel does not say.
	MemoryRanges []AddressRange `json:"memory_ranges,omitempty"`
}

// Access is how fast a node's memory is for the nodes that reach it best, as
// firmware promises it. It was not measured.
type Access struct {
	// Class is the kernel's: 0 has the best initiators of any kind, 1 the
	// best that have CPUs.
	Class      int   `json:"class"`
	Initiators []int `json:"initiators"` // nodes
	// A value of 0 is not told.
	ReadLatencyNS             int64 `json:"read_latency_ns,omitempty"`
	WriteLatencyNS            int64 `json:"write_latency_ns,omitempty"`
	ReadBandwidthMBPerSecond  int64 `json:"read_bandwidth_mb_per_second,omitempty"`
	WriteBandwidthMBPerSecond int64 `json:"write_bandwidth_mb_per_second,omitempty"`
}

// AddressRange is a half-open range of physical addresses, [Start, End).
type AddressRange struct {
	Start uint64 `json:"start"`
	End   uint64 `json:"end"`
}

// Cache is one cache and the CPUs that share it.
type Cache struct {
	Level     int    `json:"level"`
	Type      string `json:"type"` // "Data", "Instruction" or "Unified", as in sysfs
	SizeBytes int64  `json:"size_bytes"`
	LineBytes int    `json:"line_bytes"`
	// Ways is the associativity; 0 is not told, or full.
	Ways int   `json:"ways,omitempty"`
	CPUs []int `json:"cpus"` // null when the kernel does not say who shares it
}

// Place says where something lies as seen from a CPU. It has three values,
// not two, because a socket may hold several nodes (sub-NUMA clustering).
type Place int

// The places, nearest first.
const (
	OwnNode Place = iota
	SameSocket
	OtherSocket
)

func (p Place) String() string {
	switch p {
	case OwnNode:
		return "own node"
	case SameSocket:
		return "same socket"
	case OtherSocket:
		return "other socket"
	}
	return fmt.Sprintf("place(%d)", int(p))
}

// CPUByID finds a CPU.
func (t *Topology) CPUByID(id int) (CPU, bool) {
	i := slices.IndexFunc(t.CPUs, func(c CPU) bool { return c.ID == id })
	if i < 0 {
		return CPU{}, false
	}
	return t.CPUs[i], true
}

// NodeByID finds a node.
func (t *Topology) NodeByID(id int) (Node, bool) {
	i := slices.IndexFunc(t.Nodes, func(n Node) bool { return n.ID == id })
	if i < 0 {
		return Node{}, false
	}
	return t.Nodes[i], true
}

// NodeOfAddress gives the node that a physical address belongs to.
func (t *Topology) NodeOfAddress(phys uint64) (int, bool) {
	for _, n := range t.Nodes {
		for _, r := range n.MemoryRanges {
			if phys >= r.Start && phys < r.End {
				return n.ID, true
			}
		}
	}
	return 0, false
}

// SocketOfNode is the socket of the node's first CPU; a node without CPUs
// (memory only) has none, and that of an imported host may not be told.
func (t *Topology) SocketOfNode(node int) (int, bool) {
	for _, c := range t.CPUs {
		if c.Node == node {
			return c.Socket, c.Socket >= 0
		}
	}
	return 0, false
}

// PlaceOf says where memory of node lies as seen from a CPU of node from.
func (t *Topology) PlaceOf(from, node int) Place {
	if from == node {
		return OwnNode
	}
	a, okA := t.SocketOfNode(from)
	b, okB := t.SocketOfNode(node)
	if okA && okB && a == b {
		return SameSocket
	}
	return OtherSocket
}
