package query

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// Grid is the answer to a heatmap or a series: one row for each CPU, node or
// socket, in the order of drawing.
type Grid struct {
	Plan
	Metric   Metric
	By       By
	Host     string
	Run      string
	Scope    export.Scope
	Emulated string
	Rows     []Row
	// Values are at row*Columns+column; NaN is null.
	Values []float64
	// Volume is, for shares, the denominator of each cell; NaN is null. It is
	// nil for what is not a share.
	Volume  []float64
	Notices []string
}

// Grid answers a heatmap or a series.
func (s Sources) Grid(ctx context.Context, q Query) (*Grid, error) {
	a, err := s.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	p := NewPlan(a.fromNS, a.toNS, a.periodNS, a.metric.Kind, q.Columns)
	return a.grid(ctx, p)
}

// ask finds what a query is about and checks that it can be answered.
func (s Sources) ask(ctx context.Context, q Query) (ask, error) {
	f, err := s.Find(ctx, q)
	if err != nil {
		return ask{}, err
	}
	return f.ask(ctx, q)
}

// ask checks that a run can answer a query.
func (f Found) ask(ctx context.Context, q Query) (ask, error) {
	if err := finerThanNodes(f.Manifest, q); err != nil {
		return ask{}, err
	}
	var newest int64
	if f.Manifest.EndNS == 0 {
		var err error
		if newest, err = f.Source.Newest(ctx, f.Manifest.Host, f.Manifest.Run); err != nil {
			return ask{}, err
		}
	}
	a, err := resolve(q, f, newest)
	if err != nil {
		return ask{}, err
	}
	return a, a.inRange()
}

// inRange refuses a range that the run does not touch, or in which its agent
// wrote nothing any more: an empty picture without a reason would look like a
// quiet host.
func (a *ask) inRange() error {
	m := a.Manifest
	if a.toNS > m.StartNS && a.fromNS < a.endNS {
		return nil
	}
	return &NoDataError{Host: m.Host, FromMS: float64(a.fromNS) / 1e6, ToMS: float64(a.toNS) / 1e6, Runs: 1, FirstNS: m.StartNS, EndNS: a.endNS}
}

func (a *ask) grid(ctx context.Context, p Plan) (*Grid, error) {
	c, err := a.counts(ctx, p.Edges())
	if err != nil {
		return nil, err
	}
	m := a.Manifest
	g := &Grid{
		Plan: p, Metric: a.metric, By: a.By, Host: m.Host, Run: m.Run, Scope: a.scope, Emulated: m.Emulated,
		Rows: rowsOf(m, a.By, c.instances, a.instancesAre()),
	}
	g.Values = make([]float64, len(g.Rows)*p.Columns)
	if a.metric.Kind == Share {
		g.Volume = make([]float64, len(g.Rows)*p.Columns)
	}
	partial := g.fill(c)
	g.Notices = a.notices(c, partial)
	c.done()
	return g, nil
}

// fill computes the cells. It tells whether some members of a row were not
// known where others were.
func (g *Grid) fill(c *counts) (partial bool) {
	cells := make([]sums, g.Columns)
	for r, row := range g.Rows {
		c.sumRow(row.members, 0, cells)
		for col := range cells {
			cell := &cells[col]
			partial = partial || cell.missing > 0 && cell.known > 0
			i := r*g.Columns + col
			g.Values[i] = cell.value(&g.Metric)
			if g.Volume == nil {
				continue
			}
			if g.Volume[i] = cell.den; cell.known == 0 {
				g.Volume[i] = math.NaN()
			}
		}
	}
	return partial
}

func nulls(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// notices are what a reader must know beside the picture.
func (a *ask) notices(c *counts, partial bool) []string {
	var out []string
	m := a.Manifest
	if m.Emulated != "" {
		out = append(out, fmt.Sprintf("Not from hardware: %s.", m.Emulated))
	}
	if a.scope == export.ScopeProcessCPU {
		out = append(out, "Only the recorded command and its children were counted, not all that ran on each CPU.")
	}
	for _, e := range a.untrusted() {
		out = append(out, fmt.Sprintf("%s does not count here what its meaning says, as calibration found: %s.", e.Name, e.Untrusted))
	}
	if name, ok := a.unproven(); ok && m.Emulated == "" {
		out = append(out, fmt.Sprintf("%s is a hardware event that has not been proven on this host: `calibrate` has not passed.", name))
	}
	for _, s := range c.series {
		if share := s.runningShare(); share < always {
			out = append(out, fmt.Sprintf("%s was counted %.0f %% of the time (the kernel multiplexed it); its counts are scaled estimates.", s.name, 100*share))
		}
	}
	if slices.ContainsFunc(c.series, func(s series) bool { return s.estimated }) {
		out = append(out, "Of large processes random pages were asked for, so as not to hold them up: their bytes are estimates.")
	}
	if groups := a.groups(); a.metric.divides() && len(groups) > 1 && (!c.sameMoments() || c.multiplexed()) {
		out = append(out, fmt.Sprintf("What this divides was counted in different groups (%s), not at the same moments: the result is approximate.", strings.Join(groups, ", ")))
	}
	out = append(out, c.words...)
	out = append(out, a.metric.Caveats...)
	out = append(out, caveats(m, a.metric.columns())...)
	out = append(out, a.Source.notices(m.Host, m.Run)...)
	if partial {
		out = append(out, "Some CPUs or nodes of a row are unknown in some columns; their row shows the others.")
	}
	return out
}

// groups are those that hold the metric's events.
func (a *ask) groups() []string {
	var out []string
	for _, g := range a.Manifest.Groups {
		if slices.ContainsFunc(g.Events, func(e export.GroupEvent) bool { return slices.Contains(a.metric.columns(), e.Name) }) {
			out = append(out, g.Name)
		}
	}
	return out
}

// untrusted are the metric's events that failed calibration.
func (a *ask) untrusted() []export.GroupEvent {
	var out []export.GroupEvent
	for _, g := range a.Manifest.Groups {
		for _, e := range g.Events {
			if e.Untrusted != "" && slices.Contains(a.metric.columns(), e.Name) {
				out = append(out, e)
			}
		}
	}
	return out
}

func (a *ask) unproven() (string, bool) {
	for _, g := range a.Manifest.Groups {
		for _, e := range g.Events {
			if !e.Proven && e.Untrusted == "" && slices.Contains(a.metric.columns(), e.Name) {
				return e.Name, true
			}
		}
	}
	return "", false
}
