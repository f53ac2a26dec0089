//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/numalens/numalens/tests/guest/programs/place/account"
)

const nodesDir = "/sys/devices/system/node"

// readNodes describes the nodes; the guest's have no holes.
func readNodes() ([]account.Node, error) {
	dirs, err := filepath.Glob(filepath.Join(nodesDir, "node[0-9]*"))
	if err != nil {
		return nil, err
	}
	nodes := make([]account.Node, len(dirs))
	for id := range nodes {
		n := &nodes[id]
		n.ID = id
		distances, err := os.ReadFile(filepath.Join(nodeDir(id), "distance"))
		if err != nil {
			return nil, err
		}
		if n.Distances, err = numbers(strings.Fields(string(distances))); err != nil {
			return nil, err
		}
		if n.CPUs, err = cpusOf(id); err != nil {
			return nil, err
		}
		values, err := readNode(id)
		if err != nil {
			return nil, err
		}
		n.MemoryBytes = values["meminfo.MemTotal"]
	}
	return nodes, nil
}

func nodeDir(id int) string { return filepath.Join(nodesDir, fmt.Sprintf("node%d", id)) }

// cpusOf finds a node's CPUs by its links to them.
func cpusOf(id int) ([]int, error) {
	links, err := filepath.Glob(filepath.Join(nodeDir(id), "cpu[0-9]*"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range links {
		names = append(names, strings.TrimPrefix(filepath.Base(l), "cpu"))
	}
	return numbers(names)
}

func numbers(words []string) ([]int, error) {
	var all []int
	for _, w := range words {
		n, err := strconv.Atoi(w)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// read reads every node, with the time around it.
func read(nodes []account.Node) (account.Reading, error) {
	r := account.Reading{BeganNS: now(), Nodes: map[int]map[string]int64{}}
	for _, n := range nodes {
		values, err := readNode(n.ID)
		if err != nil {
			return r, err
		}
		r.Nodes[n.ID] = values
	}
	r.EndedNS = now()
	return r, nil
}

// readNode reads numastat, and of meminfo what the steps change.
func readNode(id int) (map[string]int64, error) {
	values := map[string]int64{}
	stat, err := os.ReadFile(filepath.Join(nodeDir(id), "numastat"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(stat)) {
		var name string
		var value int64
		if _, err := fmt.Sscan(line, &name, &value); err != nil {
			return nil, fmt.Errorf("numastat of node %d: %w", id, err)
		}
		values[name] = value
	}
	info, err := os.ReadFile(filepath.Join(nodeDir(id), "meminfo"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(info)) {
		var node, value int64
		var name, unit string
		if n, _ := fmt.Sscanf(line, "Node %d %s %d %s", &node, &name, &value, &unit); n < 3 {
			return nil, fmt.Errorf("meminfo of node %d: line %q", id, line)
		}
		name = "meminfo." + strings.TrimSuffix(name, ":")
		switch name {
		case "meminfo.MemTotal", "meminfo.AnonPages":
			values[name] = value << 10
		case "meminfo.HugePages_Total", "meminfo.HugePages_Free":
			values[name] = value
		}
	}
	return values, nil
}
