package perfscript

import "fmt"

// tally is what was found beside the samples of memory.
type tally struct {
	samples, noAccess, withoutSource, same, odd int64
	// of the samples of memory, those that lack something
	memory, noTime, noCPU, noPeriod, doubtful int64
}

func (t *tally) take(l *sampleLine) {
	t.memory++
	if !l.timed {
		t.noTime++
	}
	if l.sample.CPU < 0 {
		t.noCPU++
	}
	if !l.period {
		t.noPeriod++
	}
	if l.lone {
		t.doubtful++
	}
}

func (g *reading) finish() {
	t := &g.tally
	for _, w := range []struct {
		n    int64
		text string
	}{
		{g.operations.copies, "%d samples tell of the same operation as another one, as perf makes them of Arm SPE: each operation is told once"},
		{t.same, "%d samples are the same as the one before them and no event tells them apart: they are taken for one operation and told once"},
		{t.noAccess, "%d samples are of no load or store: they are skipped"},
		{t.withoutSource, "%d lines have no data source: they are skipped"},
		{t.noTime, "%d samples have no time: they lie at the begin of the run"},
		{t.noCPU, "%d samples have no CPU: they are of no node"},
		{t.noPeriod, "%d samples have no period: each counts once"},
		{t.doubtful, "%d samples have a number before the data source that may be an address or not: it is left out"},
		{t.odd, "%d samples have a weight that is none: it is left out"},
	} {
		if w.n > 0 {
			g.sink.Warn(0, fmt.Sprintf(w.text, w.n))
		}
	}
}
