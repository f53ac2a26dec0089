package query

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Sort is the order of figures.
type Sort string

// The orders.
const (
	SortLine  Sort = "line"  // as printed: by file and line
	SortName  Sort = "name"  // by name, scope, instance, time
	SortValue Sort = "value" // the greatest first, what is null last
	SortTime  Sort = "time"
)

var sorts = []Sort{SortLine, SortName, SortValue, SortTime}

const defaultFigures = 1000

// mostBegin is how long a notice may get that says how files were placed.
const mostBegin = 300

// Figures answers the view `figures`: numbers as other tools printed them.
type Figures struct {
	*export.Figures
	Host, Run    string
	FromNS, ToNS int64
	Notices      []string
}

// Figures answers the view `figures`.
func (s Sources) Figures(ctx context.Context, q Query) (*Figures, error) {
	f, err := s.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	m := f.Manifest
	if _, ok := tableOf(m, export.TableFigures); !ok {
		return nil, &numa.Unavailable{Feature: "numbers that other tools printed", Why: fmt.Sprintf("run %s was not imported from any", m.Run),
			Remedy: "import some with `numalens import`, or put them into the data source's directory"}
	}
	r := export.FiguresRequest{Scope: string(q.Scope), File: q.File, Instance: q.Of, Order: q.figureOrder(), Limit: cmp.Or(q.Limit, defaultFigures)}
	if q.To != 0 {
		// A page gives whole ms: the last number of a run is in the last of them.
		r.FromNS, r.ToNS = int64(q.From*1e6), int64(q.To*1e6)+1e6
	}
	if q.Filter != "" {
		r.Text = regexp.MustCompile(q.Filter).MatchString // it was checked with the query
	}
	found, err := f.Source.Figures(ctx, m.Host, m.Run, r)
	if err != nil {
		return nil, err
	}
	return &Figures{Figures: found, Host: m.Host, Run: m.Run, FromNS: cmp.Or(r.FromNS, m.StartNS), ToNS: cmp.Or(int64(q.To*1e6), m.EndNS), Notices: f.figureNotices(found, r.Limit)}, nil
}

func (f Found) figureNotices(found *export.Figures, limit int) []string {
	var out []string
	if found.Matched > int64(len(found.Rows)) {
		out = append(out, fmt.Sprintf("Only %d of %d figures are shown; narrow the search, or raise the limit.", len(found.Rows), found.Matched))
	}
	if limit > 0 && slices.ContainsFunc(found.Rows, func(r export.FigureRow) bool { return r.Running >= 0 && r.Running < always }) {
		out = append(out, "Some counts were multiplexed: the tool printed estimates; `running` says for which share of the time they really counted.")
	}
	begin := f.Manifest.Labels["import.begin"]
	if len(begin) > mostBegin {
		begin = "the label import.begin of the run says it for each"
	}
	if begin != "" && slices.ContainsFunc(found.Rows, func(r export.FigureRow) bool { return r.Time != export.TimePrinted }) {
		out = append(out, "Where the files lie on the time axis: "+begin+".")
	}
	return append(out, f.Source.notices(f.Manifest.Host, f.Manifest.Run)...)
}

// figureOrder is the order that the query wants; what is equal in it is as
// printed.
func (q *Query) figureOrder() func(a, b *export.FigureRow) int {
	printed := func(a, b *export.FigureRow) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Name, b.Name), strings.Compare(a.Instance, b.Instance))
	}
	switch q.Sort {
	case SortName:
		return func(a, b *export.FigureRow) int {
			return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Scope, b.Scope), strings.Compare(a.Instance, b.Instance), cmp.Compare(a.TS, b.TS), printed(a, b))
		}
	case SortValue:
		value := func(r *export.FigureRow) float64 {
			if r.Null {
				return math.Inf(-1)
			}
			return r.Value
		}
		return func(a, b *export.FigureRow) int { return cmp.Or(cmp.Compare(value(b), value(a)), printed(a, b)) }
	case SortTime:
		return func(a, b *export.FigureRow) int { return cmp.Or(cmp.Compare(a.TS, b.TS), printed(a, b)) }
	}
	return printed
}
