package hostinfo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

// readDistances gives every node its row of the SLIT. A row that cannot be
// told apart is left out, and said to be.
func (t tree) readDistances(info *Info, nodes []numa.Node, online []int) {
	possible, _ := ParseList(t.sys(nodesDir + "/possible"))
	ids := make([]int, 0, len(nodes))
	for _, n := range nodes {
		ids = append(ids, n.ID)
	}
	var silent []int
	for i := range nodes {
		file := fmt.Sprintf("%s/node%d/distance", nodesDir, nodes[i].ID)
		row, err := parseDistances(t.sys(file), ids, online, possible)
		if err != nil {
			info.miss(fmt.Sprintf("distances of node %d", nodes[i].ID), fmt.Sprintf("%s: %v", t.sysPath(file), err),
				"nothing depends on them but what is shown of the topology")
		}
		if row == nil && err == nil {
			silent = append(silent, nodes[i].ID)
		}
		nodes[i].Distances = row
	}
	if len(silent) > 0 && len(nodes) > 1 {
		info.miss("distances", fmt.Sprintf("nodes %s tell none", FormatList(silent)), "nothing depends on them but what is shown of the topology")
	}
}

// parseDistances reads one row of the SLIT: a value for each node that is
// wanted, in the order of IDs. A kernel prints one for each online node, and
// older ones for each possible node; those that are not wanted are taken out.
func parseDistances(s string, wanted []int, printed ...[]int) ([]int, error) {
	fields := strings.Fields(s)
	if len(fields) == 0 {
		return nil, nil
	}
	ids := wanted
	for _, p := range printed {
		if len(fields) != len(ids) && len(fields) == len(p) {
			ids = p
		}
	}
	if len(fields) != len(ids) {
		return nil, fmt.Errorf("%d distances for %d nodes", len(fields), len(wanted))
	}
	var distances []int
	for i, f := range fields {
		d, err := strconv.ParseUint(f, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("distance %q is not a number", f)
		}
		if slices.Contains(wanted, ids[i]) {
			distances = append(distances, int(d))
		}
	}
	return distances, nil
}
