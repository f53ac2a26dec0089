package tracetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Machine is where a workload runs.
type Machine struct {
	Kernel    string `json:"kernel"`
	PageBytes int    `json:"page_bytes"`
	Nodes     []Node `json:"nodes"` // by id, which has no holes here
	// Memory has the physical addresses of each node, by sysfs's memory
	// blocks, in ascending order. None where the kernel has no such blocks.
	Memory []Range `json:"memory"`
}

// Range is memory of one node. End is not in it.
type Range struct {
	Node  int    `json:"node"`
	Start uint64 `json:"start"`
	End   uint64 `json:"end"`
}

// Node is one with CPUs.
type Node struct {
	ID   int   `json:"id"`
	CPUs []int `json:"cpus"`
}

// NodeOfPhysical is the node of a physical address, by sysfs.
func (m *Machine) NodeOfPhysical(address uint64) (int, bool) {
	for _, r := range m.Memory {
		if address >= r.Start && address < r.End {
			return r.Node, true
		}
	}
	return 0, len(m.Nodes) == 1
}

// NodeOfCPU is the node of a CPU.
func (m *Machine) NodeOfCPU(cpu int) int {
	for _, n := range m.Nodes {
		if slices.Contains(n.CPUs, cpu) {
			return n.ID
		}
	}
	return -1
}

// last is the node farthest in number from node 0; the same where there is
// one only.
func (m *Machine) last() int { return len(m.Nodes) - 1 }

func (m *Machine) next(node int) int { return (node + 1) % len(m.Nodes) }

const nodesDir = "/sys/devices/system/node"

func readMachine() (*Machine, error) {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return nil, err
	}
	m := &Machine{Kernel: strings.TrimSpace(string(release)), PageBytes: os.Getpagesize()}
	dirs, err := filepath.Glob(filepath.Join(nodesDir, "node[0-9]*"))
	if err != nil {
		return nil, err
	}
	m.Nodes = make([]Node, len(dirs))
	for id := range m.Nodes {
		m.Nodes[id].ID = id
		if m.Nodes[id].CPUs, err = numbered(nodeDir(id), "cpu"); err != nil {
			return nil, err
		}
	}
	return m, m.readMemory()
}

func nodeDir(id int) string { return filepath.Join(nodesDir, fmt.Sprintf("node%d", id)) }

func (m *Machine) readMemory() error {
	text, err := os.ReadFile("/sys/devices/system/memory/block_size_bytes")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	size, err := strconv.ParseUint(strings.TrimSpace(string(text)), 16, 64)
	if err != nil {
		return err
	}
	for _, n := range m.Nodes {
		blocks, err := numbered(nodeDir(n.ID), "memory")
		if err != nil {
			return err
		}
		for _, b := range blocks {
			start := uint64(b) * size
			if last := len(m.Memory) - 1; last >= 0 && m.Memory[last].Node == n.ID && m.Memory[last].End == start {
				m.Memory[last].End += size
				continue
			}
			m.Memory = append(m.Memory, Range{Node: n.ID, Start: start, End: start + size})
		}
	}
	return nil
}

// numbered are the numbers of a directory's entries of one name.
func numbered(dir, name string) ([]int, error) {
	found, err := filepath.Glob(filepath.Join(dir, name+"[0-9]*"))
	if err != nil {
		return nil, err
	}
	var all []int
	for _, f := range found {
		n, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(f), name))
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return all, nil
}
