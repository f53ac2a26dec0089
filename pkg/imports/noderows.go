package imports

import (
	"maps"
	"math"
	"slices"

	"github.com/numalens/numalens/pkg/export"
)

// nodeRows gathers the figures of one moment into rows of the table nodes.
type nodeRows struct {
	rows   *rows
	column map[string]int
	at     int64
	open   map[int]*export.NodeRow // by node
	last   map[int]int64           // time of each node's last row
}

func (n *nodeRows) add(f *Figure, node int, ts int64) {
	if n.at != ts {
		n.flush()
	}
	n.at = ts
	if n.open == nil {
		n.open = map[int]*export.NodeRow{}
	}
	row := n.open[node]
	if row == nil {
		row = &export.NodeRow{TS: ts, Node: int32(node), Values: make([]int64, len(n.column)), Valid: make([]bool, len(n.column))}
		n.open[node] = row
	}
	i := n.column[f.Column]
	if row.Valid[i] {
		n.again(f)
		n.add(f, node, ts)
		return
	}
	if v := math.Round(f.Value); !f.Null && math.Abs(v) < 1<<62 {
		row.Values[i], row.Valid[i] = int64(v), true
	}
}

// again drops a reading that another one of the same moment follows: a file
// with several readings and no times. The last is of when it was written.
func (n *nodeRows) again(f *Figure) {
	n.open = nil
	n.rows.warn(f.Line, "another reading without a time of its own: the last one of the file is placed at its end, the table figures has all")
}

func (n *nodeRows) flush() {
	if n.last == nil {
		n.last = map[int]int64{}
	}
	for _, node := range slices.Sorted(maps.Keys(n.open)) {
		row := n.open[node]
		if last, ok := n.last[node]; ok && row.TS <= last {
			continue // two files of the same moment: the first is kept, figures has both
		}
		n.last[node] = row.TS
		n.rows.w.Node(*row)
		n.rows.wrote(2 + len(row.Values))
	}
	n.open = nil
}
