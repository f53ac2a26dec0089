package numactl

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/numa"
)

const (
	maxNode = 1 << 10 // MAX_NUMNODES
	maxCPU  = 1 << 16 // more than any kernel can have (NR_CPUS ends at 8192)
	maxCPUs = 1 << 20 // of all nodes together, where each lists all
)

// host is what one reading told.
type host struct {
	listed   []int // by the line "available"
	line     int   // of it; 0 is that it was not there
	nodes    map[int]*node
	last     int // the node whose CPUs are read
	matrix   distances
	distLine int
}

type node struct {
	line                      int // of its CPUs
	cpus                      []int
	doubtful                  bool // its CPUs are not all known
	bytes                     int64
	hasCPUs, hasSize, hasFree bool
}

func (h *host) any() bool { return h.line > 0 || len(h.nodes) > 0 || h.matrix.head }

func (h *host) has(id int, what string) bool {
	n := h.nodes[id]
	return n != nil && (what == "cpus" && n.hasCPUs || what == "size" && n.hasSize || what == "free" && n.hasFree) || h.matrix.full() && n == nil
}

func (h *host) node(id int) *node {
	if h.nodes == nil {
		h.nodes = map[int]*node{}
	}
	if h.nodes[id] == nil {
		h.nodes[id] = &node{}
	}
	return h.nodes[id]
}

// number reads a decimal below a bound.
func number(s string, below int) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil && int(n) < below
}

// list reads "0-3,8" or "0, 2-3"; numactl separates by commas.
func list(s string, below int) ([]int, bool) {
	var out []int
	for part := range strings.SplitSeq(s, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		a, okA := number(from, below)
		b, okB := number(to, below)
		if !okA || !okB || a > b || len(out) > 0 && a <= out[len(out)-1] {
			return nil, false
		}
		for ; a <= b; a++ {
			out = append(out, a)
		}
	}
	return out, true
}

// available is the line of how many nodes there are, and which.
func (p *reader) available(count, rest string) error {
	p.host.line = p.lines.Number()
	n, ok := number(count, 2*maxNode)
	if !ok {
		return p.lines.Wrong("the number of nodes")
	}
	f := p.figure("available", imports.ScopeHost, "")
	f.Value, f.Unit = float64(n), "1"
	p.sink.Figure(f)
	inner, found := strings.CutPrefix(rest, "(")
	inner, _, closed := strings.Cut(inner, ")")
	if !found || !closed {
		if rest != "" {
			p.sink.Warn(p.lines.Number(), "which nodes are available is not told here in a form that is known")
		}
		return nil
	}
	if p.host.listed, ok = list(inner, maxNode); !ok {
		return p.lines.Wrong("a list of nodes as (0-3) or (0,2-3)")
	}
	if len(p.host.listed) != n {
		p.sink.Warn(p.lines.Number(), fmt.Sprintf("%d nodes are said to be available, and the list has %d", n, len(p.host.listed)))
	}
	return nil
}

// memory is a node's size, or what of it is free.
func (p *reader) memory(n *node, name, rest string) error {
	f := p.figure(name, imports.ScopeNode, strconv.Itoa(p.host.last))
	f.Unit = "bytes"
	value, unit, _ := strings.Cut(rest, " ")
	unit, note, _ := strings.Cut(strings.TrimSpace(unit), " ")
	mib, err := strconv.ParseUint(value, 10, 40)
	switch {
	case strings.HasPrefix(rest, "<"):
		f.Null, f.Why = true, rest
	case err == nil && (unit == "MB" || unit == "MiB"):
		f.Value = float64(mib) * (1 << 20)
	case p.lines.Cut() && len(rest) < len("123456 MB"):
		p.sink.Warn(p.lines.Number(), "the file ends within this number: it is left out")
		return nil
	default:
		return p.lines.Wrong("a size as 64306 MB")
	}
	if note != "" && !f.Null {
		p.sink.Warn(p.lines.Number(), fmt.Sprintf("what stands behind the size is not read: %.60q", note))
	}
	if name == "size" {
		n.bytes = int64(f.Value)
		f.Column = p.column("meminfo.MemTotal")
	} else {
		f.Column = p.column("meminfo.MemFree")
	}
	p.sink.Figure(f)
	return nil
}

