package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// line is one series at the edges of columns; NaN is not known.
type line struct {
	key
	at []float64
}

// atEdges asks what series are at each edge. An accumulator begins at zero, so
// before a run's first tick it is zero; at and after its end it is what it was
// last.
func (s *Source) atEdges(ctx context.Context, k runKey, d *described, names []string, more string, edges []int64) ([]line, error) {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	newest, end, err := s.endOfRun(ctx, k, d)
	if err != nil {
		return nil, err
	}
	ms := d.ticks(edges, newest, end)
	var lines []line
	if t := togetherOf(ctx); t != nil {
		lines, err = t.ask(ctx, k, strings.Join(quoted, "|"), more, ms, end)
	} else {
		lines, err = s.lines(ctx, s.of(strings.Join(quoted, "|"), k, more), ms, end)
	}
	if err != nil {
		return nil, err
	}
	begun := (d.manifest.StartNS + 2*d.interval) / 1e6
	for i := range lines {
		lines[i].fromZero(ms, begun)
	}
	return lines, nil
}

// ticks are the edges in ms, each on the nearest tick; what is at or beyond the
// newest reading is the run's end.
func (d *described) ticks(edges []int64, newest, end int64) []int64 {
	ms := make([]int64, len(edges))
	for i, e := range edges {
		ms[i] = min((e+d.interval/2)/d.interval*d.interval/1e6, end)
		if e >= newest {
			ms[i] = end
		}
	}
	return ms
}

// lines asks for the values at edges, of which those that are the end are one
// moment.
func (s *Source) lines(ctx context.Context, expression string, ms []int64, end int64) ([]line, error) {
	inner := len(ms)
	for inner > 0 && ms[inner-1] == end {
		inner--
	}
	if _, even := stepOf(ms); even {
		inner = len(ms)
	}
	a := &asked{edges: ms, byKey: map[key]int{}}
	var last []vector
	var failed error
	var wg sync.WaitGroup
	if inner < len(ms) {
		wg.Go(func() { last, failed = s.client.at(ctx, expression, end) })
	}
	var err error
	if inner > 0 {
		err = s.askRange(ctx, expression, ms[:inner], a)
	}
	wg.Wait()
	if err = cmp.Or(err, failed); err != nil {
		return nil, err
	}
	for _, x := range last {
		l := a.line(x.Metric)
		for i := inner; i < len(ms) && len(x.Values) > 0; i++ {
			l.at[i] = x.Values[0].value
		}
	}
	return a.lines, nil
}

// endOfRun is when the run's newest reading was taken, ns, and the last moment
// that the engine has samples of, ms.
func (s *Source) endOfRun(ctx context.Context, k runKey, d *described) (newest, endMS int64, err error) {
	if end := d.manifest.EndNS; end != 0 {
		return end, (end + 1e6 - 1) / 1e6, nil
	}
	if newest, err = s.Newest(ctx, k.host, k.run); err != nil {
		return 0, 0, err
	}
	// A tick is at most as much later than the reading that it rests on.
	return newest, (newest + d.interval - 1) / d.interval * d.interval / 1e6, nil
}

// askRange asks for edges that lie at equal steps in one request, as all
// columns of one width do.
func (s *Source) askRange(ctx context.Context, expression string, ms []int64, a *asked) error {
	step, even := stepOf(ms)
	if !even {
		return fmt.Errorf("the edges of columns of several widths, from %d to %d ms, cannot be asked for", ms[0], ms[len(ms)-1])
	}
	v, err := s.client.between(ctx, expression, ms[0], ms[len(ms)-1], step)
	if err != nil {
		return err
	}
	for _, x := range v {
		l := a.line(x.Metric)
		for _, p := range x.Values {
			if i := (p.ms - ms[0] + step/2) / step; i >= 0 && int(i) < len(ms) {
				l.at[i] = p.value
			}
		}
	}
	return nil
}

// stepOf is the step at which edges lie, and whether all do at one.
func stepOf(ms []int64) (step int64, even bool) {
	if len(ms) < 2 {
		return 1000, len(ms) == 1
	}
	step = ms[1] - ms[0]
	for i := 1; i < len(ms); i++ {
		if ms[i]-ms[i-1] != step {
			return step, false
		}
	}
	return step, step > 0
}

// asked gathers lines over several answers.
type asked struct {
	edges []int64
	lines []line
	byKey map[key]int
}

func (a *asked) line(k key) *line {
	i, ok := a.byKey[k]
	if !ok {
		i = len(a.lines)
		a.byKey[k] = i
		a.lines = append(a.lines, line{k, slices.Repeat([]float64{math.NaN()}, len(a.edges))})
	}
	return &a.lines[i]
}

func (l *line) fromZero(ms []int64, begun int64) {
	for i, at := range ms {
		if at <= begun && math.IsNaN(l.at[i]) {
			l.at[i] = 0
		}
	}
}

// beginAtZero fills what was before the first sample: where it was counted,
// and there was none yet, there was nothing to count.
func (l *line) beginAtZero(counted *line) {
	for i := 0; i < len(l.at) && !(l.at[i] > 0); i++ {
		if !math.IsNaN(counted.at[i]) {
			l.at[i] = 0
		}
	}
}
