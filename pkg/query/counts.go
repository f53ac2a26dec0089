package query

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/numalens/numalens/pkg/export"
)

// counts are the raw material of a grid: for each column of the metric, what
// each instance counted in each column of time. Counters, samples and gauges
// all come to this form, and from here on are summed and divided alike.
type counts struct {
	instances []int32
	columns   int
	series    []series // the metric's columns, in their order
	// num and den are the series that are summed, above and below the line;
	// minus are taken from those above.
	num, minus, den []*series
	costs           []float64 // of one of each of num; nil is 1
	denCost         float64
	words           []string // that belong beside the figures
	lent            [][]float64
	release         func() // gives back what the source lent; nil when nothing was
}

// done says that nothing more is asked of the times of readings.
func (c *counts) done() {
	if c.release != nil {
		c.release()
	}
	for i := range c.lent {
		floatPool.Put(&c.lent[i])
	}
	c.lent = nil
}

// floatPool hands the megabytes of one grid's counts on to the next.
var floatPool sync.Pool

// lend gives n numbers with anything in them.
func (c *counts) lend(n int) []float64 {
	xs, _ := floatPool.Get().(*[]float64)
	if xs == nil || cap(*xs) < n {
		fresh := make([]float64, n)
		xs = &fresh
	}
	c.lent = append(c.lent, (*xs)[:n])
	return (*xs)[:n]
}

// series is one event. Its slices are at instance*columns+column.
type series struct {
	name         string
	count        []float64 // scaled for multiplexing; NaN is null
	seconds      []float64 // over which it was counted
	enabled      float64   // ns, over the whole answer
	running      float64
	fromNS, toNS []int64 // of the readings; nil where edges are exact
	estimated    bool    // some of it, from a sample
}

func (s *series) runningShare() float64 {
	if s.enabled <= 0 {
		return 1
	}
	return s.running / s.enabled
}

func (a *ask) counts(ctx context.Context, edges []int64) (*counts, error) {
	m := a.Manifest
	switch {
	case a.metric.Access != nil:
		class := func(src uint64) int { return classOf(src, m.CPUModel) }
		w, err := a.Source.Accesses(ctx, m.Host, m.Run, export.AccessesRequest{Kind: a.metric.Kinds, EdgesNS: edges, Class: class, Classes: servedClasses})
		if err != nil {
			return nil, err
		}
		return a.fromAccesses(w, edges)
	case a.metric.Table == export.TableSamples:
		w, err := a.Source.Weights(ctx, m.Host, m.Run, export.WeightsRequest{Kind: a.metric.Kinds, EdgesNS: edges})
		if err != nil {
			return nil, err
		}
		return a.fromWeights(w, edges)
	case a.metric.Traced != "":
		t, err := a.Source.TracedSums(ctx, m.Host, m.Run, export.TracedRequest{Table: a.metric.Table, Kind: a.metric.Traced, EdgesNS: edges})
		if err != nil {
			return nil, err
		}
		return a.fromTraced(t)
	case a.metric.Kind == Gauge:
		g, err := a.Source.Gauges(ctx, m.Host, m.Run, export.GaugesRequest{Table: a.metric.Table, Columns: a.metric.Numerator, EdgesNS: edges})
		if err != nil {
			return nil, err
		}
		return a.fromGauges(g)
	}
	inc, err := a.Source.Increments(ctx, m.Host, m.Run, export.IncrementsRequest{
		Table: a.metric.Table, Scope: a.scope, Columns: a.metric.columns(), EdgesNS: edges,
	})
	if err != nil {
		return nil, err
	}
	return a.fromIncrements(inc)
}

// bind finds the series that the metric sums. A source that leaves out what
// it was asked for is an error here, not a null later.
func (c *counts) bind(num, minus, den []string) (*counts, error) {
	for _, part := range []struct {
		names []string
		into  *[]*series
	}{{num, &c.num}, {minus, &c.minus}, {den, &c.den}} {
		for _, n := range part.names {
			i := slices.IndexFunc(c.series, func(s series) bool { return s.name == n })
			if i < 0 {
				return nil, fmt.Errorf("the source gave no %q though it was asked for", n)
			}
			*part.into = append(*part.into, &c.series[i])
		}
	}
	if c.denCost == 0 {
		c.denCost = 1
	}
	return c, nil
}

