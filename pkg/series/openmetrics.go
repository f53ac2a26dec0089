package series

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Format is the form of the exposition that a request asks for: OpenMetrics,
// or the older text.
func Format(h http.Header) expfmt.Format {
	return expfmt.NegotiateAccept(h, expfmt.DefaultOpenMetricsAcceptedFormats()...)
}

// Expose writes samples as an engine scrapes them. Counters began at created,
// which OpenMetrics tells.
func Expose(w io.Writer, f expfmt.Format, created time.Time, samples []Sample) error {
	enc := expfmt.NewEncoder(w, f, expfmt.WithCreatedLines())
	for _, family := range families(created, samples) {
		if err := enc.Encode(family); err != nil {
			return fmt.Errorf("write %s: %w", family.GetName(), err)
		}
	}
	if c, ok := enc.(expfmt.Closer); ok {
		return c.Close()
	}
	return nil
}

func families(created time.Time, samples []Sample) []*dto.MetricFamily {
	byName := map[string]*dto.MetricFamily{}
	var out []*dto.MetricFamily
	began := timestamppb.New(created)
	for _, s := range samples {
		f := byName[s.Name]
		if f == nil {
			f = &dto.MetricFamily{Name: &s.Name, Help: &s.Help, Type: dto.MetricType_COUNTER.Enum()}
			if s.Kind == State {
				f.Type = dto.MetricType_GAUGE.Enum()
			}
			if s.Unit != "" {
				f.Unit = &s.Unit
			}
			byName[s.Name] = f
			out = append(out, f)
		}
		m := &dto.Metric{}
		for _, l := range s.Labels {
			m.Label = append(m.Label, &dto.LabelPair{Name: proto.String(l.Name), Value: proto.String(l.Value)})
		}
		if s.Kind == Counter {
			m.Counter = &dto.Counter{Value: &s.Value, CreatedTimestamp: began}
		} else {
			m.Gauge = &dto.Gauge{Value: &s.Value}
		}
		f.Metric = append(f.Metric, m)
	}
	slices.SortFunc(out, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return out
}
