// Package tracetest are workloads that allocate, grow, move and flush in known
// ways and keep an account of exactly what they did. Tests hold what the
// collector trace tells against it:
//
//	account     what was done, as JSON
//	machine     nodes, their CPUs, and where their memory lies
//	kmalloc     messages and polls: one kernel allocation each, of a known size
//	failed      kernel allocations that cannot succeed
//	pages       memory touched under policies: page frame and node of each page
//	moves       pages moved, and pages that cannot be
//	balance     memory and threads that NUMA balancing moves
//	growths     Go slices that get new arrays
//	heap        Go objects, all of them sampled by the runtime
//	flush       cache lines flushed by the kernel
//	storm       few events that matter among very many that don't
//	tracefs     the kernel's own telling of the same events
//
// They use system calls only, so that one static binary does all of them on
// any machine. Package audit does the comparing. Only tests import either.
package tracetest

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Account is everything that one execution did. Times are CLOCK_MONOTONIC.
type Account struct {
	PID     int      `json:"pid"`
	Machine Machine  `json:"machine"`
	Kmalloc []Batch  `json:"kmalloc,omitempty"`
	Failed  []Batch  `json:"failed,omitempty"`
	Pages   []Area   `json:"pages,omitempty"`
	Moves   []Move   `json:"moves,omitempty"`
	Balance *Balance `json:"balance,omitempty"`
	Growths []Growth `json:"growths,omitempty"`
	Heap    []Site   `json:"heap,omitempty"`
	Flushes []Flush  `json:"flushes,omitempty"`
	// FlushSpan is when all flushes of the machine were listened to.
	FlushSpan Span `json:"flush_span,omitzero"`
}

// Span is a time in which one thread did one thing.
type Span struct {
	Comm    string `json:"comm"`
	TID     int    `json:"tid"`
	CPU     int    `json:"cpu"` // to which the thread was bound; -1 to none
	Node    int    `json:"node"`
	BeganNS int64  `json:"began_ns"`
	EndedNS int64  `json:"ended_ns"`
}

// Contains tells whether a time on the account's clock lies in the span.
func (s *Span) Contains(monotonicNS int64) bool {
	return monotonicNS >= s.BeganNS && monotonicNS <= s.EndedNS
}

// Begin starts an account.
func Begin() (*Account, error) {
	m, err := readMachine()
	if err != nil {
		return nil, fmt.Errorf("look at the machine: %w", err)
	}
	return &Account{PID: os.Getpid(), Machine: *m}, nil
}

// Write writes the account.
func (a *Account) Write(w io.Writer) error { return json.NewEncoder(w).Encode(a) }

// Read reads one.
func Read(r io.Reader) (*Account, error) {
	a := &Account{}
	if err := json.NewDecoder(r).Decode(a); err != nil {
		return nil, fmt.Errorf("what the workload tells about itself: %w", err)
	}
	return a, nil
}
