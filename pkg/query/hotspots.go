package query

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
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
	found, names, err := a.allocators(ctx, true)
	if err != nil {
		return nil, nil, err
	}
	limit := cmp.Or(q.Limit, defaultHotspots)
	h := &Hotspots{Matched: len(found.By)}
	if h.Stacked, err = a.stacked(ctx, found); err != nil {
		return nil, nil, err
	}
	order := a.greatestFirst(found)
	rest := Hotspot{Function: Others, Allocator: export.Allocator{CPUNode: -1, GivenNode: -1}, AllocatedSum: found.Rest}
	for i, at := range order {
		if i >= limit {
			rest.Bytes += found.Sum[at].Bytes
			rest.Count += found.Sum[at].Count
			rest.Sampled = rest.Sampled || found.Sum[at].Sampled
			continue
		}
		h.Rows = append(h.Rows, a.hotspot(found, at, names))
	}
	if len(order) > limit || found.Rest.Count > 0 || found.Rest.Bytes > 0 {
		rest.Share = a.part(rest.AllocatedSum, found.All)
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

// allocators reads who allocated, as far as the query keeps it.
func (a *ask) allocators(ctx context.Context, owners bool) (*export.Allocators, *export.Naming, error) {
	m := a.Manifest
	names, err := a.Source.Naming(ctx, m.Host, m.Run)
	if err != nil {
		return nil, nil, err
	}
	r := export.AllocatorsRequest{Kind: a.metric.Traced, FromNS: a.fromNS, ToNS: a.toNS, Remote: a.Remote, Owners: owners, ByCount: a.byCount()}
	if a.Filter != "" {
		pattern, err := regexp.Compile(a.Filter)
		if err != nil {
			return nil, nil, fmt.Errorf("the filter is not an RE2 pattern: %w", err)
		}
		r.Name = pattern.MatchString
		r.Stack = func(number int64) bool {
			return slices.ContainsFunc(names.Frames(number), func(f export.Frame) bool { return pattern.MatchString(f.Function) })
		}
	}
	found, err := a.Source.Allocators(ctx, m.Host, m.Run, r)
	return found, names, err
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

// greatestFirst orders what was found; what is equal is in an order that does
// not change from query to query.
func (a *ask) greatestFirst(found *export.Allocators) []int {
	order := make([]int, len(found.By))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		x, y := &found.By[i], &found.By[j]
		return cmp.Or(cmp.Compare(a.value(found.Sum[j]), a.value(found.Sum[i])), cmp.Compare(x.Stack, y.Stack), cmp.Compare(x.PID, y.PID),
			cmp.Compare(x.Comm, y.Comm), cmp.Compare(x.Cgroup, y.Cgroup), cmp.Compare(x.CPUNode, y.CPUNode), cmp.Compare(x.GivenNode, y.GivenNode))
	})
	return order
}

func (a *ask) hotspot(found *export.Allocators, at int, names *export.Naming) Hotspot {
	h := Hotspot{Allocator: found.By[at], AllocatedSum: found.Sum[at], Function: NoStack, Share: a.part(found.Sum[at], found.All)}
	frames := framesOf(names, h.Allocator.Stack)
	if len(frames) > 0 {
		h.Function = responsible(frames)
	}
	for _, f := range frames {
		h.Stack = append(h.Stack, f.Function)
	}
	return h
}

func framesOf(names *export.Naming, stack int64) []export.Frame {
	if stack == 0 {
		return nil
	}
	if frames := names.Frames(stack); len(frames) > 0 {
		return frames
	}
	// Rows of stacks may have been lost while those of allocations were not.
	return []export.Frame{{Function: fmt.Sprintf("(stack %d was not recorded)", stack)}}
}

// stacked is what stands beside the rows, notices too.
func (a *ask) stacked(ctx context.Context, found *export.Allocators) (Stacked, error) {
	m := a.Manifest
	s := Stacked{Metric: a.metric, Host: m.Host, Run: m.Run, Emulated: m.Emulated, FromNS: a.fromNS, ToNS: a.toNS, All: found.All}
	t, err := a.Source.TracedSums(ctx, m.Host, m.Run, export.TracedRequest{Table: a.metric.Table, Kind: a.metric.Traced, EdgesNS: []int64{a.fromNS, a.toNS}})
	if err != nil {
		return s, err
	}
	s.Notices = a.notices(&counts{words: a.tracedWords(found.All.Sampled, t)}, false)
	if found.RestMost > 0 {
		s.Notices = append(s.Notices, fmt.Sprintf("More allocators than are held at once: small ones were put together in %s while reading, and each row may lack up to %d of what it is sorted by.", Others, found.RestMost))
	}
	return s, nil
}
