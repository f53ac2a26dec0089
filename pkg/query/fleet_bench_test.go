package query_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
	"github.com/numalens/numalens/pkg/query/engine"
	"github.com/numalens/numalens/pkg/query/engine/enginetest"
	"github.com/numalens/numalens/pkg/series"
)

// BenchmarkFleet asks an engine that has a thousand hosts: every node's remote
// share over the last five minutes, as an alert rule does, and one host's
// heatmap over six hours. Beside each stands the same question to the engine
// itself, in PromQL.
func BenchmarkFleet(b *testing.B) {
	for _, name := range enginetest.Names {
		b.Run(name, func(b *testing.B) {
			server := enginetest.Begin(b, name)
			now := time.Now().Truncate(series.DefaultInterval)
			fill(b, server, now, 1, 6*time.Hour, "long") // first: Prometheus takes nothing that is older than what it has
			fill(b, server, now, 1000, 6*time.Minute, "host")
			server.Flush()
			b.Run("overview/direct", func(b *testing.B) {
				for b.Loop() {
					direct(b, server, "query", url.Values{"query": {remoteShare("5m")}, "time": {stamp(now)}, "nocache": {"1"}})
				}
			})
			b.Run("overview/engine", func(b *testing.B) {
				s := warm(b, server, now)
				for b.Loop() {
					numbers, _, failed, err := s.Numbers(context.Background(), query.Query{Metric: "remote_dram_share", By: query.ByNode, From: ms(now.Add(-5 * time.Minute)), To: ms(now)})
					if err != nil || failed != nil || len(numbers) < 4000 {
						b.Fatal(len(numbers), err, failed)
					}
				}
			})
			b.Run("overview/cold", func(b *testing.B) {
				for b.Loop() {
					warm(b, server, now)
				}
			})
			b.Run("heatmap/direct", func(b *testing.B) {
				for b.Loop() {
					direct(b, server, "query_range", url.Values{"query": {remoteShare("30s")}, "start": {stamp(now.Add(-6 * time.Hour))}, "end": {stamp(now)}, "step": {"30"}, "nocache": {"1"}})
				}
			})
			b.Run("heatmap/engine", func(b *testing.B) {
				s := warm(b, server, now)
				for b.Loop() {
					g, err := s.Grid(context.Background(), query.Query{Metric: "remote_dram_share", By: query.ByNode, Host: "long0", Columns: 1000, From: ms(now.Add(-6 * time.Hour)), To: ms(now)})
					if err != nil || len(g.Rows) != 4 {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func remoteShare(window string) string {
	host := ""
	if window == "30s" {
		host = `,host="long0"`
	}
	rate := func(name string) string {
		return fmt.Sprintf("sum by (host,node) (rate(%s{run!=\"\"%s}[%s]))", name, host, window)
	}
	far, near := rate("numalens_node_load_misses_total"), rate("numalens_node_loads_total")
	return far + "/(" + far + "+" + near + ")"
}

func ms(t time.Time) float64   { return float64(t.UnixMilli()) }
func stamp(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func direct(b *testing.B, server *enginetest.Server, endpoint string, form url.Values) {
	b.Helper()
	res, err := http.PostForm(server.URL+"/api/v1/"+endpoint, form)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); err != nil || n < 1000 || res.StatusCode != http.StatusOK {
		b.Fatal(res.Status, n, err)
	}
}

// warm is a source that knows the hosts, as one does but for the first question
// of some minutes.
func warm(b *testing.B, server *enginetest.Server, now time.Time) query.Sources {
	b.Helper()
	s := source(b, server, now)
	if _, err := s.Runs(context.Background(), ""); err != nil {
		b.Fatal(err)
	}
	return s
}

func source(b *testing.B, server *enginetest.Server, now time.Time) query.Sources {
	b.Helper()
	s, err := engine.Open(engine.Options{URL: server.URL, Now: func() time.Time { return now.Add(time.Second) }})
	if err != nil {
		b.Fatal(err)
	}
	return query.Sources{{Name: server.Name, Source: s}}
}

// fill sends what hosts of four nodes and eight CPUs have counted until now.
func fill(b *testing.B, server *enginetest.Server, now time.Time, hosts int, length time.Duration, name string) {
	b.Helper()
	runs := make([]*series.Run, hosts)
	begun := now.Add(-length).UnixNano() - 5e9
	for i := range runs {
		m := export.Manifest{Host: fmt.Sprintf("%s%d", name, i), Run: export.RunName(time.Unix(0, begun), ""), StartNS: begun,
			Groups: []export.Group{{Name: "a", Events: []export.GroupEvent{{Name: "node-loads", Unit: "1", Proven: true}, {Name: "node-load-misses", Unit: "1", Proven: true}}}},
			Tables: []export.TableInfo{{Name: export.TableCounters, PeriodNS: int64(series.DefaultInterval), Scopes: []string{"cpu"}}}}
		for n := range 4 {
			m.Topology.Nodes = append(m.Topology.Nodes, numa.Node{ID: n, CPUs: []int{2 * n, 2*n + 1}})
			for c := range 2 {
				m.Topology.CPUs = append(m.Topology.CPUs, numa.CPU{ID: 2*n + c, Core: 2*n + c, Node: n, Socket: n / 2})
			}
		}
		runs[i] = series.New(&m, nil, series.Options{})
	}
	count := int64(0)
	for at := now.Add(-length).UnixNano(); at <= now.UnixNano(); at += int64(series.DefaultInterval) {
		count += 1000
		var body []byte
		for i, r := range runs {
			for cpu := range int32(8) {
				r.Counter(&export.CounterRow{TS: at, Scope: export.ScopeCPU, Instance: cpu, Values: []int64{9 * count, count * int64(1+cpu)}, Enabled: at - begun, Running: at - begun})
			}
			tick, ok := r.Due(at + int64(time.Second))
			if !ok {
				continue
			}
			body = series.Encode(body, nil, tick.MS, append(tick.Samples, r.Infos()...))
			if len(body) > 4<<20 || i == len(runs)-1 {
				write(b, server, body)
				body = nil
			}
		}
	}
}

func write(b *testing.B, server *enginetest.Server, body []byte) {
	b.Helper()
	req, err := http.NewRequest(http.MethodPost, server.Write, bytes.NewReader(snappy.Encode(nil, body)))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		text, _ := io.ReadAll(res.Body)
		b.Fatalf("%s: %s", res.Status, text)
	}
}
