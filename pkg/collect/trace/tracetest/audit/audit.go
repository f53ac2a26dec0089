// Package audit holds what the collector trace told of a run against the
// account of a workload of package tracetest: event by event where all were
// kept, by sums, and by weighted sums where they were sampled.
//
//	audit      the run's rows, from an export or from a test's sink
//	rows       the tables as Parquet has them
//	names      the functions of a stack
//	ledger     what does not agree, a few of each kind
//	counts     what the collector counted, and whether it adds up
//	events     which events belong to which part of an account
//	…          one file for each kind of workload
//
// It has no opinion about rates and times, but that what happened within a
// span of the account was told to have happened then.
package audit

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
)

// Run is what was told.
type Run struct {
	Clock       export.Clock
	Manifest    *export.Manifest // nil where there is no export
	Allocations []export.Allocation
	Events      []export.Event
	Migrations  []export.Migration
	Stacks      []export.Stack
	Mappings    []export.Mapping
	Symbols     []export.Symbol
	Notes       []export.Note
	Counts      map[export.Traced]Counts

	names *names
}

// Open reads the one run below an export's root, which is sealed.
func Open(ctx context.Context, root string) (*Run, error) {
	found, err := filepath.Glob(filepath.Join(root, "*", "*", "run.json"))
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d runs below %s, want one", len(found), root)
	}
	dir := filepath.Dir(found[0])
	files, err := export.Dir(root)
	if err != nil {
		return nil, err
	}
	host, run := filepath.Base(filepath.Dir(dir)), filepath.Base(dir)
	reader := export.NewReader(files)
	m, err := reader.Manifest(ctx, host, run)
	if err != nil {
		return nil, err
	}
	r := &Run{Clock: m.Clock, Manifest: m, Counts: map[export.Traced]Counts{}}
	if r.Notes, err = reader.Notes(ctx, host, run); err != nil {
		return nil, err
	}
	return r, r.readTables(dir)
}

// Of is a run that a test's sink took.
func Of(rows *collecttest.Rows, clock export.Clock) *Run {
	return &Run{Clock: clock, Allocations: rows.Allocations, Events: rows.Events, Migrations: rows.Migrations, Stacks: rows.Stacks,
		Mappings: rows.Mappings, Symbols: rows.Symbols, Notes: rows.Notes, Counts: map[export.Traced]Counts{}}
}

// monotonic is a row's time on the account's clock.
func (r *Run) monotonic(ts int64) int64 { return ts - r.Clock.WallNS + r.Clock.MonotonicNS }
