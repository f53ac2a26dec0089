package query_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
)

// recordBusy records rows of allocations, a drain a second, each of so many
// owners drawn from a larger number, in sealed segments of 15 minutes.
func recordBusy(t testing.TB, seconds, rows, owners int) string {
	t.Helper()
	root := t.TempDir()
	const start = int64(1_767_322_800e9)
	m := export.Manifest{Host: "h", Run: "r", StartNS: start, Tables: []export.TableInfo{{Name: export.TableAllocations, PeriodNS: 1e9, Scopes: []string{"page"}}}}
	for n := range 4 {
		m.Topology.Nodes = append(m.Topology.Nodes, numa.Node{ID: n, CPUs: []int{n}})
		m.Topology.CPUs = append(m.Topology.CPUs, numa.CPU{ID: n, Node: n, Socket: n / 2})
	}
	w, err := export.Create(export.WriterOptions{Root: root, KeepFreeBytes: -1, MaxBytes: -1, Rotate: 1 << 62}, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	for s := range int64(2000) {
		stack := export.Stack{TS: start, Number: s + 1, PID: int32(100 + s%50)}
		for d := range uint64(20) {
			stack.User = append(stack.User, 0x400000+uint64(s)*64+d)
		}
		w.Stack(stack)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for s := 1; s <= seconds; s++ {
		for range rows {
			k := rng.IntN(owners)
			w.Allocation(export.Allocation{TS: start + int64(s)*1e9, Kind: export.TracedPage, Stack: int64(k%2000 + 1), CPUNode: int32(k % 4), GivenNode: int32(k / 4 % 4),
				Owner: export.Owner{PID: int32(100 + k), Comm: fmt.Sprint("comm", k%50), Cgroup: "/a/b"}, Bytes: 4096 * int64(1+rng.IntN(9)), Count: 3, Weight: 3})
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if s%900 == 0 {
			if err := w.Rotate(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Seal(func(m *export.Manifest) { m.EndNS = start + int64(seconds)*1e9 }); err != nil {
		t.Fatal(err)
	}
	return root
}

// BenchmarkHotspots asks an hour of 2,000 rows a second, of 20,000 owners:
// with nothing decoded, then as a dashboard that refreshes does, then of its
// newest quarter, which is no whole segment.
func BenchmarkHotspots(b *testing.B) {
	root := recordBusy(b, 3600, 2000, 20_000)
	open := func() query.Sources {
		files, err := export.Dir(root)
		if err != nil {
			b.Fatal(err)
		}
		return query.Sources{{Name: root, Source: export.NewReader(files)}}
	}
	const start = 1_767_322_800e3
	hour := query.Query{View: query.ViewHotspots, Metric: "allocations.page"}
	quarter := hour
	quarter.From, quarter.To = start+40*60e3, start+55*60e3
	series := query.Query{View: query.ViewSeries, Metric: "allocations.page_remote_share", Columns: 1000}
	ask := func(b *testing.B, s query.Sources, q query.Query) {
		var err error
		switch q.View {
		case query.ViewHotspots:
			_, _, err = s.Hotspots(context.Background(), q)
		case query.ViewFlame:
			_, err = s.Flame(context.Background(), q)
		default:
			_, err = s.Grid(context.Background(), q)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	flame, filtered := hour, hour
	flame.View, filtered.Filter = query.ViewFlame, "comm1"
	for _, c := range []struct {
		name string
		q    query.Query
	}{{"hour", hour}, {"quarter", quarter}, {"flame", flame}, {"filter", filtered}, {"series", series}} {
		b.Run(c.name+"/cold", func(b *testing.B) {
			for b.Loop() {
				ask(b, open(), c.q)
			}
			b.ReportMetric(float64(peakHeap())/1e6, "MB-heap")
		})
		b.Run(c.name+"/warm", func(b *testing.B) {
			s := open()
			ask(b, s, c.q)
			for b.Loop() {
				ask(b, s, c.q)
			}
		})
	}
}

func peakHeap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapSys
}
