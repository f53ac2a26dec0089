package query

import (
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// elsewhere is where the rest is.
const elsewhere = "ask the host's agent or a directory with its export"

// notAmongSums tells whether a metric's table is one whose rows no sum by node
// is made of.
func notAmongSums(m *export.Manifest, x Metric) bool {
	return m.SumsOfNodes && (x.Traced != "" || x.Table == export.TablePlacement)
}

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
		Remedy: "ask by node, or " + elsewhere,
	}
}

// namedOf finds a named metric without making all the others: a rule for a
// thousand hosts does so for each of them.
func namedOf(m *export.Manifest, name string) (Metric, bool) {
	i := slices.IndexFunc(named, func(x Metric) bool { return x.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return withoutCPUs(m, []Metric{groupedAsCounted(m, named[i].of(m), "")})[0], true
}
