package datasource

import (
	"context"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/query"
)

// stacksMeta is meta.custom.numalens of hotspots and flames.
type stacksMeta struct {
	View       query.View `json:"view"`
	Host       string     `json:"host"`
	Run        string     `json:"run"`
	Metric     metricMeta `json:"metric"`
	FromMS     float64    `json:"fromMs"`
	ToMS       float64    `json:"toMs"`
	Emulated   string     `json:"emulated"`
	TotalBytes int64      `json:"totalBytes"`
	TotalCount int64      `json:"totalCount"`
	// Rows and Boxes are how many there are without a limit.
	Rows  *int `json:"rows,omitempty"`
	Boxes *int `json:"boxes,omitempty"`
	// Stacks are those that are cut in the table, by the row's number.
	Stacks map[int]string `json:"stacks,omitempty"`
}

func stacksMetaOf(view query.View, s *query.Stacked) stacksMeta {
	return stacksMeta{View: view, Host: s.Host, Run: s.Run, Metric: metaOf(s.Metric), FromMS: ms(s.FromNS), ToMS: ms(s.ToNS), Emulated: s.Emulated,
		TotalBytes: s.All.Bytes, TotalCount: s.All.Count}
}

// ofStacks answers the views that are made of stacks.
func (i *Instance) ofStacks(ctx context.Context, q query.Query) (data.Frames, error) {
	if q.View == query.ViewFlame {
		f, err := i.sources.Flame(ctx, q)
		if err != nil {
			return nil, err
		}
		return flameFrames(f), nil
	}
	h, m, err := i.sources.Hotspots(ctx, q)
	if err != nil {
		return nil, err
	}
	return hotspotsFrames(h, m), nil
}

// mostStack is how much of a stack a cell of a table holds.
const mostStack = 400

func hotspotsFrames(h *query.Hotspots, m *export.Manifest) data.Frames {
	n := len(h.Rows)
	function, stack, place := make([]string, n), make([]*string, n), make([]*string, n)
	comm, cgroup, container := make([]*string, n), make([]*string, n), make([]*string, n)
	pid, cpu, given := make([]*int32, n), make([]*int32, n), make([]*int32, n)
	bytes, count, share, estimated := make([]int64, n), make([]int64, n), make([]*float64, n), make([]bool, n)
	meta := stacksMetaOf(query.ViewHotspots, &h.Stacked)
	meta.Rows, meta.Stacks = &h.Matched, map[int]string{}
	for i := range h.Rows {
		r := &h.Rows[i]
		function[i], bytes[i], count[i], share[i], estimated[i] = r.Function, r.Bytes, r.Count, orNull(r.Share), r.Sampled
		comm[i], cgroup[i], container[i] = textOrNull(r.Comm), textOrNull(r.Cgroup), textOrNull(r.Container)
		pid[i], cpu[i], given[i] = unless(r.PID, 0), unless(r.CPUNode, -1), unless(r.GivenNode, -1)
		whole := strings.Join(r.Stack, " < ")
		short := cutInTheMiddle(whole, mostStack)
		stack[i] = textOrNull(short)
		if short != whole {
			meta.Stacks[i] = whole
		}
		if p, ok := r.Place(&m.Topology); ok {
			place[i] = textOrNull(p.String())
		}
	}
	f := data.NewFrame("hotspots",
		data.NewField("function", nil, function), data.NewField("stack", nil, stack),
		data.NewField("comm", nil, comm), data.NewField("pid", nil, pid), data.NewField("cgroup", nil, cgroup), data.NewField("container", nil, container),
		data.NewField("cpu_node", nil, cpu), data.NewField("given_node", nil, given), data.NewField("place", nil, place),
		withUnit("bytes", data.NewField("bytes", nil, bytes)), withUnit("short", data.NewField("count", nil, count)),
		withUnit("percentunit", data.NewField("share", nil, share)), data.NewField("estimated", nil, estimated))
	f.Meta = table(h.Notices, meta)
	return data.Frames{f}
}

// flameFrames is Grafana's nested set, which its flame graph panel knows by
// these four names (grafana-flamegraph's checkFields); further fields are no
// matter to it.
func flameFrames(fl *query.Flame) data.Frames {
	n := len(fl.Boxes)
	level, value, self, label := make([]int32, n), make([]int64, n), make([]int64, n), make([]string, n)
	node, remote := make([]*string, n), make([]*float64, n)
	for i, b := range fl.Boxes {
		level[i], value[i], self[i], label[i] = int32(b.Level), b.Value, b.Self, b.Label
		if b.Node >= 0 {
			node[i] = textOrNull(strconv.Itoa(int(b.Node)))
		}
		if !math.IsNaN(b.Remote) {
			v := math.Round(b.Remote*1000) / 1000
			remote[i] = &v
		}
	}
	unit := "bytes"
	if fl.Metric.Unit == "cps" {
		unit = "short"
	}
	f := data.NewFrame("flame",
		data.NewField("level", nil, level), withUnit(unit, data.NewField("value", nil, value)), withUnit(unit, data.NewField("self", nil, self)),
		data.NewField("label", nil, label), data.NewField("node", nil, node), data.NewField("remote", nil, remote))
	meta := stacksMetaOf(query.ViewFlame, &fl.Stacked)
	meta.Boxes = &fl.Total
	f.Meta = &data.FrameMeta{PreferredVisualization: data.VisType("flamegraph"), Notices: notices(fl.Notices), Custom: custom(meta)}
	return data.Frames{f}
}

func withUnit(unit string, f *data.Field) *data.Field {
	f.Config = &data.FieldConfig{Unit: unit}
	return f
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func unless(v, null int32) *int32 {
	if v == null {
		return nil
	}
	return &v
}

// cutInTheMiddle keeps both ends of a stack: who allocated, and where it all
// began.
func cutInTheMiddle(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	head := (most - 1) * 2 / 3
	return string(r[:head]) + "…" + string(r[len(r)-(most-1-head):])
}
