package query_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
	"github.com/numalens/numalens/pkg/query/engine"
	"github.com/numalens/numalens/pkg/query/engine/enginetest"
	"github.com/numalens/numalens/pkg/series"
)

// TestManyHostsTogether asks an engine for all hosts at once and one by one:
// each host must get its own answer.
func TestManyHostsTogether(t *testing.T) {
	const hosts = 60
	start := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	for _, name := range enginetest.Names {
		t.Run(name, func(t *testing.T) {
			server := enginetest.Begin(t, name)
			push := pushing(t, server, "many")
			for i := range hosts {
				m := export.Manifest{Host: fmt.Sprintf("host%d", i), Run: "20260102T030000Z", StartNS: start.UnixNano(),
					Groups:   []export.Group{{Name: "a", Events: []export.GroupEvent{{Name: "node-loads", Unit: "1", Proven: true}, {Name: "node-load-misses", Unit: "1", Proven: true}}}},
					Tables:   []export.TableInfo{{Name: export.TableCounters, PeriodNS: int64(series.DefaultInterval), Scopes: []string{"cpu"}}},
					Topology: numa.Topology{CPUs: []numa.CPU{{ID: 0}}, Nodes: []numa.Node{{ID: 0, CPUs: []int{0}}}}}
				r := series.New(&m, nil, series.Options{})
				for tick := range int64(4) {
					at := start.UnixNano() + tick*int64(series.DefaultInterval)
					r.Counter(&export.CounterRow{TS: at, Scope: export.ScopeCPU, Values: []int64{tick * 100, tick * int64(i)}, Enabled: tick, Running: tick})
					if out, ok := r.Due(at + int64(time.Second)); ok && tick > 0 {
						out.Samples = append(out.Samples, r.Infos()...)
						push(out)
					}
				}
			}
			server.Flush()
			s, err := engine.Open(engine.Options{URL: server.URL, Now: func() time.Time { return start.Add(31 * time.Second) }})
			if err != nil {
				t.Fatal(err)
			}
			sources := query.Sources{{Name: name, Source: s}}
			q := query.Query{Metric: "remote_dram_share", By: query.ByNode, From: ms(start), To: ms(start.Add(30 * time.Second))}
			all, _, failed, err := sources.Numbers(context.Background(), q)
			if err != nil || failed != nil || len(all) != hosts {
				t.Fatalf("%d numbers, %v, %v", len(all), failed, err)
			}
			for _, n := range all {
				var i int
				fmt.Sscanf(n.Host, "host%d", &i)
				if want := float64(i) / float64(100+i); math.Abs(n.Value-want) > 1e-9 {
					t.Errorf("%s: %v, want %v", n.Host, n.Value, want)
				}
				q.Host = n.Host
				one, _, _, err := sources.Numbers(context.Background(), q)
				if err != nil || len(one) != 1 || one[0].Value != n.Value {
					t.Errorf("%s alone: %v, %v", n.Host, one, err)
				}
			}
		})
	}
}
