package engine

import (
	"context"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/series"
)

// Increments tells how much counts grew within each column.
func (s *Source) Increments(ctx context.Context, host, run string, q export.IncrementsRequest) (*export.Increments, error) {
	k := runKey{host, run}
	d, err := s.described(ctx, k)
	if err != nil {
		return nil, err
	}
	of := make([]column, len(q.Columns))
	names := []string{series.CountedTime}
	if togetherOf(ctx) == nil {
		// A number has no notice of multiplexing, and the series are scaled.
		names = append(names, series.EnabledTime, series.RunningTime)
	}
	groups := []string{""}
	for i, c := range q.Columns {
		x, ok := d.columns[columnKey{q.Table, c}]
		if !ok {
			return nil, &numa.Unavailable{Feature: c, Why: fmt.Sprintf("the engine has no series of it for run %s", run), Remedy: "the view \"metrics\" lists what it has"}
		}
		of[i] = x
		names, groups = append(names, x.series), append(groups, x.group)
	}
	lines, err := s.atEdges(ctx, k, d, names, ",group=~"+strconv.Quote(oneOf(groups)), q.EdgesNS)
	if err != nil {
		return nil, err
	}
	g := gathered{m: d.manifest, scope: q.Scope, table: q.Table, edges: q.EdgesNS, lines: map[lineKey]*line{}}
	for i := range lines {
		g.add(&lines[i])
	}
	out := &export.Increments{Instances: g.instances(of), Columns: len(q.EdgesNS) - 1}
	for i, c := range of {
		out.Series = append(out.Series, g.increments(q.Columns[i], c, out))
	}
	return out, nil
}

// oneOf is a pattern of just these texts.
func oneOf(texts []string) string {
	var out []string
	for _, t := range texts {
		if q := regexp.QuoteMeta(t); !slices.Contains(out, q) {
			out = append(out, q)
		}
	}
	return strings.Join(out, "|")
}

// gathered are lines by what they are.
type gathered struct {
	m     *export.Manifest
	table string
	scope export.Scope
	edges []int64
	lines map[lineKey]*line
}

type lineKey struct {
	name, group string
	instance    int32
}

func (g *gathered) add(l *line) {
	if instance, ok := g.instanceOf(l.key); ok {
		g.lines[lineKey{l.Name, l.Group, instance}] = l
	}
}

// instanceOf is the instance that a series' labels name, in the scope that is
// asked for.
func (g *gathered) instanceOf(k key) (int32, bool) {
	node, socket := number(k.Node), number(k.Socket)
	switch {
	case g.table == export.TableNodes || g.scope == export.ScopeNode:
		return node, true
	case g.scope == export.ScopeSocket:
		return socket, socket >= 0
	case g.scope == export.ScopeUncore:
		i := slices.IndexFunc(g.m.Units, func(u export.Unit) bool { return u.Node == int(node) && (node >= 0 || u.Socket == int(socket)) })
		return int32(i), i >= 0
	}
	return 0, true
}

// number is that of a node or socket; -1 is none.
func number(label string) int32 {
	n, err := strconv.Atoi(label)
	if err != nil {
		return -1
	}
	return int32(n)
}

