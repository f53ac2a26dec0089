package engine

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/series"
)

// line is one series at the edges of columns; NaN is not known.
type line struct {
	labels labels
	at     []float64
}

// atEdges asks what series are at each edge. An accumulator begins at zero, so
// before a run's first tick it is zero; at and after its end it is what it was
// last. shiftMS moves the edges to the past.
func (s *Source) atEdges(ctx context.Context, k runKey, d *described, names []string, more string, edges []int64) ([]line, error) {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	expression := s.of(strings.Join(quoted, "|"), k, more)
	end, err := s.endMS(ctx, k, d)
	if err != nil {
		return nil, err
	}
	ms := make([]int64, len(edges))
	for i, e := range edges {
		ms[i] = min(e/1e6, end)
	}
	inner := len(ms)
	for inner > 0 && ms[inner-1] == end {
		inner--
	}
	a := &asked{edges: ms, byName: map[string]int{}}
	if inner > 0 {
		if err := s.askRange(ctx, expression, ms[:inner], a); err != nil {
			return nil, err
		}
	}
	if inner < len(ms) {
		v, err := s.client.at(ctx, expression, end)
		if err != nil {
			return nil, err
		}
		for _, x := range v {
			l := a.line(x.Metric)
			for i := inner; i < len(ms) && len(x.Values) > 0; i++ {
				l.at[i] = x.Values[0].value
			}
		}
	}
	begun := (d.manifest.StartNS + 2*d.interval) / 1e6
	for i := range a.lines {
		a.lines[i].fromZero(ms, begun)
	}
	return a.lines, nil
}

// endMS is the last moment of a run that the engine has samples of.
func (s *Source) endMS(ctx context.Context, k runKey, d *described) (int64, error) {
	end := d.manifest.EndNS
	if end == 0 {
		newest, err := s.Newest(ctx, k.host, k.run)
		if err != nil {
			return 0, err
		}
		// A tick is at most as much later than the reading that it rests on.
		end = min((newest/d.interval+1)*d.interval, s.now().UnixNano())
	}
	return (end + 1e6 - 1) / 1e6, nil
}

// askRange asks for edges that lie at equal steps in one request, as all
// columns of one width do.
func (s *Source) askRange(ctx context.Context, expression string, ms []int64, a *asked) error {
	step := int64(1000)
	if len(ms) > 1 {
		step = ms[1] - ms[0]
	}
	for i := 1; i < len(ms); i++ {
		if ms[i]-ms[i-1] != step || step <= 0 {
			return fmt.Errorf("edges of columns of several widths: %d and %d ms", step, ms[i]-ms[i-1])
		}
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

// asked gathers lines over several answers.
type asked struct {
	edges  []int64
	lines  []line
	byName map[string]int
}

func (a *asked) line(l labels) *line {
	var name strings.Builder
	for _, n := range []string{"__name__", series.LabelGroup, series.LabelNode, series.LabelSocket, series.LabelMemoryNode} {
		name.WriteString(l[n] + "\x00")
	}
	i, ok := a.byName[name.String()]
	if !ok {
		i = len(a.lines)
		a.byName[name.String()] = i
		at := slices.Repeat([]float64{math.NaN()}, len(a.edges))
		a.lines = append(a.lines, line{l, at})
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
