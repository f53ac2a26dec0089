//go:build unix

package query_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/export/exporttest"
	"github.com/numalens/numalens/pkg/query"
)

// longRun makes a run of 128 CPUs, eight events, at 10 Hz, that lasts, with
// its tails as while it is recorded. One of more than two hours was read once a
// second or in five before its last two, and has lost those rows and their
// finest level. NUMALENS_BENCH_DIR keeps the runs for the next time.
func longRun(b *testing.B, lasts time.Duration) string {
	b.Helper()
	root := filepath.Join(os.Getenv("NUMALENS_BENCH_DIR"), lasts.String())
	if os.Getenv("NUMALENS_BENCH_DIR") == "" {
		root = b.TempDir()
	}
	if _, err := os.Stat(filepath.Join(root, "made")); err == nil {
		return root
	}
	o := exporttest.LongOptions{Root: root, Duration: lasts, Live: true}
	if lasts > 2*time.Hour {
		o.Fine, o.Coarse = 2*time.Hour, time.Second
	}
	if lasts >= 24*time.Hour {
		o.Coarse = 5 * time.Second
	}
	if err := exporttest.Long(o); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "made"), nil, 0o644); err != nil {
		b.Fatal(err)
	}
	return root
}

func openExports(b *testing.B, root string) query.Sources {
	b.Helper()
	files, err := export.Dir(root)
	if err != nil {
		b.Fatal(err)
	}
	return query.Sources{{Name: root, Source: export.NewReader(files)}}
}

// processTime is what the process took of the CPUs, ns: others make the clock on
// the wall say more.
func processTime(b *testing.B) int64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkRange asks a live run for a heatmap of a share, 128 CPUs and a
// thousand columns of all that it lasted, for the share by node, and for the
// last five minutes' share by node as an alert does: cold with nothing
// decoded, and warm.
func BenchmarkRange(b *testing.B) {
	ranges := []time.Duration{10 * time.Minute, time.Hour}
	if os.Getenv("NUMALENS_BENCH_DIR") != "" { // minutes to make
		ranges = append(ranges, 6*time.Hour, 24*time.Hour, 7*24*time.Hour)
	}
	for _, lasts := range ranges {
		b.Run(lasts.String(), func(b *testing.B) { benchRange(b, lasts) })
	}
}

func benchRange(b *testing.B, lasts time.Duration) {
	ctx := context.Background()
	root := longRun(b, lasts)
	begin, end := float64(exporttest.Start.UnixMilli()), float64(exporttest.Start.Add(lasts).UnixMilli())
	asks := map[string]func(query.Sources) error{
		"heatmap": func(s query.Sources) error {
			_, err := s.Grid(ctx, query.Query{View: query.ViewHeatmap, Metric: "remote_dram_share", By: query.ByCPU, Columns: 1000, From: begin, To: end})
			return err
		},
		"node": func(s query.Sources) error {
			_, err := s.Grid(ctx, query.Query{View: query.ViewSeries, Metric: "remote_dram_share", By: query.ByNode, Columns: 1000, From: begin, To: end})
			return err
		},
		"alert": func(s query.Sources) error {
			_, _, _, err := s.Numbers(ctx, query.Query{View: query.ViewNumbers, Metric: "remote_dram_share", By: query.ByNode, From: end - 300e3, To: end})
			return err
		},
	}
	for _, name := range []string{"heatmap", "node", "alert"} {
		ask := asks[name]
		b.Run(name+"/cold", func(b *testing.B) {
			before := processTime(b)
			for b.Loop() {
				if err := ask(openExports(b, root)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(processTime(b)-before)/1e6/float64(b.N), "cpu-ms/op")
		})
		b.Run(name+"/warm", func(b *testing.B) {
			s := openExports(b, root)
			if err := ask(s); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			before := processTime(b)
			for b.Loop() {
				if err := ask(s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(processTime(b)-before)/1e6/float64(b.N), "cpu-ms/op")
		})
	}
}
