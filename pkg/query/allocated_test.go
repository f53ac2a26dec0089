package query_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
)

// TestMoreAllocatorsThanAreNamed: short processes make more owners than
// anybody can read of. The great one is found, the sum holds, and what a
// filter could not look at it says.
func TestMoreAllocatorsThanAreNamed(t *testing.T) {
	root := t.TempDir()
	const start, owners = int64(1_767_322_800e9), 70_000
	m := export.Manifest{Host: "h", Run: "r", StartNS: start, Tables: []export.TableInfo{{Name: export.TableAllocations, PeriodNS: 1e9, Scopes: []string{"page"}}}}
	w, err := export.Create(export.WriterOptions{Root: root, KeepFreeBytes: -1}, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Allocation(export.Allocation{TS: start + 1e9, Kind: export.TracedPage, Owner: export.Owner{PID: 1, Comm: "great"}, Bytes: 1 << 30, Count: 1, Weight: 1})
	for i := range owners {
		w.Allocation(export.Allocation{TS: start + 1e9, Kind: export.TracedPage, Owner: export.Owner{PID: int32(2 + i), Comm: "small"}, Stack: 99, Bytes: 4096, Count: 1, Weight: 1})
		if i%10_000 == 0 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Seal(func(m *export.Manifest) { m.EndNS = start + 2e9 }); err != nil {
		t.Fatal(err)
	}
	s := directory(t, root)
	h, _, err := s.Hotspots(context.Background(), query.Query{View: query.ViewHotspots, Metric: "allocations.page", Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Rows) != 3 || h.Rows[0].Comm != "great" || h.Rows[2].Function != query.Others || h.Rows[2].Bytes != (owners-1)*4096 {
		t.Errorf("rows %+v", h.Rows)
	}
	if !says(h.Notices, "looked at one by one") || h.Rows[1].Function != "(stack 99 was not recorded)" {
		t.Errorf("notices %q, row %+v", h.Notices, h.Rows[1])
	}
	h, _, err = s.Hotspots(context.Background(), query.Query{View: query.ViewHotspots, Metric: "allocations.page", Filter: "^great$"})
	if err != nil || len(h.Rows) != 1 || h.Rows[0].Bytes != 1<<30 || !says(h.Notices, "whether the filter finds them") {
		t.Errorf("%v: rows %+v, notices %q", err, h.Rows, h.Notices)
	}
	f, err := s.Flame(context.Background(), query.Query{View: query.ViewFlame, Metric: "allocations.page_count"})
	if err != nil || f.Boxes[0].Value != owners+1 {
		t.Errorf("%v: root %+v", err, f.Boxes[0])
	}
}

func says(notices []string, words string) bool {
	return slices.ContainsFunc(notices, func(n string) bool { return strings.Contains(n, words) })
}

// TestWhyNothingWasTraced: the agent's own reason, where it gave one, the most
// particular.
func TestWhyNothingWasTraced(t *testing.T) {
	m := &export.Manifest{Run: "r"}
	why := func(name string) string {
		x, ok := query.Describe(name)
		if !ok {
			t.Fatalf("no metric %s", name)
		}
		u := query.Available(m, x)
		if u == nil {
			return ""
		}
		return u.Why
	}
	for _, u := range []string{"trace: flush", "trace: migrations", "trace: slices and heap of Go programs", "page faults"} {
		m.Unavailable = append(m.Unavailable, unavailable(u))
	}
	for name, want := range map[string]string{
		"allocations.flush": "no trace: flush", "migrations.tasks": "no trace: migrations", "allocations.heap_count": "no trace: slices and heap of Go programs",
		"allocations.page": "run r did not trace allocations of kind page",
	} {
		if got := why(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	m.Unavailable = append(m.Unavailable, unavailable("tracing by BPF"))
	if got := why("allocations.page"); got != "no tracing by BPF" {
		t.Errorf("page: %q", got)
	}
	// A run names its kinds of allocations; of migrations it has both.
	m.Tables = []export.TableInfo{{Name: export.TableAllocations, Scopes: []string{"page"}}, {Name: export.TableMigrations}}
	for name, available := range map[string]bool{"allocations.page_remote_share": true, "allocations.kmalloc": false, "migrations.pages": true} {
		if got := why(name); (got == "") != available {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func unavailable(feature string) numa.Unavailable {
	return numa.Unavailable{Feature: feature, Why: fmt.Sprint("no ", feature), Remedy: "none"}
}

// TestEventsWithoutSums: a run that was imported has single events, and
// hotspots say so.
func TestEventsWithoutSums(t *testing.T) {
	root := t.TempDir()
	const start = int64(1_767_322_800e9)
	m := export.Manifest{Host: "h", Run: "r", StartNS: start, EndNS: start + 2e9, Tables: []export.TableInfo{{Name: export.TableEvents, Scopes: []string{"page"}}}}
	w, err := export.Create(export.WriterOptions{Root: root, KeepFreeBytes: -1}, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Event(export.Event{TS: start + 1e9, Kind: export.TracedPage, Bytes: 4096, Weight: 1})
	if err := w.Seal(nil); err != nil {
		t.Fatal(err)
	}
	files, err := export.Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	s := query.Sources{{Name: root, Source: export.NewReader(files)}}
	for metric, words := range map[string]string{"allocations.page": "single events of kind page and no sums", "allocations.kmalloc": "did not trace allocations of kind kmalloc"} {
		_, _, err := s.Hotspots(context.Background(), query.Query{View: query.ViewHotspots, Metric: metric})
		var missing *numa.Unavailable
		if !errors.As(err, &missing) || !strings.Contains(missing.Why, words) {
			t.Errorf("%s: %v", metric, err)
		}
	}
}
