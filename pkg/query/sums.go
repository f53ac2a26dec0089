package query

import (
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// withoutCPUs takes the grouping by CPU from all metrics of a run of which only
// the sums of nodes are known.
func withoutCPUs(m *export.Manifest, all []Metric) []Metric {
	if !m.SumsOfNodes {
		return all
	}
	for i := range all {
		all[i].By = slices.DeleteFunc(slices.Clone(all[i].By), func(b By) bool { return b == ByCPU })
	}
	return all
}

// finerThanNodes says that CPUs are not there to be asked for.
func finerThanNodes(m *export.Manifest, q Query) error {
	if !m.SumsOfNodes || q.By != ByCPU {
		return nil
	}
	return &numa.Unavailable{
		Feature: fmt.Sprintf("%s by CPU", q.Metric), Why: "this source has sums by node, no single CPUs",
		Remedy: "ask by node, or ask the host's agent or a directory with its export",
	}
}
