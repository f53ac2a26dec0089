package datasource

import (
	"context"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/query"
)

// figuresMeta is meta.custom.numalens of figures.
type figuresMeta struct {
	View   query.View `json:"view"`
	Host   string     `json:"host"`
	Run    string     `json:"run"`
	FromMS float64    `json:"fromMs"`
	ToMS   float64    `json:"toMs"`
	// Rows is how many there are without a limit. Scopes and Files are what
	// there is to choose from.
	Rows   int64            `json:"rows"`
	Scopes map[string]int64 `json:"scopes"`
	Files  map[string]int64 `json:"files"`
}

func (i *Instance) figures(ctx context.Context, q query.Query) (data.Frames, error) {
	f, err := i.sources.Figures(ctx, q)
	if err != nil {
		return nil, err
	}
	return figuresFrames(f), nil
}

func figuresFrames(f *query.Figures) data.Frames {
	n := len(f.Rows)
	at, placed := make([]time.Time, n), make([]string, n)
	name, scope, kind, unit := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	instance, device, why, labels := make([]*string, n), make([]*string, n), make([]*string, n), make([]*string, n)
	value, running, variance, elapsed := make([]*float64, n), make([]*float64, n), make([]*float64, n), make([]*float64, n)
	file, format, line := make([]string, n), make([]string, n), make([]int64, n)
	for i := range f.Rows {
		r := &f.Rows[i]
		at[i], placed[i] = timeOf(r.TS), string(r.Time)
		name[i], scope[i], kind[i], unit[i] = r.Name, r.Scope, r.Kind, r.Unit
		instance[i], device[i], why[i], labels[i] = textOrNull(r.Instance), textOrNull(r.Device), textOrNull(r.Why), textOrNull(r.Labels)
		value[i], running[i], variance[i], elapsed[i] = valueOf(r), known(r.Running), known(r.Variance), seconds(r.ElapsedNS)
		file[i], format[i], line[i] = r.File, r.Format, r.Line
	}
	share := &data.FieldConfig{Unit: "percentunit"}
	runningField, varianceField, elapsedField := data.NewField("running", nil, running), data.NewField("variance", nil, variance), data.NewField("elapsed", nil, elapsed)
	runningField.Config, varianceField.Config, elapsedField.Config = share, share, &data.FieldConfig{Unit: "s"}
	frame := data.NewFrame("figures",
		data.NewField("time", nil, at), data.NewField("name", nil, name), data.NewField("scope", nil, scope), data.NewField("instance", nil, instance),
		data.NewField("value", nil, value), data.NewField("unit", nil, unit), data.NewField("why", nil, why), runningField, varianceField,
		data.NewField("kind", nil, kind), data.NewField("device", nil, device), data.NewField("labels", nil, labels),
		data.NewField("file", nil, file), data.NewField("line", nil, line), data.NewField("format", nil, format),
		data.NewField("time_is", nil, placed), elapsedField)
	frame.Meta = table(f.Notices, figuresMeta{View: query.ViewFigures, Host: f.Host, Run: f.Run, FromMS: ms(f.FromNS), ToMS: ms(f.ToNS), Rows: f.Matched, Scopes: f.Scopes, Files: f.Files})
	return data.Frames{frame}
}

func valueOf(r *export.FigureRow) *float64 {
	if r.Null {
		return nil
	}
	return orNull(r.Value)
}

// known is null of what is less than 0.
func known(v float64) *float64 {
	if v < 0 {
		return nil
	}
	return &v
}

func seconds(ns int64) *float64 {
	if ns < 0 {
		return nil
	}
	v := float64(ns) / 1e9
	return &v
}
