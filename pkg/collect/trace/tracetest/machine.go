package tracetest

import (
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
	// BlockBytes and Blocks are sysfs's memory blocks: block i holds the
	// physical addresses from i × BlockBytes on. 0 where the kernel has none.
	BlockBytes uint64      `json:"block_bytes"`
	Blocks     map[int]int `json:"blocks"` // to node
}

// Node is one with CPUs.
type Node struct {
	ID   int   `json:"id"`
	CPUs []int `json:"cpus"`
}

// NodeOfPhysical is the node of a physical address, by sysfs.
func (m *Machine) NodeOfPhysical(address uint64) (int, bool) {
	if m.BlockBytes == 0 {
		return 0, len(m.Nodes) == 1
	}
	node, ok := m.Blocks[int(address/m.BlockBytes)]
	return node, ok
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
	m := &Machine{Kernel: strings.TrimSpace(string(release)), PageBytes: os.Getpagesize(), Blocks: map[int]int{}}
	if text, err := os.ReadFile("/sys/devices/system/memory/block_size_bytes"); err == nil {
		if m.BlockBytes, err = strconv.ParseUint(strings.TrimSpace(string(text)), 16, 64); err != nil {
			return nil, err
		}
	}
	dirs, err := filepath.Glob(filepath.Join(nodesDir, "node[0-9]*"))
	if err != nil {
		return nil, err
	}
	m.Nodes = make([]Node, len(dirs))
	for id := range m.Nodes {
		dir := filepath.Join(nodesDir, fmt.Sprintf("node%d", id))
		m.Nodes[id].ID = id
		if m.Nodes[id].CPUs, err = numbered(dir, "cpu"); err != nil {
			return nil, err
		}
		blocks, err := numbered(dir, "memory")
		if err != nil {
			return nil, err
		}
		for _, b := range blocks {
			m.Blocks[b] = id
		}
	}
	return m, nil
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
