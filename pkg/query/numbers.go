package query

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"
)

// Number is one number for each row over the whole time range: what an alert
// rule compares with its threshold.
type Number struct {
	Host string
	Row  Row
	// Value is never NaN: what is not known is left out, so that a rule sees
	// "no data" for it and not a number that it has to interpret.
	Value float64
}

// Numbers answers the view `numbers`. Without a host it asks every host; one
// that lacks the metric, or has nothing in the range, has no number. The
// error is of what was asked; a host that fails is in failed.
func (s Sources) Numbers(ctx context.Context, q Query) (out []Number, x Metric, failed error, err error) {
	hosts, failed, err := s.hostsOf(ctx, q.Host)
	if err == nil && len(hosts) == 0 {
		err = hostError(hosts, "", failed)
	}
	if err != nil {
		return nil, x, nil, err
	}
	var known int
	var unknown error
	for _, a := range s.numbersOf(ctx, hosts, q) {
		var name *UnknownError
		switch {
		case errors.As(a.err, &name):
			unknown = a.err
		case a.err != nil:
			failed = errors.Join(failed, a.err)
		}
		if a.metric.Name != "" {
			known, x = known+1, a.metric
		}
		out = append(out, a.numbers...)
	}
	if known == 0 && unknown != nil {
		return nil, x, failed, unknown
	}
	return out, x, failed, nil
}

// together is a source that makes one request of many questions that are asked
// side by side.
type together interface {
	Together(ctx context.Context, hosts int) context.Context
}

// numbersOfHost is what one host answered.
type numbersOfHost struct {
	numbers []Number
	metric  Metric
	err     error
}

// mostTogether bounds how many hosts are asked side by side.
const mostTogether = 2000

// numbersOf asks every host: those of a fleet's engine side by side, as it has
// one answer for all.
func (s Sources) numbersOf(ctx context.Context, hosts []Listed, q Query) []numbersOfHost {
	out := make([]numbersOfHost, len(hosts))
	ask := func(ctx context.Context, i int) {
		out[i].numbers, out[i].metric, out[i].err = hosts[i].numbers(ctx, q)
	}
	var gather together
	if len(s) == 1 && len(hosts) > 1 {
		gather, _ = s[0].Source.(together)
	}
	if gather == nil {
		for i := range hosts {
			ask(ctx, i)
		}
		return out
	}
	ctx = gather.Together(ctx, len(hosts))
	places := make(chan struct{}, mostTogether)
	var wg sync.WaitGroup
	for i := range hosts {
		places <- struct{}{}
		wg.Go(func() { ask(ctx, i); <-places })
	}
	wg.Wait()
	return out
}

// numbers asks one host. Nothing in the range and a metric that was not
// recorded are not errors here: a rule for all hosts meets both.
func (h Listed) numbers(ctx context.Context, q Query) ([]Number, Metric, error) {
	f, err := h.find(ctx, q)
	var none *NoDataError
	var empty *EmptyError
	if errors.As(err, &none) || errors.As(err, &empty) {
		return nil, Metric{}, nil
	}
	if err != nil {
		return nil, Metric{}, err
	}
	x, err := Find(f.Manifest, q.Metric)
	if err != nil || Available(f.Manifest, x) != nil {
		return nil, x, err
	}
	a, err := f.ask(ctx, q)
	if errors.As(err, &none) {
		return nil, x, nil
	}
	if err != nil {
		return nil, x, err
	}
	return a.numbers(ctx)
}

// numbers looks at the part of the range in which the run lies: a run that
// began a minute ago is known, even where a rule looks back for ten.
func (a *ask) numbers(ctx context.Context) ([]Number, Metric, error) {
	from, to := max(a.fromNS, a.Manifest.StartNS), min(a.toNS, a.endNS)
	if from >= to {
		return nil, a.metric, nil
	}
	g, err := a.grid(ctx, Plan{StartNS: from, WidthNS: to - from, Columns: 1})
	if err != nil {
		return nil, a.metric, err
	}
	var out []Number
	for i, row := range g.Rows {
		if !math.IsNaN(g.Values[i]) {
			out = append(out, Number{g.Host, row, g.Values[i]})
		}
	}
	return out, a.metric, nil
}

// LagMetric is the one metric that is of the present and not of a run: the
// age of the newest row of each host that says it is being recorded.
var LagMetric = Metric{
	Name: "export_lag", Title: "Age of the newest row", Unit: "s", Kind: Gauge, By: []By{ByHost},
	Help: "Seconds since the newest row of a host whose run is still being recorded. Good is a few seconds; it grows when the agent died or cannot write. A host without a recording run has none.",
}

// Lag answers the view `numbers` for LagMetric.
func (s Sources) Lag(ctx context.Context, host string, now time.Time) (out []Number, failed error) {
	hosts, failed, err := s.hostsOf(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, h := range hosts {
		newest := slices.Clone(h.Runs)
		slices.SortFunc(newest, newestFirst)
		if len(newest) == 0 || newest[0].EndNS != 0 {
			continue
		}
		ts, err := newest[0].Source.Newest(ctx, h.Host, newest[0].Run)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if ts == 0 {
			ts = newest[0].StartNS
		}
		out = append(out, Number{Host: h.Host, Row: Row{Label: "host"}, Value: now.Sub(time.Unix(0, ts)).Seconds()})
	}
	return out, failed
}
