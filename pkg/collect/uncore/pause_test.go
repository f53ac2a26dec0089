package uncore

import (
	"testing"

	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
)

func TestPause(t *testing.T) {
	f := &fake{room: 4, absent: -1}
	opened, _, err := open(options(snc(2), imc()), f.open)
	if err != nil || opened == nil {
		t.Fatal(err)
	}
	c := opened.(*Collector)
	var before, within, after collecttest.Rows
	probes := f.closed
	c.Drain(&before)
	c.Pause(&before, "for a test")
	c.Pause(&before, "for a test")
	if f.closed != probes+4 {
		t.Errorf("%d of four units were closed", f.closed-probes)
	}
	c.Drain(&within)
	if len(within.Counters) > 0 {
		t.Errorf("in the pause came %+v", within.Counters)
	}
	f.absent = 4 // its socket's units are refused
	c.Resume(&after, "for a test")
	c.Finish(&after)
	if len(after.Counters) != 4 {
		t.Errorf("%d rows after the pause, want the beginning and a reading of two units", len(after.Counters))
	}
	for _, r := range after.Counters {
		if r.Epoch != 1 || r.Values[0] > 21 {
			t.Errorf("after the pause came %+v", r)
		}
	}
	drops := 0
	for _, n := range after.Notes {
		if n.Kind == export.NoteDrop {
			drops++
		}
	}
	if drops != 2 {
		t.Errorf("notes %+v", after.Notes)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
