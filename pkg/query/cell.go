package query

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/numalens/numalens/pkg/export"
)

// Cell is the exact content of one cell of a heatmap: what a tooltip shows.
type Cell struct {
	Metric   Metric
	By       By
	Host     string
	Run      string
	Scope    export.Scope
	Emulated string
	Row      Row
	// Value, Numerator, Denominator and Volume are NaN where not known or,
	// but for Value, where the metric has none.
	Value, Numerator, Denominator float64
	// Seconds is the longest time that any of the row's counts span.
	Seconds float64
	// FromNS and ToNS are the times of the readings that the counts rest on.
	FromNS, ToNS int64
	RunningShare float64
	Events       []CellEvent
	Notices      []string
}

// CellEvent is one of the counts that a cell is made of.
type CellEvent struct {
	Event        string
	Role         string  // "numerator", "denominator", "both", "minus" or "count"
	Count        float64 // scaled for multiplexing; NaN is null
	Unit         string
	RunningShare float64
}

// Cell answers for one cell: the instance q.Instance between q.From and q.To.
func (s Sources) Cell(ctx context.Context, q Query) (*Cell, error) {
	a, err := s.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	c, err := a.counts(ctx, []int64{a.fromNS, a.toNS})
	if err != nil {
		return nil, err
	}
	m := a.Manifest
	rows := rowsOf(m, a.By, c.instances, a.instancesAre())
	i := slices.IndexFunc(rows, func(r Row) bool { return a.By == ByHost || r.Instance == *q.Instance })
	if i < 0 {
		have := make([]string, len(rows))
		for k, r := range rows {
			have[k] = r.Label
		}
		return nil, &UnknownError{What: string(a.By), Name: fmt.Sprint(*q.Instance), Where: where(m), Have: have}
	}
	return a.cell(c, rows[i]), nil
}

func (a *ask) cell(c *counts, row Row) *Cell {
	sum := c.sum(row.members, 0)
	out := &Cell{
		Metric: a.metric, By: a.By, Host: a.Manifest.Host, Run: a.Manifest.Run, Scope: a.scope, Emulated: a.Manifest.Emulated, Row: row,
		Value: sum.value(&a.metric), Numerator: math.NaN(), Denominator: math.NaN(), RunningShare: 1,
		FromNS: a.fromNS, ToNS: a.toNS,
		Notices: a.notices(c, sum.known > 0 && sum.missing > 0),
	}
	if sum.known > 0 {
		out.Numerator = sum.num
		if a.metric.divides() {
			out.Denominator = sum.den
		}
	}
	for i := range c.series {
		s := &c.series[i]
		e := CellEvent{Event: s.name, Role: c.role(s), Unit: a.unitOf(s.name), RunningShare: s.runningShare(), Count: math.NaN()}
		if count, ok := sumKnown(s, row.members, c.columns); ok {
			e.Count = count
		}
		out.RunningShare = min(out.RunningShare, e.RunningShare)
		out.Events = append(out.Events, e)
		out.widen(s, row.members, i == 0)
	}
	return out
}

// widen notes the times of the readings behind the counts.
func (o *Cell) widen(s *series, members []int, first bool) {
	for _, i := range members { // one column: the instance is the index
		if math.IsNaN(s.count[i]) {
			continue
		}
		o.Seconds = max(o.Seconds, s.seconds[i])
		if s.fromNS == nil {
			continue
		}
		if first {
			o.FromNS, o.ToNS, first = s.fromNS[i], s.toNS[i], false
			continue
		}
		o.FromNS, o.ToNS = min(o.FromNS, s.fromNS[i]), max(o.ToNS, s.toNS[i])
	}
}

func (c *counts) role(s *series) string {
	num, den := slices.Contains(c.num, s), slices.Contains(c.den, s)
	switch {
	case slices.Contains(c.minus, s):
		return "minus"
	case len(c.den) == 0 && num:
		return "count"
	case num && den:
		return "both"
	case num:
		return "numerator"
	}
	return "denominator"
}

func sumKnown(s *series, members []int, columns int) (total float64, ok bool) {
	for _, m := range members {
		if v := s.count[m*columns]; !math.IsNaN(v) {
			total, ok = total+v, true
		}
	}
	return total, ok
}

func (a *ask) unitOf(event string) string {
	for _, g := range a.Manifest.Groups {
		for _, e := range g.Events {
			if e.Name == event {
				return e.Unit
			}
		}
	}
	if a.metric.Traced != "" {
		return a.metric.summedUnit()
	}
	if a.metric.Kind == Gauge {
		return a.metric.Unit
	}
	return "1"
}