// column is where in the table nodes a figure stands. A second reading
// without a date may be of another host.
func (p *reader) column(name string) string {
	if p.readings > 0 && !p.around.Timed {
		return ""
	}
	return name
}

func (p *reader) figure(name string, scope imports.Scope, instance string) imports.Figure {
	f := imports.NewFigure(p.lines.Number())
	f.Name, f.Scope, f.Instance, f.Kind = name, scope, instance, imports.KindLevel
	p.around.Set(&f)
	if p.readings > 0 {
		f.Labels = map[string]string{"reading": strconv.Itoa(p.readings + 1)}
	}
	return f
}

// finish checks a reading, and gives the first one's topology.
func (p *reader) finish() {
	h := &p.host
	if !h.any() {
		return
	}
	ids := h.check(p)
	if p.readings == 1 && !p.around.Timed {
		p.sink.Warn(max(h.line, h.distLine, 1), "another reading, of the same host or of another one: its numbers are in the table figures, labelled reading, and the topology is the first one's")
	}
	if p.readings > 0 || len(ids) == 0 {
		return
	}
	p.sink.Topology(h.topology(p, ids))
}

// check warns of nodes that one part names and another does not. It gives
// those that are described.
func (h *host) check(p *reader) []int {
	ids := slices.Sorted(maps.Keys(h.nodes))
	if missing := without(h.listed, ids); len(ids) > 0 && len(missing) > 0 {
		p.sink.Warn(h.line, fmt.Sprintf("nodes %v are said to be available, and are not described", missing))
	}
	if more := without(ids, h.listed); h.line > 0 && len(h.listed) > 0 && len(more) > 0 {
		p.sink.Warn(h.line, fmt.Sprintf("nodes %v are described, and are not said to be available", more))
	}
	if h.matrix.head {
		h.matrix.check(p, h.distLine)
	}
	if len(ids) == 0 {
		return slices.Clone(h.matrix.ids)
	}
	if h.matrix.head && !slices.Equal(ids, h.matrix.ids) {
		p.sink.Warn(h.distLine, fmt.Sprintf("the distances are of nodes %v, and nodes %v are described", h.matrix.ids, ids))
	}
	return ids
}

func without(all, known []int) []int {
	return slices.DeleteFunc(slices.Clone(all), func(n int) bool { return slices.Contains(known, n) })
}

func (h *host) topology(p *reader, ids []int) numa.Topology {
	t := numa.Topology{CPUs: []numa.CPU{}, Nodes: []numa.Node{}}
	whole := len(h.matrix.ids) > 0 && len(without(ids, h.matrix.ids)) == 0
	of := map[int]int{}
	for _, id := range ids {
		n := h.node(id)
		x := numa.Node{ID: id, CPUs: []int{}, MemoryBytes: n.bytes}
		if !n.doubtful {
			x.CPUs = append(x.CPUs, n.cpus...)
		}
		for _, cpu := range x.CPUs {
			if other, seen := of[cpu]; seen && other != id {
				if other >= 0 {
					p.sink.Warn(max(n.line, 1), fmt.Sprintf("CPU %d is listed by nodes %d and %d: its node is unknown", cpu, other, id))
				}
				of[cpu] = -1
				continue
			}
			of[cpu] = id
		}
		if row := h.matrix.row(id); whole && row != nil {
			for _, to := range ids {
				x.Distances = append(x.Distances, row[slices.Index(h.matrix.ids, to)])
			}
		}
		t.Nodes = append(t.Nodes, x)
	}
	for _, cpu := range slices.Sorted(maps.Keys(of)) {
		t.CPUs = append(t.CPUs, numa.CPU{ID: cpu, Core: numa.NotTold, Socket: numa.NotTold, Node: of[cpu]})
	}
	return t
}
