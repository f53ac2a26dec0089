//go:build unix

package export

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The benchmarks' machine: 128 CPUs, two groups of four events, 10 Hz.
const (
	benchCPUs   = 128
	benchGroups = 2
	benchEvents = 4
)

// benchRun records a number of seconds, and seals them if asked.
func benchRun(b *testing.B, root string, seconds int, seal bool) *Writer {
	b.Helper()
	s := newSynth(benchCPUs, benchGroups, benchEvents)
	o := testOptions(root)
	o.MaxBytes, o.SegmentBytes = -1, 1<<40
	w := create(b, o, s.manifest("h", "r"))
	for range seconds {
		for range 10 {
			s.tick(w)
		}
		ok(b, w.Flush())
	}
	if seal {
		ok(b, w.Rotate())
	}
	return w
}

// BenchmarkFlush is one second of recording: 1,280 readings of two groups.
// It reports what the agent pays of one core, and the bytes for each value.
func BenchmarkFlush(b *testing.B) {
	s := newSynth(benchCPUs, benchGroups, benchEvents)
	o := testOptions(b.TempDir())
	o.MaxBytes, o.SegmentBytes = -1, 1<<40
	w := create(b, o, s.manifest("h", "r"))
	b.ResetTimer()
	b.ReportAllocs()
	var cost time.Duration
	for range b.N {
		b.StopTimer()
		for range 10 {
			s.tick(w)
		}
		before := cpuTime(b)
		b.StartTimer()
		ok(b, w.Flush())
		cost += cpuTime(b) - before
	}
	b.ReportMetric(cost.Seconds()/float64(b.N)*100, "%core")
	b.ReportMetric(float64(w.Bytes())/float64(s.ticks*benchCPUs*benchGroups*benchEvents), "B/value")
}

// cpuTime is what the process took of the CPUs, however busy they are with
// others.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	ok(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCounter is taking one reading of four events into memory.
func BenchmarkCounter(b *testing.B) {
	s := newSynth(benchCPUs, benchGroups, benchEvents)
	w := create(b, testOptions(b.TempDir()), s.manifest("h", "r"))
	r := CounterRow{Scope: ScopeCPU, Values: make([]int64, benchEvents)}
	b.ReportAllocs()
	for i := range b.N {
		r.TS, r.Instance, r.Group = testStart+int64(i), int32(i%benchCPUs), i/benchCPUs%benchGroups
		w.Counter(r)
		if i%100000 == 0 {
			b.StopTimer()
			ok(b, w.Flush())
			b.StartTimer()
		}
	}
}

// watchHeap gives a function that stops watching and tells how far the heap,
// garbage included, rose above what it was.
func watchHeap() (peak func() uint64) {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 { metrics.Read(sample); return sample[0].Value.Uint64() }
	base, most := read(), uint64(0)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				most = max(most, read())
			}
		}
	}()
	return func() uint64 { close(stop); <-stopped; return max(most, base) - base }
}

// BenchmarkSeal seals ten minutes. peak-MB is the memory that sealing held
// above what was there before.
func BenchmarkSeal(b *testing.B) {
	root := b.TempDir()
	w := benchRun(b, root, 600, false)
	tail := filepath.Join(root, "h", "r", w.tails[TableCounters].name())
	before, err := os.Stat(tail)
	ok(b, err)
	var bytes, rows int64
	peak, cost := watchHeap(), cpuTime(b)
	b.ResetTimer()
	for range b.N {
		s, err := sealTail(filepath.Dir(tail), filepath.Base(tail), false)
		ok(b, err)
		bytes, rows = s.segment.Bytes, s.segment.Rows
	}
	b.ReportMetric(float64(peak())/1e6, "peak-MB")
	b.ReportMetric(float64(bytes)/float64(rows*benchEvents), "B/value")
	b.ReportMetric(float64(before.Size())/float64(rows*benchEvents), "tail-B/value")
	b.ReportMetric((cpuTime(b)-cost).Seconds()/float64(b.N)/600*100, "%core")
}

