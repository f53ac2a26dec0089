package series

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// bench is a host of two sockets, four nodes and 128 CPUs, with two groups of
// four hardware events, software events, units and the table of nodes: what
// docs/engine.md sizes a fleet by.
func bench() (*Run, func(ts int64)) {
	m := &export.Manifest{Host: "bench1.example.org", Run: "20261124T065040Z", StartNS: 1000 * second, Tables: []export.TableInfo{
		{Name: export.TableCounters, PeriodNS: second / 10, ScopePeriodNS: map[string]int64{"host": second, "agent": second, "uncore": second}},
		{Name: export.TableNodes, PeriodNS: second}, {Name: export.TableSamples, Scopes: []string{"minor-fault"}}}}
	for n := range 4 {
		m.Topology.Nodes = append(m.Topology.Nodes, numa.Node{ID: n, MemoryBytes: 1 << 37, Distances: []int{10, 12, 20, 20}})
		for c := range 32 {
			m.Topology.CPUs = append(m.Topology.CPUs, numa.CPU{ID: 32*n + c, Node: n, Socket: n / 2})
			m.Topology.Nodes[n].CPUs = append(m.Topology.Nodes[n].CPUs, 32*n+c)
		}
		m.Units = append(m.Units, export.Unit{PMU: "uncore_imc_0", Socket: n / 2, Node: n})
	}
	scopes := []export.Scope{export.ScopeCPU, export.ScopeCPU, export.ScopeCPU, export.ScopeUncore, export.ScopeHost, export.ScopeAgent}
	for g, events := range []int{4, 4, 5, 2, 8, 3} {
		group := export.Group{Name: fmt.Sprintf("group%d", g)}
		for e := range events {
			group.Events = append(group.Events, export.GroupEvent{Name: fmt.Sprintf("mem_load_l3_miss_retired.event_%d_%d", g, e), Unit: "1", Help: "Loads that some level of memory served, as the vendor says it.", Meaning: numa.DRAMLoadsLocal, Proven: true})
		}
		m.Groups = append(m.Groups, group)
	}
	columns := slices.Clone(DefaultColumns())
	r := New(m, columns, Options{})
	n := int64(0)
	return r, func(ts int64) {
		n++
		for g, group := range m.Groups {
			instances := map[export.Scope]int{export.ScopeCPU: 128, export.ScopeUncore: 4}[scopes[g]]
			for i := range max(instances, 1) {
				if instances != 128 && ts%second != 0 {
					continue
				}
				row := export.CounterRow{TS: ts, Scope: scopes[g], Instance: int32(i), Group: g, Enabled: ts, Running: ts}
				for e := range group.Events {
					row.Values = append(row.Values, n*int64(1000*e+77*i))
				}
				r.Counter(&row)
			}
		}
		if ts%second == 0 {
			for node := range int32(4) {
				values := make([]int64, len(columns))
				for i := range values {
					values[i] = n*int64(i+7) + int64(node)<<20
				}
				r.Node(&export.NodeRow{TS: ts, Node: node, Values: values})
				r.Sample(&export.Sample{TS: ts, Kind: export.MinorFault, CPU: 32 * node, MemNode: int32(n) % 4, Weight: 100})
			}
		}
	}
}

// TestSizeOfAHost tells how much a host sends; docs/engine.md has the figures.
func TestSizeOfAHost(t *testing.T) {
	r, at := bench()
	var last Tick
	for ts := 1000 * second; ts < 1120*second; ts += second / 10 {
		at(ts)
		if tick, ok := r.Due(ts); ok {
			last = tick
		}
	}
	plain := snappy.Encode(nil, Encode(nil, nil, last.MS, last.Samples))
	infos := snappy.Encode(nil, Encode(nil, nil, last.MS, r.Infos()))
	perSecond := float64(len(plain))/10 + float64(len(infos))/60
	t.Logf("%d series, %d that describe it, %d bytes a tick, %d a minute of descriptions, %.0f bytes/s", len(last.Samples), len(r.Infos()), len(plain), len(infos), perSecond)
	if len(last.Samples) < 150 || len(last.Samples) > 250 || len(r.Infos()) > 60 || perSecond > 1500 {
		t.Error("a host sends another amount than docs/engine.md says; measure anew")
	}
}

// BenchmarkHost is a second of that host: 128 CPUs read ten times.
func BenchmarkHost(b *testing.B) {
	r, at := bench()
	ts := 1000 * second
	var took time.Duration
	for b.Loop() {
		for range 10 {
			at(ts)
			ts += second / 10
		}
		began := time.Now()
		if tick, ok := r.Due(ts); ok {
			_ = snappy.Encode(nil, Encode(nil, nil, tick.MS, tick.Samples))
		}
		took += time.Since(began)
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns-ticks/op")
}
