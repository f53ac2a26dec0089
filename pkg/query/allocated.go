package query

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// allocated is who allocated within a time range, as far as the query keeps
// it, and the names of the stacks.
type allocated struct {
	by    []allocatedBy
	names *export.Naming
	all   export.AllocatedSum // of the kind, whatever the query leaves out
	rest  export.AllocatedSum // of small ones that no name was looked up for
	words []string
	// functions are the frames of each stack, by its number.
	functions map[int64][]string
}

type allocatedBy struct {
	export.Allocator
	export.AllocatedSum
}

// mostNamed bounds how many allocators' stacks are named; a flame of more
// boxes than that, or a table of more rows, nobody reads.
const mostNamed = 1 << 16

// allocated reads who allocated, names the stacks, and keeps what the filter
// finds.
func (a *ask) allocated(ctx context.Context) (*allocated, error) {
	m := a.Manifest
	found, err := a.Source.Allocators(ctx, m.Host, m.Run, export.AllocatorsRequest{
		Kind: a.metric.Traced, FromNS: a.fromNS, ToNS: a.toNS, Remote: a.Remote, Owners: a.View == ViewHotspots || a.Filter != "", ByCount: a.byCount()})
	if err != nil {
		return nil, err
	}
	out := &allocated{all: found.All, rest: found.Rest, functions: map[int64][]string{}}
	for i, by := range found.By {
		out.by = append(out.by, allocatedBy{by, found.Sum[i]})
	}
	slices.SortFunc(out.by, a.greaterFirst)
	for _, x := range out.by[min(len(out.by), mostNamed):] {
		out.rest.Add(x.AllocatedSum)
	}
	out.by = out.by[:min(len(out.by), mostNamed)]
	numbers := make([]int64, len(out.by))
	for i, x := range out.by {
		numbers[i] = x.Stack
	}
	if out.names, err = a.Source.Naming(ctx, m.Host, m.Run, numbers); err != nil {
		return nil, err
	}
	a.sayRest(out, found.RestMost)
	return out, a.filter(out)
}

// sayRest says what it means that some were too many.
func (a *ask) sayRest(out *allocated, most int64) {
	switch {
	case out.rest.Count == 0 && out.rest.Bytes == 0:
		return
	case a.Filter != "":
		out.words = append(out.words, "There are more allocators in this time range than are looked at one by one: of the smallest it is not known whether the filter finds them, and they are left out.")
		out.rest = export.AllocatedSum{}
	default:
		out.words = append(out.words, fmt.Sprintf("There are more allocators in this time range than are looked at one by one: the smallest are in %s.", Others))
	}
	if most > 0 {
		out.words = append(out.words, fmt.Sprintf("What is shown of an allocator may lack up to %d of what it is sorted by.", most))
	}
}

// filter keeps the allocators in whose stack, or thread's or container's name
// the pattern is found.
func (a *ask) filter(out *allocated) error {
	if a.Filter == "" {
		return nil
	}
	pattern, err := regexp.Compile(a.Filter)
	if err != nil {
		return fmt.Errorf("the filter is not an RE2 pattern: %w", err)
	}
	stacks := map[int64]bool{}
	matches := func(number int64) bool {
		found, asked := stacks[number]
		if !asked {
			found = slices.ContainsFunc(out.frames(number), pattern.MatchString)
			stacks[number] = found
		}
		return found
	}
	out.by = slices.DeleteFunc(out.by, func(x allocatedBy) bool {
		return !(x.Comm != "" && pattern.MatchString(x.Comm) || x.Container != "" && pattern.MatchString(x.Container) || matches(x.Stack))
	})
	return nil
}

// frames are a stack's functions, innermost first.
func (out *allocated) frames(stack int64) []string {
	if stack == 0 {
		return nil
	}
	if list, ok := out.functions[stack]; ok {
		return list
	}
	var list []string
	for _, f := range out.names.Frames(stack) {
		list = append(list, f.Function)
	}
	if list == nil {
		// Rows of stacks may have been lost while those of allocations were not.
		list = []string{fmt.Sprintf("(stack %d was not recorded)", stack)}
	}
	out.functions[stack] = list
	return list
}

// merged puts together what differs in addresses only: calls from two places
// of one function are one row to who reads names.
func (out *allocated) merged() []allocatedBy {
	first := map[string]int64{}
	same := map[int64]int64{}
	at := map[export.Allocator]int{}
	var list []allocatedBy
	for _, x := range out.by {
		number, ok := same[x.Stack]
		if !ok {
			text := strings.Join(out.frames(x.Stack), "\n")
			if number, ok = first[text]; !ok {
				number = x.Stack
				first[text] = number
			}
			same[x.Stack] = number
		}
		x.Stack = number
		i, ok := at[x.Allocator]
		if !ok {
			at[x.Allocator] = len(list)
			list = append(list, x)
			continue
		}
		list[i].Add(x.AllocatedSum)
	}
	return list
}
