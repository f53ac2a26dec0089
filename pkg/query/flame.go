package query

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/numalens/numalens/pkg/export"
)

// Flame answers the view `flame`: the same sums as hotspots, by frame.
type Flame struct {
	Stacked
	Boxes []Box // depth first, a parent before its children
	// Total is how many boxes there are without a limit.
	Total int
}

// Box is one box of a flame. Its value is its self and its children's values.
type Box struct {
	Level       int
	Label       string
	Value, Self int64
	Node        int32 // given; -1 is not known, and of the root
	// Remote is the share of the value that is on another node than the CPU's,
	// of what is known of both; NaN where nothing is.
	Remote float64
}

// The labels of a flame's root and of what was given on no known node.
const (
	flameRoot   = "all"
	unknownNode = "node not known"
)

// Flame answers the view `flame`.
func (s Sources) Flame(ctx context.Context, q Query) (*Flame, error) {
	a, err := s.askStacks(ctx, q)
	if err != nil {
		return nil, err
	}
	found, err := a.allocated(ctx)
	if err != nil {
		return nil, err
	}
	f := &Flame{}
	if f.Stacked, err = a.stacked(ctx, found); err != nil {
		return nil, err
	}
	root := &branch{label: flameRoot, node: -1}
	for _, x := range found.by {
		path := []string{unknownNode}
		if x.GivenNode >= 0 {
			path[0] = fmt.Sprintf("node %d", x.GivenNode)
		}
		frames := found.frames(x.Stack)
		if frames == nil {
			path = append(path, NoStack)
		}
		for _, name := range slices.Backward(frames) {
			path = append(path, name)
		}
		root.add(path, x.GivenNode, weighed(a.value(x.AllocatedSum), &x.Allocator))
	}
	if rest := a.value(found.rest); rest > 0 {
		root.add([]string{Others}, -1, weight{value: rest})
	}
	f.Boxes, f.Total = boxes(root, cmp.Or(a.Limit, defaultBoxes))
	return f, nil
}

// weight is a value, and how much of it is known to be remote.
type weight struct{ value, known, remote int64 }

func weighed(value int64, by *export.Allocator) weight {
	w := weight{value: value}
	if remote, known := by.Remote(); known {
		w.known = value
		if remote {
			w.remote = value
		}
	}
	return w
}

// branch is a box on its way, with its children by label.
type branch struct {
	weight
	label    string
	node     int32
	level    int
	self     int64
	children []*branch
	at       map[string]*branch
}

// add enters a stack's weight along its path.
func (b *branch) add(path []string, node int32, w weight) {
	for {
		b.value, b.known, b.remote = b.value+w.value, b.known+w.known, b.remote+w.remote
		if len(path) == 0 {
			b.self += w.value
			return
		}
		b, path = b.child(path[0], node), path[1:]
	}
}

func (b *branch) child(label string, node int32) *branch {
	if c := b.at[label]; c != nil {
		return c
	}
	if b.at == nil {
		b.at = map[string]*branch{}
	}
	c := &branch{label: label, node: node, level: b.level + 1}
	b.at[label] = c
	b.children = append(b.children, c)
	return c
}

// walk visits a branch and all that grow from it, parents first.
func (b *branch) walk(visit func(*branch)) {
	visit(b)
	for _, c := range b.children {
		c.walk(visit)
	}
}

// boxes lays the tree out, of at most limit boxes: the greatest of all, and
// for each box of which some children are left out one of these together.
func boxes(root *branch, limit int) (out []Box, total int) {
	var all []*branch
	root.walk(func(b *branch) { all = append(all, b) })
	// A parent is as great as its child, and comes before it.
	slices.SortStableFunc(all, func(a, b *branch) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.level, b.level))
	})
	shown := all
	if len(all) > limit {
		shown = all[:most(all, limit)]
	}
	keep := make(map[*branch]bool, len(shown))
	for _, b := range shown {
		keep[b] = true
	}
	return root.lay(keep, nil), len(all)
}

// most is how many of the greatest boxes fit, with those that stand for what
// is left out. One more box never needs fewer: it may end its parent's, and
// begin its own.
func most(all []*branch, limit int) int {
	parents := make(map[*branch]*branch, len(all))
	for _, b := range all {
		for _, c := range b.children {
			parents[c] = b
		}
	}
	return max(1, sort.Search(len(all), func(k int) bool {
		left := map[*branch]int{}
		others := 0
		for _, b := range all[:k+1] {
			if left[b] = len(b.children); left[b] > 0 {
				others++
			}
			if p := parents[b]; p != nil {
				if left[p]--; left[p] == 0 {
					others--
				}
			}
		}
		return k+1+others > limit
	}))
}

// lay appends a branch's boxes, depth first.
func (b *branch) lay(keep map[*branch]bool, out []Box) []Box {
	out = append(out, b.box())
	slices.SortStableFunc(b.children, func(x, y *branch) int {
		return cmp.Or(cmp.Compare(y.value, x.value), cmp.Compare(x.label, y.label))
	})
	others := branch{label: Others, node: b.node, level: b.level + 1}
	for _, c := range b.children {
		if keep[c] && c.label != Others {
			out = c.lay(keep, out)
			continue
		}
		others.value, others.known, others.remote = others.value+c.value, others.known+c.known, others.remote+c.remote
	}
	if others.value > 0 {
		others.self = others.value
		out = append(out, others.box())
	}
	return out
}

func (b *branch) box() Box {
	out := Box{Level: b.level, Label: b.label, Value: b.value, Self: b.self, Node: b.node, Remote: math.NaN()}
	if b.known > 0 {
		out.Remote = float64(b.remote) / float64(b.known)
	}
	return out
}
