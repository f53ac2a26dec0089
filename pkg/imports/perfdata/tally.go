package perfdata

import (
	"bytes"
	"fmt"
	"math"

	"github.com/numalens/numalens/pkg/imports"
)

// tally is what was found beside the samples of memory.
type tally struct {
	records  [len(recordNames) + 1]int64 // by type; the last are those without a name
	lost     uint64
	strange  int64 // samples of no event that the file tells
	auxBytes uint64
	untimed  int64 // samples of memory without a time
	noCPU    int64 // … without a CPU
}

func (t *tally) count(typ uint32) {
	t.records[min(int64(typ), int64(len(recordNames)))]++
}

// begin tells the host and the clock, before the first sample.
func (g *reading) begin() {
	if g.begun {
		return
	}
	g.begun = true
	if g.host.told {
		g.sink.Topology(g.host.whole())
	}
	for _, text := range g.host.doubtful {
		g.sink.Warn(0, text)
	}
	if g.clock.known {
		g.sink.Fact(imports.FactClock, "realtime")
	}
	if g.events.markCopies() {
		g.sink.Warn(g.number, "several events tell of the same operations and none of all of them: their samples are left out; record or inject with --itrace=M")
	}
	for _, e := range g.events.list {
		g.fact("event", e.label(), false)
	}
}

// finish tells what was counted.
func (g *reading) finish() {
	t := &g.tally
	for typ, n := range t.records[:len(recordNames)] {
		if n > 0 {
			g.fact("records "+recordName(uint32(typ)), fmt.Sprint(n), false)
		}
	}
	if n := t.records[len(recordNames)]; n > 0 {
		g.sink.Warn(0, fmt.Sprintf("%d records are of types that are not known: they are skipped", n))
	}
	if t.lost > 0 {
		g.sink.Warn(0, fmt.Sprintf("perf lost %d records: it could not keep up", t.lost))
	}
	if t.untimed > 0 {
		g.sink.Warn(0, fmt.Sprintf("%d samples have no time: perf record was told to leave it out", t.untimed))
	}
	if t.noCPU > 0 {
		g.sink.Warn(0, fmt.Sprintf("%d samples have no CPU, and so no node of the CPU: record with --sample-cpu", t.noCPU))
	}
	if t.strange > 0 {
		g.sink.Warn(0, fmt.Sprintf("%d samples are of no event that the file tells: they are skipped", t.strange))
	}
	if t.auxBytes > 0 {
		g.sink.Warn(0, fmt.Sprintf("%d bytes of an AUX area (Arm SPE, Intel PT) are not read: what is in them is printed by perf script --itrace=M -F comm,tid,cpu,time,event,addr,data_src,weight,ip", t.auxBytes))
	}
	for _, e := range g.events.list {
		g.finishEvent(e)
	}
}

func (g *reading) finishEvent(e *event) {
	switch {
	case e.skipped == 0:
	case e.copies:
		g.fact("samples left out", fmt.Sprintf("%d of event %s: they tell of the same operations as others", e.skipped, e.label()), false)
	case e.fields&^knownFields != 0:
		g.sink.Warn(e.first, fmt.Sprintf("%d samples of event %s are skipped: they have fields that are not known (%#x)", e.skipped, e.label(), e.fields&^knownFields))
	default:
		g.sink.Warn(e.first, fmt.Sprintf("%d samples of event %s are skipped: they are of no load, store or minor fault", e.skipped, e.label()))
	}
}

// weight is how many events a sample stands for: the period. One that makes
// no sense counts once.
func weight(period uint64) int64 {
	if period == 0 || period > math.MaxInt64 {
		return 1
	}
	return int64(period)
}

// wanted is true of features that are read.
func wanted(f feature) bool {
	switch f {
	case featureHostname, featureRelease, featureVersion, featureArch, featureCPUs, featureCPUDesc, featureCPUID, featureTotalMem,
		featureCommand, featureEvents, featureCPUTopology, featureNUMA, featureCaches, featureMemory, featureDirectory, featureClock:
		return true
	}
	return false
}

func untilZero(b []byte) []byte {
	before, _, _ := bytes.Cut(b, []byte{0})
	return before
}
