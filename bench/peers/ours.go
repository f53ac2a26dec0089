package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/datasource"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

const oursName = "numalens"

// ours is numalens over a directory: written by the agent's writer, read by
// the data source's code.
type ours struct{ plugin string }

// newOurs builds the plugin's backend, for the questions over gRPC.
func newOurs() (*ours, error) {
	dir, err := os.MkdirTemp("", "numalens-plugin-")
	if err != nil {
		return nil, err
	}
	o := &ours{filepath.Join(dir, "gpx_numalens")}
	if out, err := exec.Command("go", "build", "-o", o.plugin, "github.com/numalens/numalens/pkg").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the plugin: %w\n%s", err, out)
	}
	return o, nil
}

func (*ours) name() string { return oursName }
func (*ours) every() int   { return 1 }

func (*ours) fill(l load, dir string) error {
	period := int64(time.Second) / int64(l.hz)
	g := export.Group{Name: "all"}
	for _, e := range events {
		g.Events = append(g.Events, export.GroupEvent{Name: e, Spec: e, Unit: "1", Help: "synthetic " + e, Proven: true})
	}
	w, err := export.Create(export.WriterOptions{Root: dir, MaxBytes: -1, KeepFreeBytes: -1}, export.Manifest{
		Host: "peer", Run: export.RunName(time.Unix(begin, 0), "peers"), Name: "peers", StartNS: l.fromNS(), Clock: export.Clock{WallNS: l.fromNS(), MonotonicNS: 100e9},
		Topology: l.topology(), Rung: numa.Counters, Groups: []export.Group{g}, Emulated: "a generator of numbers", Agent: export.Agent{Version: "peers"},
		Tables: []export.TableInfo{{Name: export.TableCounters, PeriodNS: period, Scopes: []string{string(export.ScopeCPU)}}},
	}, nil)
	if err != nil {
		return err
	}
	second := 0
	err = l.each(func(r *reading) error {
		if r.tick/l.hz > second {
			second = r.tick / l.hz
			if err := w.Flush(); err != nil {
				return err
			}
		}
		ran := int64(r.tick+1) * period
		w.Counter(export.CounterRow{TS: r.ts, Scope: export.ScopeCPU, Instance: int32(r.cpu), Group: 0, Values: r.values[:], Enabled: ran, Running: ran})
		return nil
	})
	return errors.Join(err, w.Seal(func(m *export.Manifest) { m.EndNS = l.toNS() + 1e9 }))
}

// topology has half of the nodes on each of two sockets.
func (l load) topology() numa.Topology {
	t := numa.Topology{CacheLineBytes: 64, PageBytes: 4096}
	for n := range l.nodes {
		node := numa.Node{ID: n, CPUs: []int{}}
		for m := range l.nodes {
			d := 21
			if m == n {
				d = 10
			}
			node.Distances = append(node.Distances, d)
		}
		for c := range l.cpus {
			if l.nodeOf(c) == n {
				node.CPUs = append(node.CPUs, c)
				t.CPUs = append(t.CPUs, numa.CPU{ID: c, Core: c, Socket: n * 2 / l.nodes, Node: n})
			}
		}
		t.Nodes = append(t.Nodes, node)
	}
	return t
}

// library answers in this process.
type library struct{ *datasource.Instance }

func (*ours) open(_ load, dir string) (asker, error) {
	raw, err := json.Marshal(datasource.Settings{Directory: dir})
	if err != nil {
		return nil, err
	}
	i, err := datasource.New(context.Background(), backend.DataSourceInstanceSettings{JSONData: raw})
	if err != nil {
		return nil, err
	}
	return library{i.(*datasource.Instance)}, nil
}

func (i library) close() error {
	i.Dispose()
	return nil
}

// request is the question as Grafana asks it.
func (q question) request(view string) *backend.QueryDataRequest {
	metric, by := "remote_dram_share", "node"
	switch q.name {
	case "heatmap":
		metric, by = "llc_load_misses", "cpu"
	case "alert":
		view = "numbers"
	}
	return &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: fmt.Appendf(nil, `{"view":%q,"metric":%q,"by":%q,"columns":%d}`, view, metric, by, q.most),
		TimeRange: backend.TimeRange{From: time.Unix(0, q.fromNS), To: time.Unix(0, q.toNS)},
	}}}
}

func (i library) ask(q question) (int, error) {
	res, err := i.QueryData(context.Background(), q.request("heatmap"))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, f := range res.Responses["A"].Frames {
		p, err := f.MarshalArrow()
		if err != nil {
			return 0, err
		}
		n += len(p)
	}
	return n, res.Responses["A"].Error
}

func (i library) frame(q question, view string) (*data.Frame, error) {
	res, err := i.QueryData(context.Background(), q.request(view))
	if err != nil {
		return nil, err
	}
	r := res.Responses["A"]
	if r.Error != nil {
		return nil, r.Error
	}
	if len(r.Frames) != 1 || r.Frames[0].Rows() == 0 {
		return nil, fmt.Errorf("no data: %v", r.Frames)
	}
	return r.Frames[0], nil
}

// cells come from the view series, whose numbers are not rounded.
func (i library) cells(q question) ([][]float64, error) {
	f, err := i.frame(q, "series")
	if err != nil {
		return nil, err
	}
	if q.name == "alert" {
		return column(f)
	}
	var out [][]float64
	for _, field := range f.Fields[1:] {
		row := make([]float64, field.Len())
		for c := range row {
			v, err := field.NullableFloatAt(c)
			if err != nil {
				return nil, err
			}
			if row[c] = math.NaN(); v != nil {
				row[c] = *v
			}
		}
		out = append(out, row)
	}
	return out, nil
}

// column is the answer of an alert, one number a node.
func column(f *data.Frame) (out [][]float64, err error) {
	values := f.Fields[len(f.Fields)-1]
	for r := range f.Rows() {
		v, err := values.FloatAt(r)
		if err != nil {
			return nil, err
		}
		out = append(out, []float64{v})
	}
	return out, nil
}

// planned fills in the columns that numalens gives, for everyone to be asked.
func (b *bench) planned(l load, span string, qs []question) error {
	o := b.peers[0]
	a, err := o.open(l, b.storeOf(o, span))
	if err != nil {
		return err
	}
	defer a.close()
	for i := range qs {
		q := &qs[i]
		if q.name == "alert" {
			q.startNS, q.width = q.fromNS, q.toNS-q.fromNS
			continue
		}
		f, err := a.(library).frame(*q, "heatmap")
		if err != nil {
			return err
		}
		var meta struct {
			ColumnMS float64 `json:"columnMs"`
		}
		raw, err := json.Marshal(f.Meta.Custom.(map[string]any)["numalens"])
		if err == nil {
			err = json.Unmarshal(raw, &meta)
		}
		if err != nil {
			return err
		}
		q.columns = f.Rows()
		q.startNS, q.width = f.Fields[0].At(0).(time.Time).UnixNano(), int64(math.Round(meta.ColumnMS*1e6))
	}
	return nil
}
