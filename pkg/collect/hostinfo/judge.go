package hostinfo

import (
	"fmt"
	"strings"
)

// ownDistance is a node's distance to itself, by the ACPI specification
// (6.5, 5.2.17), which also has every other distance above it.
const ownDistance = 10

// judge says what of the topology cannot be true. It is kept as the host
// tells it: which part is wrong cannot be seen from here.
func judge(info *Info) {
	judgeDistances(info)
	for _, n := range info.Topology.Nodes {
		if n.MemoryBytes == 0 && len(n.CPUs) == 0 {
			info.miss(fmt.Sprintf("node %d", n.ID), "it has neither memory nor CPUs", "memory that is added later, or lent to it, is counted from the next run on")
		}
	}
}

func judgeDistances(info *Info) {
	nodes := info.Topology.Nodes
	var own, near, uneven []string
	for i, n := range nodes {
		for j, d := range n.Distances {
			pair := fmt.Sprintf("%d→%d is %d", n.ID, nodes[j].ID, d)
			switch {
			case i == j && d != ownDistance:
				own = append(own, pair)
			case i != j && d <= ownDistance:
				near = append(near, pair)
			}
			if j > i && len(nodes[j].Distances) > i && nodes[j].Distances[i] != d {
				uneven = append(uneven, fmt.Sprintf("%s, back %d", pair, nodes[j].Distances[i]))
			}
		}
	}
	for _, odd := range []struct {
		what  string
		pairs []string
	}{
		{"a node's distance to itself is 10", own},
		{"a distance to another node is more than 10", near},
		{"distances are the same both ways", uneven},
	} {
		if len(odd.pairs) > 0 {
			info.miss("plausible distances", fmt.Sprintf("%s, but %s", odd.what, some(odd.pairs)),
				"they are shown as the firmware tells them, and prove nothing; update the firmware")
		}
	}
}

// some names a few of many.
func some(all []string) string {
	const few = 4
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:few], ", "), len(all)-few)
}
