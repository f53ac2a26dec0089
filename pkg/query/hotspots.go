package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// What stands for stacks and rows that have no name.
const (
	NoStack = "(no stack)"
	Others  = "(others)"
)

const (
	defaultHotspots = 100
	defaultBoxes    = 5000
)

// Hotspots answers the view `hotspots`: who allocated most.
type Hotspots struct {
	Stacked
	Rows []Hotspot
	// Matched is how many rows there are without a limit.
	Matched int
}

// Stacked is what the views of stacks have in common.
type Stacked struct {
	Metric       Metric
	Host, Run    string
	Emulated     string
	FromNS, ToNS int64
	// All is of the kind in the time range, whatever the query leaves out.
	All     export.AllocatedSum
	Notices []string
}

// Hotspot is one row: a stack, its owner and two nodes.
type Hotspot struct {
	export.Allocator
	export.AllocatedSum
	// Function is the frame that is responsible: NoStack where there is none,
	// Others in the row of what is beyond the limit.
	Function string
	Stack    []string // innermost first
	Share    float64  // of All; NaN where that is nothing
}

// Place is where the memory lies as seen from the CPU.
func (h *Hotspot) Place(t *numa.Topology) (numa.Place, bool) {
	if h.CPUNode < 0 || h.GivenNode < 0 {
		return 0, false
	}
	if h.CPUNode == h.GivenNode {
		return numa.OwnNode, true
	}
	a, okA := t.SocketOfNode(int(h.CPUNode))
	b, okB := t.SocketOfNode(int(h.GivenNode))
	if !okA || !okB {
		return 0, false
	}
	if a == b {
		return numa.SameSocket, true
	}
	return numa.OtherSocket, true
}

// Hotspots answers the view `hotspots`.
func (s Sources) Hotspots(ctx context.Context, q Query) (*Hotspots, *export.Manifest, error) {
	a, err := s.askStacks(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	found, err := a.allocated(ctx)
	if err != nil {
		return nil, nil, err
	}
	h := &Hotspots{}
	if h.Stacked, err = a.stacked(ctx, found); err != nil {
		return nil, nil, err
	}
	list := found.merged()
	slices.SortFunc(list, a.greaterFirst)
	limit := min(cmp.Or(q.Limit, defaultHotspots), len(list))
	h.Matched = len(list)
	for _, x := range list[:limit] {
		h.Rows = append(h.Rows, a.hotspot(x, found))
	}
	rest := Hotspot{Function: Others, Allocator: export.Allocator{CPUNode: -1, GivenNode: -1}, AllocatedSum: found.rest}
	for _, x := range list[limit:] {
		rest.Add(x.AllocatedSum)
	}
	if rest.Count > 0 || rest.Bytes > 0 {
		rest.Share = a.part(rest.AllocatedSum, found.all)
		h.Rows = append(h.Rows, rest)
	}
	return h, a.Manifest, nil
}

// askStacks is ask, of a metric that is made of stacks.
func (s Sources) askStacks(ctx context.Context, q Query) (ask, error) {
	a, err := s.ask(ctx, q)
	if err != nil {
		return a, err
	}
	if a.metric.Table != export.TableAllocations || a.metric.divides() {
		var have []string
		for _, x := range traced {
			if x.Table == export.TableAllocations && !x.divides() {
				have = append(have, x.Name)
			}
		}
		return a, fmt.Errorf("view %q is made of stacks, which metric %s does not have; it takes %s", q.View, a.metric.Name, strings.Join(have, ", "))
	}
	return a, nil
}

func (a *ask) byCount() bool { return a.metric.Summed == summedWeight }

func (a *ask) value(s export.AllocatedSum) int64 {
	if a.byCount() {
		return s.Count
	}
	return s.Bytes
}

func (a *ask) part(s, of export.AllocatedSum) float64 {
	return float64(a.value(s)) / float64(a.value(of)) // NaN of nothing
}

// greaterFirst orders what was found; what is equal is in an order that does
// not change from query to query.
func (a *ask) greaterFirst(x, y allocatedBy) int {
	return cmp.Or(cmp.Compare(a.value(y.AllocatedSum), a.value(x.AllocatedSum)), cmp.Compare(x.Stack, y.Stack), cmp.Compare(x.PID, y.PID),
		cmp.Compare(x.Comm, y.Comm), cmp.Compare(x.Cgroup, y.Cgroup), cmp.Compare(x.CPUNode, y.CPUNode), cmp.Compare(x.GivenNode, y.GivenNode))
}

func (a *ask) hotspot(x allocatedBy, found *allocated) Hotspot {
	h := Hotspot{Allocator: x.Allocator, AllocatedSum: x.AllocatedSum, Function: NoStack, Share: a.part(x.AllocatedSum, found.all), Stack: found.frames(x.Allocator.Stack)}
	if len(h.Stack) > 0 {
		h.Function = responsible(h.Stack)
	}
	return h
}

// stacked is what stands beside the rows, notices too.
func (a *ask) stacked(ctx context.Context, found *allocated) (Stacked, error) {
	m := a.Manifest
	s := Stacked{Metric: a.metric, Host: m.Host, Run: m.Run, Emulated: m.Emulated, FromNS: a.fromNS, ToNS: a.toNS, All: found.all}
	t, err := a.Source.TracedSums(ctx, m.Host, m.Run, export.TracedRequest{Table: a.metric.Table, Kind: a.metric.Traced, EdgesNS: []int64{a.fromNS, a.toNS}})
	if err != nil {
		return s, err
	}
	s.Notices = a.notices(&counts{words: a.tracedWords(found.all.Sampled, t)}, false)
	s.Notices = append(s.Notices, found.words...)
	return s, nil
}
