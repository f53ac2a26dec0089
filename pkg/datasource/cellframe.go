package datasource

import (
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/query"
)

// cellMeta is meta.custom.numalens of a cell.
type cellMeta struct {
	View     query.View   `json:"view"`
	By       query.By     `json:"by"`
	Host     string       `json:"host"`
	Run      string       `json:"run"`
	Metric   metricMeta   `json:"metric"`
	Scope    export.Scope `json:"scope,omitempty"`
	Emulated string       `json:"emulated"`
	Cell     cellValues   `json:"cell"`
}

type cellValues struct {
	Value        *float64 `json:"value"`
	Numerator    *float64 `json:"numerator"`
	Denominator  *float64 `json:"denominator"`
	Volume       *float64 `json:"volume"`
	Seconds      float64  `json:"seconds"`
	FromMS       float64  `json:"fromMs"`
	ToMS         float64  `json:"toMs"`
	RunningShare float64  `json:"runningShare"`
	Instance     int      `json:"instance"`
	CPU          *int     `json:"cpu"`
	Node         *int     `json:"node"`
	Socket       *int     `json:"socket"`
}

func cellFrames(c *query.Cell) data.Frames {
	n := len(c.Events)
	event, role, unit := make([]string, n), make([]string, n), make([]string, n)
	count, running := make([]*float64, n), make([]float64, n)
	for i, e := range c.Events {
		event[i], role[i], unit[i], count[i], running[i] = e.Event, e.Role, e.Unit, orNull(e.Count), e.RunningShare
	}
	f := data.NewFrame("cell",
		data.NewField("event", nil, event), data.NewField("role", nil, role), data.NewField("count", nil, count),
		data.NewField("unit", nil, unit), data.NewField("running_share", nil, running))
	values := cellValues{
		Value: orNull(c.Value), Numerator: orNull(c.Numerator), Denominator: orNull(c.Denominator),
		Seconds: c.Seconds, FromMS: ms(c.FromNS), ToMS: ms(c.ToNS), RunningShare: c.RunningShare,
		Instance: c.Row.Instance, CPU: c.Row.CPU, Node: c.Row.Node, Socket: c.Row.Socket,
	}
	if values.Denominator != nil {
		v := float64(volumeClass(c.Denominator))
		values.Volume = &v
	}
	f.Meta = table(c.Notices, cellMeta{
		View: query.ViewCell, By: c.By, Host: c.Host, Run: c.Run, Metric: metaOf(c.Metric), Scope: c.Scope, Emulated: c.Emulated, Cell: values,
	})
	return data.Frames{f}
}

// table is the meta of a frame that is a plain table.
func table(words []string, ours any) *data.FrameMeta {
	m := &data.FrameMeta{Type: data.FrameTypeTable, TypeVersion: data.FrameTypeVersion{0, 1}, Notices: notices(words)}
	if ours != nil {
		m.Custom = custom(ours)
	}
	return m
}
