package guest_test

import (
	"fmt"
	"testing"

	"github.com/numalens/numalens/tests/guest/programs/place/account"
)

// nodeRow is what of the nodes table is looked at.
type nodeRow struct {
	TS            int64  `parquet:"ts"`
	Node          int32  `parquet:"node"`
	Hit           *int64 `parquet:"numa_hit,optional"`
	Miss          *int64 `parquet:"numa_miss,optional"`
	Foreign       *int64 `parquet:"numa_foreign,optional"`
	InterleaveHit *int64 `parquet:"interleave_hit,optional"`
	LocalNode     *int64 `parquet:"local_node,optional"`
	OtherNode     *int64 `parquet:"other_node,optional"`
	MemTotal      *int64 `parquet:"meminfo.MemTotal,optional"`
	AnonPages     *int64 `parquet:"meminfo.AnonPages,optional"`
	HugeTotal     *int64 `parquet:"meminfo.HugePages_Total,optional"`
	HugeFree      *int64 `parquet:"meminfo.HugePages_Free,optional"`
}

// exact are the columns that the kernel counts to the last page whenever it
// is asked, under their names.
func (r *nodeRow) exact() map[string]*int64 {
	return map[string]*int64{
		"numa_hit": r.Hit, "numa_miss": r.Miss, "numa_foreign": r.Foreign, "interleave_hit": r.InterleaveHit,
		"local_node": r.LocalNode, "other_node": r.OtherNode, "meminfo.MemTotal": r.MemTotal,
		"meminfo.HugePages_Total": r.HugeTotal, "meminfo.HugePages_Free": r.HugeFree,
	}
}

func (in *inside) hold(t *testing.T, name string) *account.Hold {
	t.Helper()
	for i := range in.account.Holds {
		if in.account.Holds[i].Name == name {
			return &in.account.Holds[i]
		}
	}
	t.Fatalf("the program has no hold %q", name)
	return nil
}

// rowsIn are a node's rows that were surely read within a hold. A row has the
// time at which its reading began; it had ended when the next one began, so
// the last row is left out.
func (in *inside) rowsIn(t *testing.T, h *account.Hold, node int) []nodeRow {
	t.Helper()
	var rows []nodeRow
	for _, r := range in.nodes[node] {
		if at := in.monotonic(r.TS); at >= h.Before.EndedNS && at <= h.After.BeganNS {
			rows = append(rows, r)
		}
	}
	if len(rows) < 2 {
		t.Fatalf("node %d has %d rows in the hold %q, want two or more", node, len(rows), h.Name)
	}
	return rows[:len(rows)-1]
}

// nodesWhileNothingChanges: between two readings of the program, the agent's
// lie between them; where they are equal, so is the agent's.
func (in *inside) nodesWhileNothingChanges(t *testing.T) {
	equal := 0
	for i := range in.account.Holds {
		h := &in.account.Holds[i]
		for node := range insideNodes {
			before, after := h.Before.Nodes[node], h.After.Nodes[node]
			for _, row := range in.rowsIn(t, h, node) {
				for column, got := range row.exact() {
					if got == nil || *got < before[column] || *got > after[column] {
						t.Errorf("%s: %s of node %d is %s, and the program read %d before and %d after", h.Name, column, node, value(got), before[column], after[column])
					}
					if before[column] == after[column] {
						equal++
					}
				}
			}
		}
	}
	t.Logf("%d values were held to equality", equal)
	if equal == 0 {
		t.Error("nothing stood still")
	}
}

// boundPages: each bound page was taken from its node by a CPU of another. A
// page that the kernel takes so by itself during a hold widens the bounds;
// mostly none is, and both are equal.
func (in *inside) boundPages(t *testing.T) {
	const column = "other_node"
	first, last := in.hold(t, "before bind"), in.hold(t, "after bind")
	for n := range insideNodes {
		row, later := in.rowsIn(t, first, n)[0], in.rowsIn(t, last, n)[0]
		took := int64(len(in.step(t, fmt.Sprintf("bind to %d", n)).On))
		least := last.Before.Nodes[n][column] - first.After.Nodes[n][column]
		most := last.After.Nodes[n][column] - first.Before.Nodes[n][column]
		if saw := *later.OtherNode - *row.OtherNode; saw < least || saw > most || least < took {
			t.Errorf("node %d gave %d pages to CPUs of other nodes; the program read %d to %d, and took %d", n, saw, least, most, took)
		}
	}
}

func (in *inside) hugePagesAreTaken(t *testing.T) {
	h := in.hold(t, "huge pages")
	taken := int64(len(in.step(t, "huge pages").On))
	for n := range insideNodes {
		want := int64(insideHugePages)
		if n == insideNodes-1 {
			want -= taken
		}
		for _, row := range in.rowsIn(t, h, n) {
			if *row.HugeTotal != insideHugePages || *row.HugeFree != want {
				t.Errorf("node %d has %d huge pages, %d free; want %d and %d", n, *row.HugeTotal, *row.HugeFree, insideHugePages, want)
			}
		}
	}
}

// uncounted is what the kernel may hold back of a node's AnonPages: each CPU
// keeps a difference of its own until it exceeds a threshold, 32 pages on
// nodes and CPUs of this size.
const uncounted = 32 * insideNodes * insideCPUs * 4096

// memoryMoves: what move_pages moved is gone from the first node and has come
// to the last, but for what the kernel has not counted yet, and what the
// agent itself took meanwhile, less than a megabyte.
func (in *inside) memoryMoves(t *testing.T) {
	const others = 1 << 20
	moved := int64(len(in.step(t, "move").On)) * 4096
	for n, want := range map[int]int64{0: -moved, insideNodes - 1: moved} {
		before, after := in.rowsIn(t, in.hold(t, "before move"), n), in.rowsIn(t, in.hold(t, "after move"), n)
		got := *after[len(after)-1].AnonPages - *before[len(before)-1].AnonPages
		if got < want-uncounted-others || got > want+uncounted+others {
			t.Errorf("AnonPages of node %d changed by %d kB, and %d kB were moved", n, got>>10, want>>10)
		}
	}
}

func value(v *int64) any {
	if v == nil {
		return "null"
	}
	return *v
}
