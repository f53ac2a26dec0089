package trace

import (
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
)

// BenchmarkOpen is what tracing takes of the agent at its start.
func BenchmarkOpen(b *testing.B) {
	info, err := hostinfo.Read(collect.HostRoots())
	if err != nil {
		b.Fatal(err)
	}
	clock, err := collect.ReadClock()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c, report, err := Open(Options{Roots: collect.HostRoots(), Clock: clock, Topology: &info.Topology, What: Names()})
		if err != nil || c == nil {
			b.Skipf("[bpf] %v %v", err, report.Unavailable)
		}
		c.Close()
	}
}
