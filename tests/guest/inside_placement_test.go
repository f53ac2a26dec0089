package guest_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect/balancing"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/tests/guest/programs/place/account"
)

// placedRow is what of the placement table is looked at.
type placedRow struct {
	TS        int64   `parquet:"ts"`
	PID       int32   `parquet:"pid"`
	Comm      *string `parquet:"comm,optional"`
	Node      *int32  `parquet:"node,optional"`
	Policy    *string `parquet:"policy,optional"`
	PageBytes int64   `parquet:"page_bytes"`
	Pages     int64   `parquet:"pages"`
	Anon      *int64  `parquet:"anon,optional"`
	Samples   *int64  `parquet:"samples,optional"`
}

// hostRow is what of the counters of scope host is looked at.
type hostRow struct {
	TS       int64  `parquet:"ts"`
	Scope    string `parquet:"scope"`
	Group    string `parquet:"group"`
	Hint     *int64 `parquet:"numa_hint_faults,optional"`
	Balanced *int64 `parquet:"numa_pages_migrated,optional"`
	Migrated *int64 `parquet:"pgmigrate_success,optional"`
}

// looks are the agent's looks at the program within a hold, each as pages by
// policy, node and size of page. One may take long in a translator: those that
// began in the hold's last second are left out.
func (in *inside) looks(h *account.Hold) []map[string]int64 {
	byTime := map[int64]map[string]int64{}
	for _, r := range in.placed {
		at := in.monotonic(r.TS)
		if r.PID != int32(in.account.PID) || at < h.Before.EndedNS || at > h.After.BeganNS-1e9 {
			continue
		}
		if byTime[r.TS] == nil {
			byTime[r.TS] = map[string]int64{}
		}
		if r.Policy == nil || r.Node == nil || *r.Policy == "default" {
			continue // the runtime's own memory is among it
		}
		byTime[r.TS][placedKey(*r.Policy, int(*r.Node), r.PageBytes)] += r.Pages
	}
	var all []map[string]int64
	for _, look := range byTime {
		all = append(all, look)
	}
	return all
}

func placedKey(policy string, node int, pageBytes int64) string {
	return fmt.Sprintf("%s on node %d, pages of %d kB", policy, node, pageBytes>>10)
}

// placedPages: what the agent read of the program's mappings is what the
// program did, in every quiet time.
func (in *inside) placedPages(t *testing.T) {
	want := map[string]int64{} // grows and shrinks with the program's steps
	count := func(policy, step string, sign int64) {
		s := in.step(t, step)
		for node, pages := range s.Maps {
			key := placedKey(policy, node, int64(s.PageBytes))
			if want[key] += sign * int64(pages); want[key] == 0 {
				delete(want, key)
			}
		}
	}
	seen := 0
	compare := func(hold string) {
		for _, look := range in.looks(in.hold(t, hold)) {
			seen++
			if !maps.Equal(look, want) {
				t.Errorf("%s: the agent saw %v, and the program has %v", hold, look, want)
			}
		}
	}
	compare("before bind")
	for n := range insideNodes {
		count(fmt.Sprintf("bind:%d", n), fmt.Sprintf("bind to %d", n), 1)
	}
	compare("after bind")
	count("interleave:0-3", "interleave", 1)
	count("bind:3", "huge pages", 1)
	compare("huge pages")
	count("bind:3", "huge pages", -1)
	count("bind:0", "to be moved", 1)
	compare("before move")
	count("bind:0", "to be moved", -1) // and default from now on
	compare("after move")
	if seen < 2 {
		t.Errorf("%d looks in all holds, want two or more", seen)
	}
}

// countedMigrations: the kernel's counts are those of what the program did to
// pages. Nothing else moves any in this machine.
func (in *inside) countedMigrations(t *testing.T) {
	var rows []hostRow
	for _, r := range in.host {
		if r.Scope == string(export.ScopeHost) && r.Group == balancing.GroupName {
			rows = append(rows, r)
		}
	}
	if len(rows) < 2 {
		t.Fatalf("%d rows of scope host", len(rows))
	}
	first, last := rows[0], rows[len(rows)-1]
	for _, p := range []*int64{first.Hint, first.Balanced, first.Migrated, last.Hint, last.Balanced, last.Migrated} {
		if p == nil {
			t.Fatalf("a count is null: %+v %+v", first, last)
		}
	}
	moved := int64(0)
	for _, node := range in.step(t, "move").On {
		if node == insideNodes-1 {
			moved++
		}
	}
	arrived := int64(0)
	for _, node := range in.step(t, "balance").On {
		if node == 1 {
			arrived++
		}
	}
	hints, balanced, migrated := *last.Hint-*first.Hint, *last.Balanced-*first.Balanced, *last.Migrated-*first.Migrated
	if migrated != moved+balanced {
		t.Errorf("%d pages migrated, want the %d that the program moved and the %d that balancing did", migrated, moved, balanced)
	}
	if balanced < arrived || hints < balanced || arrived == 0 {
		t.Errorf("%d hint faults, %d pages balanced; %d of the program's arrived", hints, balanced, arrived)
	}
}

func (in *inside) programIsNamed(t *testing.T) {
	for _, r := range in.placed {
		if r.Comm == nil || !strings.HasPrefix(*r.Comm, "place") {
			t.Fatalf("a look at %+v, which is not the program", r)
		}
	}
}
