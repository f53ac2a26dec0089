package softpmu

import (
	"strings"
	"testing"
)

func TestLostSamplesAreNoted(t *testing.T) {
	c := &clocks{plugin: newPlugin(1)}
	collector, _ := c.open(t, options())
	for i := range uint64(fakeSlots + 3) {
		c.put(2, fakeSample{host: hostAhead + uint64(c.ns) + i, phys: 1})
	}
	rows := c.drain(t, collector)
	if len(rows.Samples) != fakeSlots || len(rows.Notes) != 1 || rows.Notes[0].Count != 3 || rows.Notes[0].Table != "samples/load" {
		t.Errorf("%d samples, notes %+v", len(rows.Samples), rows.Notes)
	}
	c.put(2, fakeSample{host: hostAhead + uint64(c.ns), phys: 1})
	if rows = c.drain(t, collector); len(rows.Samples) != 1 || len(rows.Notes) != 0 {
		t.Errorf("then %d samples, notes %+v", len(rows.Samples), rows.Notes)
	}
}

// TestRingGoesRound: the positions grow for ever, and wrap once in a long
// while.
func TestRingGoesRound(t *testing.T) {
	c := &clocks{plugin: newPlugin(1)}
	collector, _ := c.open(t, options())
	c.u64(fakeRings, 1<<64-5)
	c.u64(fakeRings+8, 1<<64-5)
	for i := range uint64(30) {
		c.put(0, fakeSample{host: hostAhead + uint64(c.ns), addr: i})
		rows := c.drain(t, collector)
		if len(rows.Samples) != 1 || rows.Samples[0].Addr != i || len(rows.Notes) != 0 {
			t.Fatalf("sample %d: %+v, notes %+v", i, rows.Samples, rows.Notes)
		}
	}
}

func TestImpossibleSamples(t *testing.T) {
	c := &clocks{plugin: newPlugin(1)}
	collector, _ := c.open(t, options())
	c.put(0, fakeSample{host: hostAhead - 1e9})            // before the recording
	c.put(0, fakeSample{host: hostAhead + 3600e9})         // in an hour
	c.put(0, fakeSample{host: 1<<64 - 1})                  // never
	c.put(0, fakeSample{host: hostAhead + 1e6, weight: 0}) // stands for itself
	c.put(0, fakeSample{host: hostAhead + 1e6, tid: 1 << 31, latency: 1 << 31})
	c.ns = 1e6
	rows := c.drain(t, collector)
	if len(rows.Samples) != 2 || len(rows.Notes) != 1 || rows.Notes[0].Count != 2 || !strings.Contains(rows.Notes[0].Text, "impossible") {
		t.Fatalf("samples %+v, notes %+v", rows.Samples, rows.Notes)
	}
	if s := rows.Samples[0]; s.Weight != 1 || s.MemNode != -1 || s.PID != 0 {
		t.Errorf("sample %+v", s)
	}
	if s := rows.Samples[1]; s.TID < 0 || s.Latency < 0 {
		t.Errorf("sample %+v", s)
	}
	c.u64(fakeRings, 1000) // a head that the ring cannot have
	if rows = c.drain(t, collector); len(rows.Samples) != 0 || len(rows.Notes) != 1 {
		t.Errorf("samples %+v, notes %+v", rows.Samples, rows.Notes)
	}
}
