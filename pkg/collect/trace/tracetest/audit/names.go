package audit

import (
	"cmp"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// names tells the functions of stacks by the run's own tables, as any reader
// of an export has to.
type names struct {
	stacks   map[int64]export.Stack
	mappings map[int32][]export.Mapping
	symbols  map[file][]export.Symbol // by start, then depth
	known    map[int64][]string
}

type file struct{ name, buildID string }

func newNames(r *Run) *names {
	n := &names{stacks: map[int64]export.Stack{}, mappings: map[int32][]export.Mapping{}, symbols: map[file][]export.Symbol{}, known: map[int64][]string{}}
	for _, s := range r.Stacks {
		n.stacks[s.Number] = s
	}
	for _, m := range r.Mappings {
		n.mappings[m.PID] = append(n.mappings[m.PID], m)
	}
	for _, s := range r.Symbols {
		f := file{s.File, s.BuildID}
		n.symbols[f] = append(n.symbols[f], s)
	}
	for _, of := range n.symbols {
		slices.SortFunc(of, func(a, b export.Symbol) int {
			return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Depth, b.Depth))
		})
	}
	return n
}

// Functions are the functions of a stack, innermost first, those that were
// inlined among them; "" is an address that has no name.
func (r *Run) Functions(stack int64) []string {
	if r.names == nil {
		r.names = newNames(r)
	}
	return r.names.functions(stack)
}

func (n *names) functions(stack int64) []string {
	if f, ok := n.known[stack]; ok {
		return f
	}
	s := n.stacks[stack]
	var all []string
	for i, addr := range s.Kernel {
		all = append(all, n.at(0, called(addr, i > 0))...)
	}
	for i, addr := range s.User {
		all = append(all, n.at(s.PID, called(addr, i > 0))...)
	}
	n.known[stack] = all
	return all
}

// called turns an address to return to into one in the call.
func called(addr uint64, returned bool) uint64 {
	if returned {
		return addr - 1
	}
	return addr
}

func (n *names) at(pid int32, addr uint64) []string {
	for _, m := range n.mappings[pid] {
		if addr < m.Start || addr >= m.End {
			continue
		}
		offset := addr - m.Start + m.Offset
		var found []string
		for _, s := range n.symbols[file{m.File, m.BuildID}] {
			if offset >= s.Start && offset < s.End {
				found = append(found, s.Symbol)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return []string{""}
}

// passes tells whether a stack has a function of one of these names in it:
// the name itself, or what a compiler or a package path puts around it.
func (r *Run) passes(stack int64, functions ...string) bool {
	return slices.ContainsFunc(r.Functions(stack), func(f string) bool {
		return slices.ContainsFunc(functions, func(name string) bool { return isNamed(f, name) })
	})
}

func isNamed(function, name string) bool {
	if i := strings.LastIndexByte(function, '/'); i >= 0 {
		function = function[i+1:] // a path of packages
	}
	if base, _, _ := strings.Cut(function, "["); base == name { // of a type
		return true
	}
	rest, ok := strings.CutPrefix(function, name)
	return ok && (rest == "" || rest[0] == '.' || strings.HasPrefix(rest, "_noprof"))
}
