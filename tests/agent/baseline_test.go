package agent_test

import (
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestAShortCommandsAllocationsAreSeen: each node is read before the command
// begins, so that what it allocates before the first tick is in the
// difference.
func TestAShortCommandsAllocationsAreSeen(t *testing.T) {
	const pages = 20000
	out := outDir(t)
	r := start(t, []string{"record", "--out", out, "--", helper, "20000", "0s"}, withEnv(helperVariable+"=touch"))
	if code := r.wait(t); code != 0 {
		t.Fatalf("status %d; stderr:\n%s", code, r.stderr)
	}
	m := onlyRun(t, out)
	if why, _, ok := missing(m, "numa_hit"); ok {
		t.Skipf("[numa] this kernel does not count by node: %s", why)
	}
	type row struct {
		TS   int64  `parquet:"ts"`
		Node int32  `parquet:"node"`
		Hit  *int64 `parquet:"numa_hit,optional"`
	}
	rows, err := parquet.ReadFile[row](filepath.Join(out, m.Host, m.Run, "nodes.000001.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	first, last := map[int32]int64{}, map[int32]int64{}
	for _, r := range rows { // sorted by node and time
		if _, ok := first[r.Node]; !ok {
			first[r.Node] = *r.Hit
		}
		last[r.Node] = *r.Hit
	}
	var placed int64
	for node := range last {
		placed += last[node] - first[node]
	}
	if placed < pages {
		t.Errorf("numa_hit grew by %d in all, and the command touched %d pages", placed, pages)
	}
}
