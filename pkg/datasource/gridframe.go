package datasource

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
)

// gridMeta is meta.custom.numalens of a heatmap or series.
type gridMeta struct {
	View     query.View   `json:"view"`
	By       query.By     `json:"by"`
	Host     string       `json:"host"`
	Run      string       `json:"run"`
	Metric   metricMeta   `json:"metric"`
	ColumnMS float64      `json:"columnMs"`
	EndMS    float64      `json:"endMs"`
	Scope    export.Scope `json:"scope,omitempty"`
	Emulated string       `json:"emulated"`
}

type metricMeta struct {
	Name        string     `json:"name"`
	Title       string     `json:"title"`
	Unit        string     `json:"unit"`
	Help        string     `json:"help"`
	Kind        query.Kind `json:"kind"`
	Denominator string     `json:"denominator,omitempty"`
	Rung        numa.Rung  `json:"rung"`
	RungName    string     `json:"rungName"`
}

func metaOf(x query.Metric) metricMeta {
	return metricMeta{x.Name, x.Title, x.Unit, x.Help, x.Kind, x.DenominatorText, x.Rung, x.Rung.String()}
}

// custom puts what is ours under one key: Grafana keeps things of its own in
// meta.custom too.
func custom(v any) map[string]any { return map[string]any{"numalens": v} }

// gridFrames turns a grid into one time series frame in Grafana's wide form.
// A heatmap is quantised and carries the volume of each cell of a share.
func gridFrames(g *query.Grid, view query.View) data.Frames {
	f := data.NewFrame(g.Metric.Name, timeField(g.Plan))
	round := exact
	if view == query.ViewHeatmap {
		round = rounding(g.Metric.Kind)
	}
	for r, row := range g.Rows {
		f.Fields = append(f.Fields, valueField(g, row, g.Values[r*g.Columns:(r+1)*g.Columns], round))
	}
	if view == query.ViewHeatmap && g.Volume != nil {
		for r, row := range g.Rows {
			f.Fields = append(f.Fields, volumeField(g, row, g.Volume[r*g.Columns:(r+1)*g.Columns]))
		}
	}
	f.Meta = &data.FrameMeta{
		Type: data.FrameTypeTimeSeriesWide, TypeVersion: data.FrameTypeVersion{0, 1}, Notices: notices(g.Notices),
		Custom: custom(gridMeta{
			View: view, By: g.By, Host: g.Host, Run: g.Run, Metric: metaOf(g.Metric),
			ColumnMS: ms(g.WidthNS), EndMS: ms(g.EndNS()), Scope: g.Scope, Emulated: g.Emulated,
		}),
	}
	return data.Frames{f}
}

func timeField(p query.Plan) *data.Field {
	t := make([]time.Time, p.Columns)
	for i := range t {
		t[i] = time.Unix(0, p.StartNS+int64(i)*p.WidthNS).UTC()
	}
	return data.NewField("time", nil, t)
}

func labels(g *query.Grid, row query.Row) data.Labels {
	l := data.Labels{"host": g.Host}
	for name, v := range map[string]*int{"cpu": row.CPU, "node": row.Node, "socket": row.Socket} {
		if v != nil {
			l[name] = strconv.Itoa(*v)
		}
	}
	return l
}

func valueField(g *query.Grid, row query.Row, in []float64, round func(float64) float64) *data.Field {
	f := data.NewField(g.Metric.Name, labels(g, row), nullable(in, round))
	f.Config = &data.FieldConfig{DisplayNameFromDS: displayName(g, row), Unit: g.Metric.Unit}
	if g.Metric.Kind == query.Share {
		f.Config.SetMin(0).SetMax(1)
	}
	return f
}

func displayName(g *query.Grid, row query.Row) string {
	if g.By == query.ByHost {
		return g.Host
	}
	return row.Label
}

func volumeField(g *query.Grid, row query.Row, in []float64) *data.Field {
	out := make([]*uint8, len(in))
	cells := make([]uint8, len(in))
	for i, n := range in {
		if !math.IsNaN(n) {
			cells[i] = volumeClass(n)
			out[i] = &cells[i]
		}
	}
	f := data.NewField("volume", labels(g, row), out)
	f.Config = &data.FieldConfig{Custom: map[string]any{"hideFrom": map[string]bool{"viz": true, "legend": true, "tooltip": true}}}
	return f
}

// volumeClass is ceil(log2(1+n)): 0 for none, 1 for one, 10 for 512 to 1023.
// Two digits a cell tell a hundred accesses from a million.
func volumeClass(n float64) uint8 {
	if n <= 0 {
		return 0
	}
	return uint8(min(math.Ceil(math.Log2(1+n)), 64))
}

// rounding is to what the eye and the page need: a cell is a few characters
// of JSON, and a thousand columns of 256 CPUs stay under 2.6 MB.
func rounding(k query.Kind) func(float64) float64 {
	if k == query.Share {
		return func(v float64) float64 { return math.Round(v*1000) / 1000 }
	}
	return significant3
}

func significant3(v float64) float64 {
	if v == 0 {
		return 0
	}
	p := math.Pow10(2 - int(math.Floor(math.Log10(math.Abs(v)))))
	if math.IsInf(p, 0) || p == 0 {
		return v
	}
	return math.Round(v*p) / p
}

func exact(v float64) float64 { return v }

func nullable(in []float64, round func(float64) float64) []*float64 {
	out := make([]*float64, len(in))
	cells := make([]float64, len(in))
	for i, v := range in {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			cells[i] = round(v)
			out[i] = &cells[i]
		}
	}
	return out
}

// noDataFrames is a frame without fields: alerting takes it for "no data",
// where a time series without rows would be taken for a healthy host.
func noDataFrames(q query.Query, why string, words []string) data.Frames {
	f := data.NewFrame(q.Metric)
	f.Meta = &data.FrameMeta{
		Type: data.FrameTypeTimeSeriesWide, TypeVersion: data.FrameTypeVersion{0, 1},
		Notices: append([]data.Notice{{Severity: data.NoticeSeverityWarning, Text: sentence(why)}}, notices(words)...),
	}
	if q.OfStacks() || q.View == query.ViewFigures {
		f.Meta.Type = data.FrameTypeTable
	}
	return data.Frames{f}
}

func notices(in []string) []data.Notice {
	var out []data.Notice
	for _, s := range in {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: s})
	}
	return out
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

func ms(ns int64) float64       { return float64(ns) / 1e6 }
func msOf(t time.Time) float64  { return float64(t.UnixNano()) / 1e6 }
func timeOf(ns int64) time.Time { return time.Unix(0, ns).UTC() }
func orNull(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}
