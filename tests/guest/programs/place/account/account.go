// Package account is what the program place tells about itself: what it did
// with memory, and what the kernel answered when asked where that memory is.
// A test holds the agent's export against it. It reads and writes nothing but
// JSON.
package account

import (
	"encoding/json"
	"fmt"
	"io"
)

// Account is everything that one execution did. Times are CLOCK_MONOTONIC.
type Account struct {
	PID   int    `json:"pid"`
	Nodes []Node `json:"nodes"`
	Steps []Step `json:"steps"`
	Holds []Hold `json:"holds"`
}

// Node is a node as sysfs describes it.
type Node struct {
	ID          int   `json:"id"`
	CPUs        []int `json:"cpus"`
	MemoryBytes int64 `json:"memory_bytes"`
	Distances   []int `json:"distances"`
}

// Step is one thing done to one area of memory.
type Step struct {
	Name      string `json:"name"`
	CPU       int    `json:"cpu"` // where it was touched from
	Start     uint64 `json:"start"`
	PageBytes uint64 `json:"page_bytes"`
	BeganNS   int64  `json:"began_ns"`
	EndedNS   int64  `json:"ended_ns"`
	// On has the node of every page, by move_pages, or Nowhere.
	On []int `json:"on"`
	// Maps has the pages by node, by numa_maps; pages of PageBytes.
	Maps map[int]int `json:"maps"`
	// Before and After are the nodes around the step.
	Before Reading `json:"before"`
	After  Reading `json:"after"`
}

// Nowhere is the node of a page that is not there.
const Nowhere = -1

// Hold is a time in which nothing was done, between two readings.
type Hold struct {
	Name   string  `json:"name"`
	Before Reading `json:"before"`
	After  Reading `json:"after"`
}

// Reading is numastat and some of meminfo of every node, under the names of
// the agent's nodes table; pages and bytes as there.
type Reading struct {
	BeganNS int64                    `json:"began_ns"`
	EndedNS int64                    `json:"ended_ns"`
	Nodes   map[int]map[string]int64 `json:"nodes"`
}

// Step finds a step by its name.
func (a *Account) Step(name string) (*Step, error) {
	for i := range a.Steps {
		if a.Steps[i].Name == name {
			return &a.Steps[i], nil
		}
	}
	return nil, fmt.Errorf("the program has no step %q", name)
}

// Contains tells whether an address lies in the step's area, and in which
// page.
func (s *Step) Contains(address uint64) (page int, ok bool) {
	if address < s.Start || address >= s.Start+uint64(len(s.On))*s.PageBytes {
		return 0, false
	}
	return int((address - s.Start) / s.PageBytes), true
}

// Write writes the account.
func (a *Account) Write(w io.Writer) error { return json.NewEncoder(w).Encode(a) }

// Read reads one.
func Read(r io.Reader) (*Account, error) {
	a := &Account{}
	if err := json.NewDecoder(r).Decode(a); err != nil {
		return nil, fmt.Errorf("what the program tells about itself: %w", err)
	}
	return a, nil
}