func (a *ask) fromIncrements(inc *export.Increments) (*counts, error) {
	c := &counts{instances: inc.Instances, columns: inc.Columns, costs: a.metric.Costs, denCost: a.metric.DenominatorCost, release: inc.Release}
	for i, in := range inc.Series {
		s := series{name: in.Name, count: c.lend(len(in.Delta)), fromNS: in.FromNS, toNS: in.ToNS}
		if i > 0 && sameSlice(in.SpanNS, inc.Series[i-1].SpanNS) {
			before := &c.series[i-1]
			s.seconds, s.enabled, s.running = before.seconds, before.enabled, before.running
		} else {
			s.seconds = c.lend(len(in.SpanNS))
			seconds(s.seconds, in.SpanNS)
			s.enabled, s.running = counted(in)
		}
		scaled(s.count, in)
		c.series = append(c.series, s)
	}
	return c.bind(a.metric.Numerator, a.metric.Minus, a.metric.Denominator)
}

func sameSlice(a, b []int64) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

func seconds(out []float64, ns []int64) {
	for i, x := range ns {
		out[i] = float64(x) / 1e9
	}
}

// counted sums the times for which an event was enabled and running, where
// anything is known.
func counted(in export.IncrementSeries) (enabled, running float64) {
	for i, r := range in.RunningNS {
		if in.SpanNS[i] > 0 && r > 0 {
			enabled += float64(in.EnabledNS[i])
			running += float64(r)
		}
	}
	return enabled, running
}

// scaled brings counts to all the time that they were enabled. What was not
// counted at all is null, not zero.
func scaled(out []float64, in export.IncrementSeries) {
	for i, d := range in.Delta {
		switch running := in.RunningNS[i]; {
		case in.SpanNS[i] <= 0 || running <= 0:
			out[i] = math.NaN()
		case running < in.EnabledNS[i]:
			out[i] = float64(d) * (float64(in.EnabledNS[i]) / float64(running))
		default:
			out[i] = float64(d)
		}
	}
}

func (a *ask) fromGauges(g *export.Gauges) (*counts, error) {
	c := &counts{instances: g.Instances, columns: g.Columns}
	for _, in := range g.Series {
		s := series{name: in.Name, count: nulls(len(in.Values)), seconds: make([]float64, len(in.Values)), estimated: in.Estimated}
		for i, v := range in.Values {
			if in.Valid[i] {
				s.count[i], s.seconds[i] = float64(v), 1
			}
		}
		c.series = append(c.series, s)
	}
	return c.bind(a.metric.Numerator, a.metric.Minus, a.metric.Denominator)
}

// The names of the two counts that samples give.
const (
	onRemote = "samples on another node"
	onKnown  = "samples with a known node"
)

// always is the running share above which a count is taken for one that was
// never multiplexed: enabling a group takes a moment.
const always = 0.995

// multiplexed tells whether any of the counts was: then groups were counted at
// different moments, even if they were read at the same.
func (c *counts) multiplexed() bool {
	return slices.ContainsFunc(c.series, func(s series) bool { return s.runningShare() < always })
}

// sameMoments tells whether all series rest on the same readings, as those of
// several groups do where one reading takes them all.
func (c *counts) sameMoments() bool {
	for _, s := range c.series {
		if s.fromNS == nil || !slices.Equal(s.fromNS, c.series[0].fromNS) || !slices.Equal(s.toNS, c.series[0].toNS) {
			return false
		}
	}
	return true
}

