package agent_test

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// TestPlacementOfTheCommand: what the command touched is where the run says.
func TestPlacementOfTheCommand(t *testing.T) {
	t.Parallel()
	const pages = 20000
	out := outDir(t)
	r := start(t, []string{"record", "--out", out, "--placement", "200ms", "--", helper, "20000", "3s"}, withEnv(helperVariable+"=touch"))
	if status := r.wait(t); status != 0 {
		t.Fatalf("status %d: %s", status, r.stderr)
	}
	m := onlyRun(t, out)
	if _, ok := tableOf(m, export.TablePlacement); !ok {
		if why, _, said := missing(m, "placement"); !said {
			t.Fatal("there is no placement, and no reason")
		} else {
			t.Skipf("[numa] %s", why)
		}
	}
	files, err := export.Dir(out)
	if err != nil {
		t.Fatal(err)
	}
	p, err := export.NewReader(files).Placement(context.Background(), m.Host, m.Run, export.PlacementRequest{EdgesNS: []int64{m.StartNS, m.EndNS}})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Processes) != 1 {
		t.Fatalf("looked at %v, want the command alone", p.Processes)
	}
	var bytes int64
	for i, node := range p.Nodes {
		if !slices.ContainsFunc(m.Topology.Nodes, func(n numa.Node) bool { return n.ID == int(node) }) {
			t.Errorf("memory on node %d, which the host does not have", node)
		}
		bytes += p.Bytes[0][i][0]
	}
	if touched := int64(pages * os.Getpagesize()); bytes < touched || bytes > touched+256<<20 {
		t.Errorf("%d bytes, and the command touched %d", bytes, touched)
	}
}

func TestPlacementNever(t *testing.T) {
	t.Parallel()
	out := outDir(t)
	if status := start(t, []string{"record", "--out", out, "--placement", "never", "--", "true"}).wait(t); status != 0 {
		t.Fatalf("status %d", status)
	}
	if _, ok := tableOf(onlyRun(t, out), export.TablePlacement); ok {
		t.Error("there is a table placement")
	}
	if status := start(t, []string{"record", "--out", out, "--placement", "1ms", "--", "true"}).wait(t); status != 2 {
		t.Errorf("status %d of a look each millisecond, want 2", status)
	}
}
