package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/remote"
	"github.com/numalens/numalens/pkg/series"
)

// feed turns what is recorded into series for a fleet's engine: they are sent
// by remote write, where that is set, and shown at /metrics. It lives across
// runs. Only ServeHTTP is called from other goroutines.
type feed struct {
	o      series.Options
	sender *remote.Sender // nil is none
	run    *series.Run    // nil between two runs
	start  int64          // of the run
	sent   int            // infos of the run
	due    int64          // when infos are sent anew
	lost   int64          // samples that the notes tell of
	latest atomic.Pointer[shown]
}

// shown is what /metrics answers.
type shown struct {
	created time.Time
	samples []series.Sample
}

// infoPeriod is the time after which a run is described anew. An engine looks
// back for five minutes.
const infoPeriod = int64(time.Minute)

func (f *feed) begin(m *export.Manifest, columns []string) {
	f.run, f.start, f.sent, f.due = series.New(m, columns, f.o), m.StartNS, 0, 0
}

// tick sends what is due.
func (f *feed) tick(now int64, resting bool) {
	f.run.Rest(resting)
	for {
		t, ok := f.run.Due(now)
		if !ok {
			return
		}
		f.show(t)
		f.send(t)
	}
}

func (f *feed) send(t series.Tick) {
	if f.sender == nil {
		return
	}
	samples := t.Samples
	if infos := f.run.Infos(); len(infos) != f.sent || t.MS*1e6 >= f.due {
		samples = append(samples[:len(samples):len(samples)], infos...)
		f.sent, f.due = len(infos), t.MS*1e6+infoPeriod
	}
	f.sender.Add(t.MS, samples)
}

func (f *feed) show(t series.Tick) {
	f.latest.Store(&shown{time.Unix(0, f.start), append(t.Samples[:len(t.Samples):len(t.Samples)], f.run.Infos()...)})
}

// end sends the run's last tick, and that its series have ended.
func (f *feed) end(ns int64) {
	last, markers := f.run.End(ns)
	f.due = 0
	f.send(last)
	if f.sender != nil {
		f.sender.Add(markers.MS, markers.Samples)
	}
	f.run = nil
	f.latest.Store(nil)
}

// sendUntil sends what is queued until ctx is done, and then for a moment.
func (f *feed) sendUntil(ctx context.Context) {
	if f.sender != nil {
		f.sender.Run(ctx)
	}
}

// losses is a note of what could not be sent since the last one.
func (f *feed) losses(ts int64) (export.Note, bool) {
	if f.sender == nil {
		return export.Note{}, false
	}
	s := f.sender.Stats()
	lost := s.Dropped() - f.lost
	if lost <= 0 {
		return export.Note{}, false
	}
	f.lost = s.Dropped()
	text := fmt.Sprintf("samples were not sent to the engine; since the agent began: %d as the queue was full, %d too old, %d refused, %d not written to the queue", s.Full, s.Old, s.Refused, s.Disk)
	if s.LastError != "" {
		text += "; the last error: " + s.LastError
	}
	return export.Note{TS: ts, Kind: export.NoteMark, Count: lost, Text: text}, true
}

// ServeHTTP answers /metrics: the newest tick, and how sending goes.
func (f *feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	format := series.Format(r.Header)
	w.Header().Set("Content-Type", string(format))
	now := f.own()
	if s := f.latest.Load(); s != nil {
		now.created, now.samples = s.created, append(now.samples, s.samples...)
	}
	// What cannot be written is a client that went away.
	_ = series.Expose(w, format, now.created, now.samples)
}

var agentBegan = time.Now()

// own is what the agent itself took, and how sending goes.
func (f *feed) own() shown {
	out := shown{created: agentBegan}
	add := func(name string, kind series.Kind, unit, help string, value float64, labels ...series.Label) {
		out.samples = append(out.samples, series.Sample{Series: &series.Series{Name: name, Kind: kind, Unit: unit, Help: help, Labels: labels}, Value: value})
	}
	add("numalens_process_cpu_seconds_total", series.Counter, "seconds", "CPU time of the agent's process.", usedCPU().Seconds())
	if rss, ok := residentBytes(); ok {
		add("numalens_process_resident_memory_bytes", series.State, "bytes", "Memory of the agent's process.", rss)
	}
	if f.sender == nil {
		return out
	}
	s := f.sender.Stats()
	add("numalens_remote_write_samples_total", series.Counter, "", "Samples that the receiver took.", float64(s.Samples))
	add("numalens_remote_write_requests_total", series.Counter, "", "Requests that it took.", float64(s.Requests))
	add("numalens_remote_write_retries_total", series.Counter, "", "Requests that were tried again.", float64(s.Retries))
	for _, d := range []struct {
		why string
		n   int64
	}{{"full", s.Full}, {"old", s.Old}, {"refused", s.Refused}, {"disk", s.Disk}} {
		add("numalens_remote_write_dropped_samples_total", series.Counter, "", "Samples that were not sent, by why.", float64(d.n), series.Label{Name: "reason", Value: d.why})
	}
	add("numalens_remote_write_waiting_requests", series.State, "", "Requests in the queue.", float64(s.Waiting))
	add("numalens_remote_write_queue_bytes", series.State, "bytes", "Bytes that the queue takes on disk.", float64(s.QueueBytes))
	return out
}

// residentBytes is the second word of statm, in pages.
func residentBytes() (float64, bool) {
	var size, resident int64
	b, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(b), &size, &resident)
	}
	return float64(resident) * float64(os.Getpagesize()), err == nil
}