// fromWeights counts samples by whether the memory's node is the CPU's own.
// Samples whose memory's node is not known are in neither count.
func (a *ask) fromWeights(w *export.Weights, edges []int64) (*counts, error) {
	cpus := a.sampledCPUs(w)
	n := len(cpus) * w.Columns
	remote := series{name: onRemote, count: nulls(n), seconds: make([]float64, n)}
	known := series{name: onKnown, count: nulls(n), seconds: make([]float64, n)}
	for i, cpu := range cpus {
		own, ownKnown := a.Manifest.Topology.CPUByID(int(cpu))
		at := slices.Index(w.CPUs, cpu)
		for col := range w.Columns {
			if !w.Active[col] || !ownKnown || own.Node < 0 {
				continue
			}
			k := i*w.Columns + col
			remote.count[k], known.count[k] = 0, 0
			remote.seconds[k] = a.activeSeconds(edges[col], edges[col+1])
			known.seconds[k] = remote.seconds[k]
			if at < 0 {
				continue
			}
			for j, node := range w.MemNodes {
				if node < 0 {
					continue
				}
				x := float64(w.Weight[at][j][col])
				known.count[k] += x
				if int(node) != own.Node {
					remote.count[k] += x
				}
			}
		}
	}
	c := &counts{instances: cpus, columns: w.Columns, series: []series{remote, known}}
	if a.metric.divides() {
		return c.bind([]string{onRemote}, nil, []string{onKnown})
	}
	return c.bind([]string{onRemote}, nil, nil)
}

// activeSeconds is the part of a column within the run: its first and last
// column are not whole.
func (a *ask) activeSeconds(from, to int64) float64 {
	from = max(from, a.Manifest.StartNS)
	to = min(to, a.endNS)
	return float64(max(to-from, 1)) / 1e9
}

// sampledCPUs are all CPUs of the host: one without samples had none, which
// is knowledge.
func (a *ask) sampledCPUs(w *export.Weights) []int32 {
	if len(a.Manifest.Topology.CPUs) == 0 {
		return w.CPUs
	}
	out := make([]int32, len(a.Manifest.Topology.CPUs))
	for i, c := range a.Manifest.Topology.CPUs {
		out[i] = int32(c.ID)
	}
	return out
}

// sums are one cell of one row: sums first, so that a share of a node is the
// share of its sums and never an average of shares.
type sums struct {
	num, den       float64
	rate           float64 // of the numerator
	known, missing int     // members
}

func (c *counts) sum(members []int, col int) sums {
	var out [1]sums
	c.sumRow(members, col, out[:])
	return out[0]
}

// sumRow sums a row's members in the columns from one on.
func (c *counts) sumRow(members []int, from int, out []sums) {
	clear(out)
	for _, m := range members {
		at := m*c.columns + from
		for col := range out {
			out[col].add(c, at+col)
		}
	}
	for col := range out {
		// What is taken away is a part of the whole; it is greater only by the
		// error of counts that were not taken at the same moments.
		out[col].num, out[col].rate = max(out[col].num, 0), max(out[col].rate, 0)
	}
}

// add adds one member, if all of its counts are known.
func (s *sums) add(c *counts, i int) {
	var num, rate, den float64
	for k, x := range c.num {
		count := x.count[i]
		if c.costs != nil {
			count *= c.costs[k]
		}
		num += count
		rate += count / x.seconds[i]
	}
	for _, x := range c.minus {
		num -= x.count[i]
		rate -= x.count[i] / x.seconds[i]
	}
	for _, x := range c.den {
		den += x.count[i]
	}
	if math.IsNaN(num + den) {
		s.missing++
		return
	}
	s.known++
	s.num += num
	s.rate += rate
	s.den += den * c.denCost
}

// value is the cell's value: NaN where nothing is known, and for a share or
// ratio also where nothing happened to divide by.
func (s *sums) value(x *Metric) float64 {
	switch {
	case s.known == 0:
		return math.NaN()
	case x.divides() && s.den == 0:
		return math.NaN()
	case x.divides():
		return s.num / s.den
	case x.Kind == Gauge:
		return s.num
	}
	return s.rate * x.scale()
}