func benchEdges(seconds, columns int) []int64 {
	edges := make([]int64, columns+1)
	for i := range edges {
		edges[i] = testStart + int64(seconds)*1e9*int64(i)/int64(columns)
	}
	return edges
}

// BenchmarkIncrements asks for 1000 columns of two events of 128 CPUs over
// ten minutes: of a sealed segment and of a tail, first and again.
func BenchmarkIncrements(b *testing.B) {
	ctx := context.Background()
	for _, sealed := range []bool{true, false} {
		root := b.TempDir()
		benchRun(b, root, 600, sealed)
		files, err := Dir(root)
		ok(b, err)
		q := IncrementsRequest{Table: TableCounters, Scope: ScopeCPU, Columns: []string{"g1e0", "g1e1"}, EdgesNS: benchEdges(600, 1000)}
		name := map[bool]string{true: "sealed", false: "tail"}[sealed]
		ask := func(b *testing.B, r *Reader) {
			x, err := r.Increments(ctx, "h", "r", q)
			ok(b, err)
			if len(x.Instances) != benchCPUs || x.Series[1].SpanNS[999] == 0 {
				b.Fatal("no answer")
			}
		}
		b.Run(name+"/cold", func(b *testing.B) {
			for range b.N {
				ask(b, NewReader(files))
			}
		})
		b.Run(name+"/warm", func(b *testing.B) {
			r := NewReader(files)
			ask(b, r)
			b.ResetTimer()
			b.ReportAllocs()
			for range b.N {
				ask(b, r)
			}
		})
		b.Run(name+"/hundred", func(b *testing.B) {
			for range b.N {
				r := NewReader(files)
				var all sync.WaitGroup
				for range 100 {
					all.Go(func() { ask(b, r) })
				}
				all.Wait()
			}
		})
	}
}

// BenchmarkWeights asks for 1000 columns of a hundred thousand samples.
func BenchmarkWeights(b *testing.B) {
	root := b.TempDir()
	s := newSynth(benchCPUs, 1, 1)
	w := create(b, testOptions(root), s.manifest("h", "r"))
	for i := range int64(100000) {
		w.Sample(Sample{TS: testStart + i*6e6, Kind: MinorFault, CPU: int32(i % benchCPUs), MemNode: int32(i % 4), Weight: 1})
	}
	ok(b, w.Seal(nil))
	files, err := Dir(root)
	ok(b, err)
	r := NewReader(files)
	b.ResetTimer()
	for range b.N {
		_, err := r.Weights(context.Background(), "h", "r", WeightsRequest{Kind: MinorFault, EdgesNS: benchEdges(600, 1000)})
		ok(b, err)
	}
}

// BenchmarkLongRange asks for 1000 columns of two events of 128 CPUs over six
// hours, in segments of ten minutes.
func BenchmarkLongRange(b *testing.B) {
	root := b.TempDir()
	s := newSynth(benchCPUs, 1, benchEvents)
	o := testOptions(root)
	o.MaxBytes, o.Rotate = -1, 10*time.Minute
	w := create(b, o, s.manifest("h", "r"))
	for range 6 * 3600 {
		for range 10 {
			s.tick(w)
		}
		ok(b, w.Flush())
	}
	ok(b, w.Seal(nil))
	files, err := Dir(root)
	ok(b, err)
	q := IncrementsRequest{Table: TableCounters, Scope: ScopeCPU, Columns: []string{"g0e0", "g0e1"}, EdgesNS: benchEdges(6*3600, 1000)}
	for _, name := range []string{"cold", "warm"} {
		r := NewReader(files)
		b.Run(name, func(b *testing.B) {
			for range b.N {
				if name == "cold" {
					r = NewReader(files)
				}
				x, err := r.Increments(context.Background(), "h", "r", q)
				ok(b, err)
				if len(x.Instances) != benchCPUs || x.Series[1].SpanNS[500] == 0 {
					b.Fatal("no answer")
				}
			}
			b.ReportMetric(float64(r.cache.used)/1e6, "cached-MB")
		})
	}
}
