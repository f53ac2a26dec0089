package querytest

import (
	"context"
	"fmt"
	"strings"

	"github.com/numalens/numalens/pkg/query"
)

// hotspots gives the table the form of a grid: a row is "FUNCTION
// CPUNODE>GIVEN COMM PID", its values are bytes, number and share.
func hotspots(ctx context.Context, sources query.Sources, q query.Query) (*query.Grid, error) {
	h, _, err := sources.Hotspots(ctx, q)
	if err != nil {
		return nil, err
	}
	g := &query.Grid{Plan: query.Plan{Columns: 3}, Notices: h.Notices}
	for _, r := range h.Rows {
		label := fmt.Sprintf("%s %s>%s %s %d", r.Function, node(r.CPUNode), node(r.GivenNode), r.Comm, r.PID)
		if r.Function == query.Others {
			label = query.Others
		}
		g.Rows = append(g.Rows, query.Row{Label: label})
		g.Values = append(g.Values, float64(r.Bytes), float64(r.Count), r.Share)
	}
	return g, nil
}

func node(n int32) string {
	if n < 0 {
		return "_"
	}
	return fmt.Sprint(n)
}

// flame gives the boxes the form of a grid: a row is a label, a dash for each
// level before it; its values are value, self and the remote share.
func flame(ctx context.Context, sources query.Sources, q query.Query) (*query.Grid, error) {
	f, err := sources.Flame(ctx, q)
	if err != nil {
		return nil, err
	}
	g := &query.Grid{Plan: query.Plan{Columns: 3}, Notices: f.Notices}
	for _, b := range f.Boxes {
		g.Rows = append(g.Rows, query.Row{Label: strings.Repeat("-", b.Level) + b.Label})
		g.Values = append(g.Values, float64(b.Value), float64(b.Self), b.Remote)
	}
	return g, nil
}
