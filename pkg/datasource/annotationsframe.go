package datasource

import (
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/query"
)

// annotationsFrames has the fields by which Grafana knows annotations.
func annotationsFrames(in []query.Annotation) data.Frames {
	n := len(in)
	from, to := make([]time.Time, n), make([]*time.Time, n)
	title, text, tags, id := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, a := range in {
		from[i] = timeOf(a.FromNS)
		if a.ToNS != 0 {
			t := timeOf(a.ToNS)
			to[i] = &t
		}
		title[i], text[i], tags[i], id[i] = a.Title, a.Text, strings.Join(a.Tags, ","), a.ID
	}
	f := data.NewFrame("annotations",
		data.NewField("time", nil, from), data.NewField("timeEnd", nil, to), data.NewField("title", nil, title),
		data.NewField("text", nil, text), data.NewField("tags", nil, tags), data.NewField("id", nil, id))
	f.Meta = table(nil, nil)
	return data.Frames{f}
}
