package softpmu

import (
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

// TestTightestTie: of many ties, the one with the least time between its two
// ends dates the samples, and the error is no more than half of that.
func TestTightestTie(t *testing.T) {
	c := &clocks{plugin: newPlugin(1)}
	var all ties
	slow := int64(1e6)
	ring := func() {
		c.ns += slow // put aside before the marker
		c.ring()
		slow /= 2
	}
	if !all.take(c.mem, ring, c.now) {
		t.Fatal("no answer")
	}
	best := all.tightest()
	if want := int64(1e6 / 16); best.width < want || best.width > want+3000 {
		t.Errorf("width %d, want about %d", best.width, want)
	}
	if own := best.own(hostAhead + 123); own < 123-best.width/2-2000 || own > 123+best.width/2+2000 {
		t.Errorf("123 was converted to %d, the width is %d", own, best.width)
	}
}

// TestTiesAreRenewed: a clock that drifts is followed.
func TestTiesAreRenewed(t *testing.T) {
	c := &clocks{plugin: newPlugin(1)}
	collector, _ := c.open(t, options())
	first := collector.ties.tightest()
	for range 10 {
		c.ns += int64(time.Second)
		c.drain(t, collector)
	}
	if n := len(collector.ties.list); n != tieKeep {
		t.Errorf("%d ties kept, want %d", n, tieKeep)
	}
	if last := collector.ties.tightest(); last.from == first.from {
		t.Error("the first tie still stands")
	}
	collector.ring = func() {} // the plugin is gone
	c.ns += 1e10
	if rows := c.drain(t, collector); len(rows.Counters) == 0 || len(collector.ties.list) != tieKeep {
		t.Errorf("%d rows, %d ties", len(rows.Counters), len(collector.ties.list))
	}
}

func TestAnotherProgramsMarker(t *testing.T) {
	c := &clocks{plugin: newPlugin(1)}
	twice := func() { c.ring(); c.ring() }
	if _, ok := tieOnce(c.mem, twice, c.now); ok {
		t.Error("two markers were taken for one")
	}
	if _, ok := tieOnce(c.mem, func() {}, c.now); ok {
		t.Error("no answer was taken for one")
	}
}

// TestMarkerIsWhereThePluginLooks stores to the real address.
func TestMarkerIsWhereThePluginLooks(t *testing.T) {
	m, err := mapMarker()
	if err != nil {
		t.Skipf("[address space] %v", err)
	}
	defer m.close()
	if got := uintptr(unsafe.Pointer(&m[0])); got != 0x4e4c00000000 {
		t.Fatalf("mapped at %#x", got)
	}
	m.ring()
	if v := atomic.LoadUint64((*uint64)(unsafe.Pointer(&m[0x10]))); v != 1 {
		t.Errorf("the clock marker holds %d", v)
	}
	if _, err := mapMarker(); err == nil {
		t.Error("it was mapped twice: the first would be gone")
	}
}
