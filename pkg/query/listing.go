package query

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// RunListing is one run with what a list of runs shows.
type RunListing struct {
	*export.Manifest
	Source string
}

// Runs lists the runs of a host, or of every host when it is "", newest first.
func (s Sources) Runs(ctx context.Context, host string) ([]RunListing, error) {
	hosts, err := s.Hosts(ctx)
	var out []RunListing
	found := false
	for _, h := range hosts {
		if host != "" && h.Host != host {
			continue
		}
		found = true
		for _, r := range h.Runs {
			m, e := r.Source.Manifest(ctx, h.Host, r.Run)
			if e != nil {
				err = errors.Join(err, e)
				continue
			}
			out = append(out, RunListing{m, r.Source.Name})
		}
	}
	slices.SortStableFunc(out, func(a, b RunListing) int { return cmp.Compare(b.StartNS, a.StartNS) })
	if !found && host != "" {
		return nil, hostError(hosts, host, err)
	}
	return out, err
}

// MetricListing is a metric and whether the run can answer it.
type MetricListing struct {
	Metric
	Unavailable *numa.Unavailable // nil when it is available
}

// ListMetrics lists what the query's run can be asked.
func (s Sources) ListMetrics(ctx context.Context, q Query) ([]MetricListing, error) {
	f, err := s.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []MetricListing
	for _, x := range Metrics(f.Manifest) {
		out = append(out, MetricListing{x, Available(f.Manifest, x)})
	}
	return out, nil
}
