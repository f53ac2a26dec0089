package export

// decimator makes the rows of the levels from those of the counters, as they
// come. It costs each reading a few additions, and a row at a tick.
type decimator struct {
	periodOf func(Scope) int64
	rows     []*counterRows // by level
	all      []*accumulator
	columns  int   // of a level's table
	first    int64 // time of the run's first reading
	newest   int64
}

func newDecimator(m *Manifest, layouts map[string]Table) *decimator {
	d := &decimator{periodOf: m.table(TableCounters).Period}
	for _, l := range levels {
		d.columns = len(layouts[l.table].Columns)
		d.rows = append(d.rows, newCounterRows(m.Groups, layouts[l.table]))
	}
	return d
}

// accumulator is one series' counts since the run began, without the steps
// that cannot be known.
type accumulator struct {
	maxStep int64 // a longer step is a gap; 0 is none
	first   int64 // time of its first reading
	raised  int32 // epochs that its collector did not tell of
	before  CounterRow
	known   sums // without the value
	counts  []int64
	levels  []levelSeries // from the finest that the series is worth on
}

// levelSeries is a series within one level.
type levelSeries struct {
	rows *counterRows
	into *waiting
	step int64
	tick int64 // that the next row is for
}

// follow takes a reading of a series that is newer than the one before.
func (d *decimator) follow(s *waiting, r *CounterRow) {
	if s.sum == nil {
		s.sum = d.begin(s.key, r)
	} else {
		d.take(s.sum, r)
	}
}

// begin takes a series' first reading, which is a row of every level.
func (d *decimator) begin(key seriesKey, r *CounterRow) *accumulator {
	period := d.periodOf(key.scope)
	a := &accumulator{maxStep: period * 5 / 2, first: r.TS, counts: make([]int64, len(r.Values))}
	for i, l := range levels {
		if l.fits(period) {
			a.levels = append(a.levels, levelSeries{rows: d.rows[i], into: d.rows[i].series(key), step: l.step})
		}
	}
	a.be(r)
	a.tell(len(a.levels))
	a.aim(len(a.levels))
	d.all = append(d.all, a)
	if d.first == 0 || r.TS < d.first {
		d.first = r.TS
	}
	d.newest = max(d.newest, r.TS)
	return a
}

func (d *decimator) take(a *accumulator, r *CounterRow) {
	passed := 0 // levels of which a tick lies between the two: a coarse one's are ticks of the finer
	for passed < len(a.levels) && r.TS > a.levels[passed].tick {
		passed++
	}
	a.tell(passed)
	counts := a.add(r)
	a.be(r)
	if !counts {
		// Both ends of what is not known are rows: else what follows it would
		// seem to be spread over it.
		a.tell(passed)
	}
	a.aim(passed)
	d.newest = max(d.newest, r.TS)
}

// add counts the step to r, if it counts.
func (a *accumulator) add(r *CounterRow) bool {
	b := &a.before
	if r.Epoch != b.Epoch {
		return false
	}
	for i, v := range r.Values {
		if v < b.Values[i] {
			// The group began anew, though its collector did not tell. The raw
			// row will, so that both say the same of the group's other events.
			a.raised++
			return false
		}
	}
	step := sums{time: r.TS - b.TS, enabled: r.Enabled - b.Enabled, running: r.Running - b.Running}
	if step.unknown(a.maxStep) {
		return false
	}
	a.known = a.known.plus(step)
	for i, v := range r.Values {
		a.counts[i] += v - b.Values[i]
	}
	return true
}

// be makes r the reading before.
func (a *accumulator) be(r *CounterRow) {
	values := append(a.before.Values[:0], r.Values...)
	a.before = *r
	a.before.Values = values
}

// tell makes the reading before a row of the n finest levels.
func (a *accumulator) tell(n int) {
	for i := range a.levels[:n] {
		a.tellIn(&a.levels[i])
	}
}

func (a *accumulator) tellIn(l *levelSeries) {
	if l.into.last >= a.before.TS {
		return
	}
	l.into.take(a.before.TS, a.counts, a.known.enabled, a.known.running, a.before.TS-a.first-a.known.time)
	l.rows.rows++
	if l.rows.oldest == 0 {
		l.rows.oldest = a.before.TS
	}
}

// aim sets the ticks that come next.
func (a *accumulator) aim(n int) {
	for i := range a.levels[:n] {
		a.levels[i].tick = tickAfter(a.before.TS, a.levels[i].step)
	}
}

// finish makes the newest readings rows, so that the levels tell of the whole
// run.
func (d *decimator) finish() {
	for _, a := range d.all {
		a.tell(len(a.levels))
	}
}

// due tells whether a level's rows are to be written now. A run that has
// ended writes all, if it lasted for long enough to have the level.
func (d *decimator) due(i int, ended bool) bool {
	rows, l := d.rows[i], levels[i]
	if rows.rows == 0 || d.newest-d.first < levelBegins*l.step {
		return false
	}
	if !ended && rows.rows < pieceOf(d.columns) && d.newest-rows.oldest < l.wait {
		return false
	}
	d.settle(i)
	return true
}

// settle makes rows of what series told that have been silent since before a
// tick which others have passed: they may be for good.
func (d *decimator) settle(i int) {
	passed := d.newest / levels[i].step * levels[i].step
	for _, a := range d.all {
		if n := i + len(a.levels) - len(levels); n >= 0 && a.before.TS <= passed && d.newest-a.before.TS > a.maxStep {
			a.tellIn(&a.levels[n])
		}
	}
}