// instances are those that have any of the columns.
func (g *gathered) instances(of []column) []int32 {
	found := map[int32]bool{}
	for k := range g.lines {
		if slices.ContainsFunc(of, func(c column) bool { return c.series == k.name }) {
			found[k.instance] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func (g *gathered) increments(name string, c column, of *export.Increments) export.IncrementSeries {
	n := len(of.Instances) * of.Columns
	out := export.IncrementSeries{Name: name, Delta: make([]int64, n), SpanNS: make([]int64, n), EnabledNS: make([]int64, n), RunningNS: make([]int64, n), FromNS: make([]int64, n), ToNS: make([]int64, n)}
	unit := 1.0
	if c.unit == "ns" {
		unit = 1e9
	}
	for i, instance := range of.Instances {
		count, counted := g.lines[lineKey{c.series, "", instance}], g.lines[lineKey{series.CountedTime, c.group, instance}]
		enabled, running := g.lines[lineKey{series.EnabledTime, c.group, instance}], g.lines[lineKey{series.RunningTime, c.group, instance}]
		if count == nil || counted == nil {
			continue
		}
		for col := range of.Columns {
			at := i*of.Columns + col
			out.FromNS[at], out.ToNS[at] = g.edges[col], g.edges[col+1]
			grew, span := count.grew(col)*unit, counted.grew(col)*1e9
			if !(span > 0) || !(grew >= 0) {
				continue // not known, or never counted
			}
			share, on := span, span
			if enabled != nil && running != nil {
				on, share = enabled.grew(col)*1e9, running.grew(col)*1e9
			}
			if !(share > 0) || !(on > 0) {
				continue
			}
			// The series is scaled; what is asked for is not.
			out.Delta[at] = int64(math.Round(grew * math.Min(share/on, 1)))
			out.SpanNS[at], out.EnabledNS[at], out.RunningNS[at] = int64(math.Round(span)), int64(math.Round(on)), int64(math.Round(math.Min(share, on)))
		}
	}
	return out
}

// grew is the difference over a column; NaN is not known.
func (l *line) grew(column int) float64 { return l.at[column+1] - l.at[column] }

// Gauges gives what was read at the end of each column.
func (s *Source) Gauges(ctx context.Context, host, run string, q export.GaugesRequest) (*export.Gauges, error) {
	if q.Table == export.TablePlacement {
		return nil, notHere("placement")
	}
	k := runKey{host, run}
	d, err := s.described(ctx, k)
	if err != nil {
		return nil, err
	}
	names := []string{series.CountedTime}
	of := make([]column, len(q.Columns))
	for i, c := range q.Columns {
		x, ok := d.columns[columnKey{export.TableNodes, c}]
		if !ok {
			return nil, &numa.Unavailable{Feature: c, Why: fmt.Sprintf("the engine has no series of it for run %s", run), Remedy: "the view \"metrics\" lists what it has"}
		}
		of[i], names = x, append(names, x.series)
	}
	lines, err := s.atEdges(ctx, k, d, names, ",group=~"+strconv.Quote(oneOf([]string{"", series.GroupNodes})), q.EdgesNS)
	if err != nil {
		return nil, err
	}
	g := gathered{m: d.manifest, table: export.TableNodes, lines: map[lineKey]*line{}}
	for i := range lines {
		g.add(&lines[i])
	}
	out := &export.Gauges{Instances: g.instances(of), Columns: len(q.EdgesNS) - 1}
	for i, c := range of {
		out.Series = append(out.Series, g.gauges(q.Columns[i], c, out))
	}
	return out, nil
}

func (g *gathered) gauges(name string, c column, of *export.Gauges) export.GaugeSeries {
	n := len(of.Instances) * of.Columns
	out := export.GaugeSeries{Name: name, Values: make([]int64, n), Valid: make([]bool, n)}
	for i, instance := range of.Instances {
		l, counted := g.lines[lineKey{c.series, "", instance}], g.lines[lineKey{series.CountedTime, series.GroupNodes, instance}]
		if l == nil || counted == nil {
			continue
		}
		for col := range of.Columns {
			// Where nothing was read within the column, what the engine gives is
			// from before.
			if v := l.at[col+1]; !math.IsNaN(v) && counted.grew(col) > 0 {
				out.Values[i*of.Columns+col], out.Valid[i*of.Columns+col] = int64(v), true
			}
		}
	}
	return out
}

// Weights gives the samples of each node, as those of its first CPU: by node
// and above that is the same.
func (s *Source) Weights(ctx context.Context, host, run string, q export.WeightsRequest) (*export.Weights, error) {
	k := runKey{host, run}
	d, err := s.described(ctx, k)
	if err != nil {
		return nil, err
	}
	name, group := series.SamplesName(q.Kind), series.GroupOfSamples(q.Kind)
	lines, err := s.atEdges(ctx, k, d, []string{series.CountedTime, name}, ",group=~"+strconv.Quote(oneOf([]string{"", group})), q.EdgesNS)
	if err != nil {
		return nil, err
	}
	w := &export.Weights{Columns: len(q.EdgesNS) - 1, Active: make([]bool, len(q.EdgesNS)-1)}
	mem := map[int32]bool{}
	for _, l := range lines {
		if l.Name == name {
			mem[number(l.MemoryNode)] = true
		}
	}
	unknown := mem[-1]
	delete(mem, -1)
	if w.MemNodes = slices.Sorted(maps.Keys(mem)); unknown {
		w.MemNodes = append(w.MemNodes, -1)
	}
	i := slices.IndexFunc(lines, func(l line) bool { return l.Name == series.CountedTime })
	if i < 0 {
		return w, nil
	}
	counted := &lines[i]
	for col := range w.Columns {
		w.Active[col] = counted.grew(col) > 0
	}
	for k := range lines {
		if l := &lines[k]; k != i {
			l.beginAtZero(counted)
			enter(w, d.manifest, l)
		}
	}
	return w, nil
}

func enter(w *export.Weights, m *export.Manifest, l *line) {
	n, ok := m.Topology.NodeByID(int(number(l.Node)))
	if !ok || len(n.CPUs) == 0 {
		return
	}
	cpu := int32(n.CPUs[0])
	i := slices.Index(w.CPUs, cpu)
	if i < 0 {
		i = len(w.CPUs)
		w.CPUs = append(w.CPUs, cpu)
		w.Weight, w.Samples = append(w.Weight, nil), append(w.Samples, nil)
		for range w.MemNodes {
			w.Weight[i], w.Samples[i] = append(w.Weight[i], make([]int64, w.Columns)), append(w.Samples[i], make([]int64, w.Columns))
		}
	}
	at := slices.Index(w.MemNodes, number(l.MemoryNode))
	for col := range w.Columns {
		if grew := l.grew(col); grew > 0 {
			w.Weight[i][at][col] += int64(math.Round(grew))
		}
	}
}
