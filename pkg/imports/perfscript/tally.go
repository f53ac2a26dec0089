package perfscript

import "fmt"

// count is how many lines something was found of, and the first of them.
type count struct {
	n     int64
	first int
}

func (c *count) add(line int) {
	if c.n++; c.n == 1 {
		c.first = line
	}
}

// tally is what was found beside the samples of memory.
type tally struct {
	samples                                               int64
	copies, auxiliary, same, noAccess, withoutSource, odd count
	noTime, noCPU, noPeriod, doubtful, aThread            count // samples of memory that lack something
}

func (t *tally) take(l *sampleLine) {
	if !l.timed {
		t.noTime.add(l.number)
	}
	if l.sample.CPU < 0 {
		t.noCPU.add(l.number)
	}
	if !l.period {
		t.noPeriod.add(l.number)
	}
	if l.aThread {
		t.aThread.add(l.number)
	}
	if l.lone {
		t.doubtful.add(l.number)
	}
}

func (g *reading) finish() {
	t := &g.tally
	for _, w := range []struct {
		count
		text string
	}{
		{t.copies, "%d samples tell of the same operation as another one, as perf makes them of Arm SPE: each operation is told once"},
		{t.auxiliary, "%d samples are of mem-loads-aux, which accompanies the loads and is none: they are skipped"},
		{t.same, "%d samples are the same as the one before them and no event tells them apart: they are taken for one operation and told once"},
		{t.noAccess, "%d samples are of no load or store: they are skipped"},
		{t.withoutSource, "%d lines have no data source: they are skipped"},
		{t.noTime, "%d samples have no time: they lie at the begin of the run"},
		{t.noCPU, "%d samples have no CPU: they are of no node"},
		{t.noPeriod, "%d samples have no period: each counts once"},
		{t.aThread, "%d samples have one number for process and thread: it is taken for the thread, as perf prints it unless told otherwise; print pid,tid"},
		{t.doubtful, "%d samples have a number before the data source that may be an address or not: it is left out"},
		{t.odd, "%d samples have a weight that is none: it is left out"},
	} {
		if w.n > 0 {
			g.sink.Warn(w.first, fmt.Sprintf(w.text, w.n))
		}
	}
}
