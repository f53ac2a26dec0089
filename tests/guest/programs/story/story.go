// Package story is what the programs of the demo's stories share: threads
// bound to CPUs, memory of which the node is known, and the journal that each
// program prints of what it did.
//
//	remote    workers read arrays that one thread touched first, or each its own
//	sharing   workers count in one cache line, or each in its own
//	migrate   a worker leaves its memory behind, which then follows
//
// The journal is the ground on which a recording is checked: package stories
// compares the counts with it. It leaves out what the plugin alone can know.
package story

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Place is a CPU and its node.
type Place struct{ CPU, Node int }

// Places are all CPUs that are online, by their numbers.
func Places() ([]Place, error) {
	found, err := filepath.Glob("/sys/devices/system/node/node[0-9]*/cpu[0-9]*")
	if err != nil {
		return nil, err
	}
	var places []Place
	for _, path := range found {
		var p Place
		if _, err := fmt.Sscanf(filepath.Base(path), "cpu%d", &p.CPU); err != nil {
			continue // cpulist, cpumap
		}
		if _, err := fmt.Sscanf(filepath.Base(filepath.Dir(path)), "node%d", &p.Node); err != nil {
			continue
		}
		places = append(places, p)
	}
	if len(places) == 0 {
		return nil, fmt.Errorf("the kernel lists no CPU of any node below /sys/devices/system/node")
	}
	slices.SortFunc(places, func(a, b Place) int { return a.CPU - b.CPU })
	return places, nil
}

// OnePerNode are the first CPUs of all nodes.
func OnePerNode(places []Place) []Place {
	var first []Place
	for _, p := range places {
		if !slices.ContainsFunc(first, func(q Place) bool { return q.Node == p.Node }) {
			first = append(first, p)
		}
	}
	return first
}

// First is the first CPU of a node.
func First(places []Place, node int) (Place, error) {
	i := slices.IndexFunc(places, func(p Place) bool { return p.Node == node })
	if i < 0 {
		return Place{}, fmt.Errorf("node %d has no CPU", node)
	}
	return places[i], nil
}

// Main runs a program and prints its journal.
func Main(run func(*Journal) error) {
	j := &Journal{Program: filepath.Base(os.Args[0]), Arguments: os.Args[1:], BeganNS: wall()}
	err := run(j)
	j.EndedNS = wall()
	if err == nil {
		err = j.print(os.Stdout)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", j.Program, err)
		os.Exit(1)
	}
}

func wall() int64 { return time.Now().UnixNano() }
