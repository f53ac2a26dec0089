package export

import (
	"context"
	"math"
	"slices"
)

// What a question about columns needs is read from the coarsest level that
// has a row for each edge, and what that does not tell yet, the newest
// minutes, from the next finer one, down to the raw rows. All of it is one
// accumulator: a level's rows are readings, too.

// cascade reads the tables that a question needs, coarsest first.
type cascade struct {
	r       *Reader
	m       *Manifest
	scope   Scope
	columns []string
	edges   []int64
	period  int64
	maxStep int64
	join    func([]strandView) // takes the strands of a segment
}

// offTicks is how many steps of a level a column has at least whose edges are
// not on the level's ticks.
const offTicks = 100

func (c *cascade) run(ctx context.Context, table string) error {
	from, to := c.edges[0], c.edges[len(c.edges)-1]
	width := (to - from) / int64(len(c.edges)-1)
	told := always // up to here
	for _, l := range c.levels(table, width) {
		newest, err := c.read(ctx, l.table, max(from, told), told, l.step, 1)
		if err != nil {
			return err
		}
		// A series whose newest row is missing here has it in the finer ones.
		if told = max(told, newest); told >= to-c.period {
			return nil
		}
	}
	every := 1
	if table == TableCounters && told == always {
		every = thinness(width, c.period)
	}
	_, err := c.read(ctx, table, max(from, told), told, c.period, every)
	return err
}

// levels are those that serve the question, coarsest first: of the first
// every column has a row at its edges, and the others go on where it ends.
func (c *cascade) levels(table string, width int64) []level {
	if table != TableCounters {
		return nil
	}
	var out []level
	for _, l := range slices.Backward(levels) {
		if !l.fits(c.period) || !slices.ContainsFunc(c.m.Segments, func(s Segment) bool { return s.Table == l.table }) {
			continue
		}
		if out != nil || l.step <= width && (l.step*offTicks <= width || onTicks(c.edges, l.step)) {
			out = append(out, l)
		}
	}
	return out
}

func onTicks(edges []int64, step int64) bool {
	return !slices.ContainsFunc(edges, func(e int64) bool { return e%step != 0 })
}

// read reads the segments of a table that tell more than what is told. It
// gives the time up to which every series is told of now.
func (c *cascade) read(ctx context.Context, table string, from, told, step int64, every int) (newest int64, err error) {
	beside := slack(step) * int64(every)
	segments := c.m.segmentsOf(table, from, c.edges[len(c.edges)-1], beside)
	segments = slices.DeleteFunc(segments, func(s Segment) bool { return s.Format == formatParquet && s.ToNS <= told })
	loaded := make([][]strandView, len(segments))
	err = sideBySide(len(segments), func(i int) (err error) {
		loaded[i], err = c.r.strands(ctx, c.m, segments[i], wanted{c.scope, c.columns, c.maxStep, every, from - beside})
		return err
	})
	for _, views := range loaded {
		c.join(views)
	}
	return toldBy(loaded, step), err
}

// toldBy is the time of the oldest last reading, of the series that go on to
// the end.
func toldBy(loaded [][]strandView, step int64) int64 {
	newest, oldest := always, int64(math.MaxInt64)
	each := func(do func(last int64)) {
		for _, views := range loaded {
			for _, v := range views {
				for i := range v.strands {
					if n := len(v.strands[i].ts); n > 0 {
						do(v.strands[i].ts[n-1])
					}
				}
			}
		}
	}
	each(func(last int64) { newest = max(newest, last) })
	each(func(last int64) {
		if last > newest-2*step {
			oldest = min(oldest, last)
		}
	})
	if oldest == math.MaxInt64 {
		return newest
	}
	return oldest
}
