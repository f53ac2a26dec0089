package machine

import "fmt"

// Distance is the SLIT value between two nodes: they form a ring, 10 is the
// node itself, and each hop on the shorter way adds 6. Four nodes have 10, 16,
// 22, 16.
func Distance(nodes, from, to int) int {
	hops := from - to
	if hops < 0 {
		hops = -hops
	}
	return 10 + 6*min(hops, nodes-hops)
}

func distances(nodes int) []string {
	var args []string
	for from := range nodes {
		for to := range nodes {
			if from != to {
				args = append(args, "-numa", fmt.Sprintf("dist,src=%d,dst=%d,val=%d", from, to, Distance(nodes, from, to)))
			}
		}
	}
	return args
}
