package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

func ns(v float64) *float64 { return &v }

func TestCalibrationText(t *testing.T) {
	c := &export.Calibration{
		Pairs: []export.NodePair{
			{CPUNode: 0, MemoryNode: 0, LatencyNS: ns(81.25), BandwidthGB: ns(102), Bytes: 1 << 20, HugeBytes: 1 << 20},
			{CPUNode: 0, MemoryNode: 3, Why: "it has no memory to spare"},
			{CPUNode: 3, MemoryNode: 0, LatencyNS: ns(140), BandwidthGB: ns(40), Bytes: 1 << 20},
		},
		Transfers: []export.Transfer{{CPUs: [2]int{0, 8}, Place: "same core", TransferNS: ns(12), PaddedNS: ns(1)}, {CPUs: [2]int{0, 9}, Place: "other socket", Why: "emulated"}},
		Events: []export.EventVerdict{
			{Name: "node-loads", Meaning: numa.DRAMLoadsLocal, Trust: export.Trusted},
			{Name: "odd", Trust: export.Untrusted, Why: "chase: 2 for each load"},
		},
		Missing: []numa.Unavailable{{Feature: "cycles", Why: "no PMU", Remedy: "get one"}},
	}
	text := calibrationText(c, "")
	for _, want := range []string{
		"latency of a load, ns\n  from CPUs of   to memory of    node 0    node 3\n",
		"  node 0                           81.2      null\n",
		"null: memory of node 3: it has no memory to spare",
		"memory of node 0 is in small pages",
		"CPUs 0 and 8 (same core): 12.0; each on a line of its own 1.0",
		"CPUs 0 and 9 (other socket): null: emulated",
		"trusted   node-loads (dram-loads-local)\n",
		"untrusted odd: chase: 2 for each load",
		"not here  cycles: no PMU; get one",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "kept in") {
		t.Errorf("nothing was kept:\n%s", text)
	}
}

// TestAnUntrustedEventShowsInTheStatus.
func TestAnUntrustedEventShowsInTheStatus(t *testing.T) {
	var exit *exitError
	c := &export.Calibration{Events: []export.EventVerdict{{Trust: export.Trusted}, {Trust: export.Untested}}}
	if err := calibrationStatus(c); err != nil {
		t.Error(err)
	}
	c.Events[1].Trust = export.Untrusted
	if err := calibrationStatus(c); !errors.As(err, &exit) || exit.status != 1 {
		t.Errorf("%v", err)
	}
}
