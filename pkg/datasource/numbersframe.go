package datasource

import (
	"context"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/query"
)

// numbers answers the view that alert rules ask.
func (i *Instance) numbers(ctx context.Context, q query.Query) (data.Frames, error) {
	if q.Metric == query.LagMetric.Name {
		out, err := i.sources.Lag(ctx, q.Host, time.Now())
		if err != nil {
			// A host that cannot be reached is what this metric is about: its
			// rule must hear of it, not see the others alone.
			return nil, err
		}
		return numbersFrames(out, query.LagMetric, nil), nil
	}
	out, x, failed, err := i.sources.Numbers(ctx, q)
	if err == nil && len(out) == 0 {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return numbersFrames(out, x, incompleteNotice(failed)), nil
}

// numbersFrames is Grafana's numeric-long: a string column is a label, and
// one number a row. Without a row it is "no data" to alerting, as it should
// be. The metric is not a label: rules join queries of several metrics by
// their labels.
func numbersFrames(numbers []query.Number, x query.Metric, words []string) data.Frames {
	n := len(numbers)
	value := make([]float64, n)
	host := make([]string, n)
	columns := map[string][]string{}
	for k, v := range numbers {
		value[k], host[k] = v.Value, v.Host
		for name, id := range map[string]*int{"socket": v.Row.Socket, "node": v.Row.Node, "cpu": v.Row.CPU} {
			if id == nil {
				continue
			}
			if columns[name] == nil {
				columns[name] = make([]string, n)
			}
			columns[name][k] = strconv.Itoa(*id)
		}
	}
	f := data.NewFrame(x.Name, data.NewField("host", nil, host))
	for _, name := range []string{"socket", "node", "cpu"} {
		if columns[name] != nil {
			f.Fields = append(f.Fields, data.NewField(name, nil, columns[name]))
		}
	}
	v := data.NewField("value", nil, value)
	v.Config = &data.FieldConfig{Unit: x.Unit}
	f.Fields = append(f.Fields, v)
	f.Meta = &data.FrameMeta{Type: data.FrameTypeNumericLong, TypeVersion: data.FrameTypeVersion{0, 1}, Notices: notices(words)}
	return data.Frames{f}
}
