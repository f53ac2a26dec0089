package query

import (
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// placedGauges are the gauges of where the recorded processes' pages lie: of
// all kinds together, and of each.
func placedGauges(m *export.Manifest) []Metric {
	t, ok := tableOf(m, export.TablePlacement)
	if !ok {
		return nil
	}
	out := []Metric{placedGauge(export.PlacementAll, "Memory of the recorded processes")}
	for _, kind := range t.Scopes {
		out = append(out, placedGauge(kind, "Memory of the recorded processes: "+kind))
	}
	return out
}

func placedGauge(column, title string) Metric {
	return Metric{
		Name: "placement." + column, Title: title, Unit: "bytes", Kind: Gauge, Rung: numa.Placement,
		Help: "Bytes that the recorded command and its descendants have on the node, counted from their page tables, or estimated from random pages where they are large. " +
			"A page that several of them share counts for each.",
		By: byNode, Table: export.TablePlacement, Numerator: []string{column},
	}
}
