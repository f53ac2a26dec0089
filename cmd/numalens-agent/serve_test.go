package main

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

func TestNextDay(t *testing.T) {
	for now, want := range map[string]string{
		"2026-11-24T00:00:00Z":      "2026-11-25T00:00:00Z",
		"2026-11-24T23:59:59Z":      "2026-11-25T00:00:00Z",
		"2026-12-31T12:00:00Z":      "2027-01-01T00:00:00Z",
		"2026-11-24T23:30:00-05:00": "2026-11-26T00:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextDay(at).Format(time.RFC3339); got != want {
			t.Errorf("after %s: %s, want %s", now, got, want)
		}
	}
}

// TestContinuouslyBeginsNewRuns with days of a moment, so that several begin
// in one second.
func TestContinuouslyBeginsNewRuns(t *testing.T) {
	s := &settings{out: t.TempDir(), host: "bench1", hz: 10, keepFree: 1, roots: collect.HostRoots()}
	stop := make(chan struct{})
	runs := 0
	moment := func(now time.Time) time.Time {
		if runs++; runs == 4 {
			close(stop)
		}
		return now.Add(150 * time.Millisecond)
	}
	var log bytes.Buffer
	if err := continuously(s, moment, stop, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
		t.Fatal(err)
	}
	files, err := export.Dir(s.out)
	if err != nil {
		t.Fatal(err)
	}
	report, err := export.Inspect(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Sound() || len(report.Hosts) != 1 || len(report.Hosts[0].Runs) != 4 {
		t.Fatalf("want 4 sound runs, and there is %+v; log:\n%s", report, &log)
	}
	for _, run := range report.Hosts[0].Runs {
		if run.State != export.Sealed {
			t.Errorf("run %s is %s", run.Run, run.State)
		}
	}
}
