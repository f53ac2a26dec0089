package export

import (
	"cmp"
	"slices"
)

// counterRows gathers readings by series between two flushes: a batch then
// lies series by series, where cumulative counts compress best, without
// sorting.
type counterRows struct {
	groups   []Group
	columns  [][]int // by group: where its events stand in the table
	bySeries map[seriesKey]*waiting
	sorted   []*waiting
	rows     int
	oldest   int64      // of a level: time of the oldest row, 0 when there is none
	levels   *decimator // of the counters themselves: what their levels are made by
}

type seriesKey struct {
	scope    Scope
	group    int
	instance int32
}

// waiting holds the readings of one series, and the time of the newest ever taken.
type waiting struct {
	key              seriesKey
	last             int64
	ts               []int64
	values           []int64 // of the group's events, one reading after another
	enabled, running []int64
	epoch            []int64 // of a level: unknown
	sum              *accumulator
}

// counterFixed is how many columns stand before the events.
const counterFixed = 7

func newCounterRows(groups []Group, t Table) *counterRows {
	c := &counterRows{groups: groups, bySeries: map[seriesKey]*waiting{}}
	for _, g := range groups {
		at := make([]int, len(g.Events))
		for i, e := range g.Events {
			at[i] = t.column(e.Name)
		}
		c.columns = append(c.columns, at)
	}
	return c
}

// add takes a reading; it is refused when its group is unknown, or when it
// is not newer than the one before: a series must ascend to be searched.
func (c *counterRows) add(r CounterRow) bool {
	if r.Group < 0 || r.Group >= len(c.groups) || len(r.Values) != len(c.columns[r.Group]) {
		return false
	}
	s := c.series(seriesKey{r.Scope, r.Group, r.Instance})
	if r.TS <= s.last {
		return false
	}
	c.levels.follow(s, &r)
	s.take(r.TS, r.Values, r.Enabled, r.Running, int64(r.Epoch+s.sum.raised))
	c.rows++
	return true
}

// decimate takes a reading for the levels only.
func (c *counterRows) decimate(r *CounterRow) {
	if s := c.series(seriesKey{r.Scope, r.Group, r.Instance}); r.TS > s.last {
		s.last = r.TS
		c.levels.follow(s, r)
	}
}

func (s *waiting) take(ts int64, values []int64, enabled, running, epoch int64) {
	s.last = ts
	s.ts = append(s.ts, ts)
	s.values = append(s.values, values...)
	s.enabled = append(s.enabled, enabled)
	s.running = append(s.running, running)
	s.epoch = append(s.epoch, epoch)
}

func (c *counterRows) series(k seriesKey) *waiting {
	if s := c.bySeries[k]; s != nil {
		return s
	}
	s := &waiting{key: k}
	c.bySeries[k] = s
	i, _ := slices.BinarySearchFunc(c.sorted, k, func(s *waiting, k seriesKey) int {
		return cmp.Or(cmp.Compare(s.key.scope, k.scope), cmp.Compare(s.key.group, k.group), cmp.Compare(s.key.instance, k.instance))
	})
	c.sorted = slices.Insert(c.sorted, i, s)
	return s
}

// drain moves the readings into b, which is empty, series by series.
func (c *counterRows) drain(b *batch) {
	v := b.vectors
	for i := range v[counterFixed:] {
		v[counterFixed+i].blank(c.rows)
	}
	for _, s := range c.sorted {
		n := len(s.ts)
		if n == 0 {
			continue
		}
		v[0].values = append(v[0].values, s.ts...)
		v[1].repeat(int64(v[1].words.index(string(s.key.scope))), n)
		v[2].repeat(int64(s.key.instance), n)
		v[3].repeat(int64(v[3].words.index(c.groups[s.key.group].Name)), n)
		v[4].values = append(v[4].values, s.enabled...)
		v[5].values = append(v[5].values, s.running...)
		v[6].values = append(v[6].values, s.epoch...)
		c.fill(b, s)
		b.rows += n
		s.ts, s.values, s.enabled, s.running, s.epoch = s.ts[:0], s.values[:0], s.enabled[:0], s.running[:0], s.epoch[:0]
	}
	c.rows, c.oldest = 0, 0
}

// fill sets the events of one series in columns that are null so far.
func (c *counterRows) fill(b *batch, s *waiting) {
	at := c.columns[s.key.group]
	for i, col := range at {
		v := &b.vectors[col]
		for k := range s.ts {
			v.values[b.rows+k] = s.values[k*len(at)+i]
			v.null[b.rows+k] = false
		}
	}
}

// blank makes n rows that are null.
func (v *vector) blank(n int) {
	v.values = append(v.values[:0], make([]int64, n)...)
	v.null = append(v.null[:0], make([]bool, n)...)
	for i := range v.null {
		v.null[i] = true
	}
}

func (v *vector) repeat(x int64, n int) {
	for range n {
		v.values = append(v.values, x)
	}
}
