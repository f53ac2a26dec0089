package calibrate

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// TestThisHost calibrates the host of the test: what the kernel counts is
// exact everywhere, and times are there and make sense. How long anything
// takes is not asserted.
func TestThisHost(t *testing.T) {
	info, err := hostinfo.Read(collect.HostRoots())
	if err != nil {
		t.Fatal(err)
	}
	c, err := Run(Options{Roots: collect.HostRoots(), Info: info, CPUs: allowed(t), Quick: true, Say: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.MarshalIndent(c, "", " ")
	t.Logf("%s", b)
	if len(c.Pairs) == 0 || c.Emulated == "" && c.Pairs[0].Why == "" && (c.Pairs[0].LatencyNS == nil || *c.Pairs[0].LatencyNS <= 0 || *c.Pairs[0].BandwidthGB <= 0) {
		t.Errorf("pairs: %+v", c.Pairs)
	}
	permission := perfevent.ReadPermission(collect.HostRoots())
	trust := map[string]export.Trust{}
	for _, v := range c.Events {
		trust[v.Name] = v.Trust
	}
	want := map[string]bool{"minor-faults": true, "task-clock": true, "cpu-clock": permission.MayCountCPUs(), "context-switches": permission.MayCountKernel(), "cpu-migrations": permission.MayCountKernel() && len(allowed(t)) > 1}
	for name, counted := range want {
		if counted && trust[name] != export.Trusted {
			t.Errorf("%s is %q, want trusted", name, trust[name])
		}
	}
}

// TestMemoryThatCannotBeHad leaves its pairs null with the reason, and the
// others are measured: here, a node that the kernel does not have.
func TestMemoryThatCannotBeHad(t *testing.T) {
	info, err := hostinfo.Read(collect.HostRoots())
	if err != nil {
		t.Fatal(err)
	}
	const absent = 900
	info.Topology.Nodes = append(info.Topology.Nodes, numa.Node{ID: absent, MemoryBytes: 1 << 40}, numa.Node{ID: absent + 1, MemoryBytes: 1 << 20})
	c, err := Run(Options{Roots: collect.HostRoots(), Info: info, CPUs: allowed(t), Quick: true, Bytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Pairs) < 3 {
		t.Fatalf("pairs %+v", c.Pairs)
	}
	for _, p := range c.Pairs {
		if p.MemoryNode >= absent && (p.LatencyNS != nil || p.BandwidthGB != nil || p.Why == "") {
			t.Errorf("memory that is not there: %+v", p)
		}
	}
	if why := c.Pairs[len(c.Pairs)-1].Why; !strings.Contains(why, "the node has 1 MiB of memory") {
		t.Errorf("of too little memory it says %q", why)
	}
}
