// Package collecttest helps the collectors' tests: a sink that keeps rows, a
// workload of known page faults, and ways to run a test as a plain user and
// behind a seccomp filter. Only tests import it.
package collecttest

import (
	"os"
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/collect/launch"
	"github.com/numalens/numalens/pkg/export"
)

// Main is to be called by TestMain. The test binary is also the program that
// is launched and the workload that runs.
func Main(m *testing.M) {
	launch.Shim()
	if len(os.Args) > 1 && os.Args[1] == workloadName {
		os.Exit(runWorkload(os.Args[2:]))
	}
	if os.Getenv(seccompVariable) != "" {
		if err := refusePerfEvents(); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// Rows is a sink that keeps copies of everything.
type Rows struct {
	Counters    []export.CounterRow
	Nodes       []export.NodeRow
	Samples     []export.Sample
	Placed      []export.PlacementRow
	Allocations []export.Allocation
	Events      []export.Event
	Migrations  []export.Migration
	Stacks      []export.Stack
	Mappings    []export.Mapping
	Symbols     []export.Symbol
	Notes       []export.Note
}

// Counter implements collect.Sink.
func (r *Rows) Counter(row export.CounterRow) {
	row.Values = slices.Clone(row.Values)
	r.Counters = append(r.Counters, row)
}

// Node implements collect.Sink.
func (r *Rows) Node(row export.NodeRow) {
	row.Values, row.Valid = slices.Clone(row.Values), slices.Clone(row.Valid)
	r.Nodes = append(r.Nodes, row)
}

// Sample implements collect.Sink.
func (r *Rows) Sample(s export.Sample) { r.Samples = append(r.Samples, s) }

// Placement implements collect.Sink.
func (r *Rows) Placement(row export.PlacementRow) { r.Placed = append(r.Placed, row) }

// Note implements collect.Sink.
func (r *Rows) Note(n export.Note) { r.Notes = append(r.Notes, n) }

// Allocation implements collect.Sink.
func (r *Rows) Allocation(row export.Allocation) { r.Allocations = append(r.Allocations, row) }

// Event implements collect.Sink.
func (r *Rows) Event(row export.Event) { r.Events = append(r.Events, row) }

// Migration implements collect.Sink.
func (r *Rows) Migration(row export.Migration) { r.Migrations = append(r.Migrations, row) }

// Stack implements collect.Sink.
func (r *Rows) Stack(row export.Stack) { r.Stacks = append(r.Stacks, row) }

// Mapping implements collect.Sink.
func (r *Rows) Mapping(row export.Mapping) { r.Mappings = append(r.Mappings, row) }

// Symbol implements collect.Sink.
func (r *Rows) Symbol(row export.Symbol) { r.Symbols = append(r.Symbols, row) }

// Discard is a sink that keeps nothing.
type Discard struct{}

// Allocation implements collect.Sink.
func (Discard) Allocation(export.Allocation) {}

// Event implements collect.Sink.
func (Discard) Event(export.Event) {}

// Migration implements collect.Sink.
func (Discard) Migration(export.Migration) {}

// Stack implements collect.Sink.
func (Discard) Stack(export.Stack) {}

// Mapping implements collect.Sink.
func (Discard) Mapping(export.Mapping) {}

// Symbol implements collect.Sink.
func (Discard) Symbol(export.Symbol) {}

// Counter implements collect.Sink.
func (Discard) Counter(export.CounterRow) {}

// Node implements collect.Sink.
func (Discard) Node(export.NodeRow) {}

// Sample implements collect.Sink.
func (Discard) Sample(export.Sample) {}

// Placement implements collect.Sink.
func (Discard) Placement(export.PlacementRow) {}

// Note implements collect.Sink.
func (Discard) Note(export.Note) {}
