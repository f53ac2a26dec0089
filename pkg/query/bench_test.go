package query_test

import (
	"context"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/export/exporttest"
	"github.com/numalens/numalens/pkg/query"
)

// BenchmarkGrid asks ten minutes of 32 CPUs at 10 Hz, sealed, for a thousand
// columns: the first time with nothing decoded, then as a dashboard that
// refreshes does.
func BenchmarkGrid(b *testing.B) {
	root := b.TempDir()
	if err := exporttest.FourNode(exporttest.Options{Root: root, Duration: 10 * time.Minute}); err != nil {
		b.Fatal(err)
	}
	ask := func(b *testing.B, s query.Sources, metric string, by query.By) {
		q := query.Query{View: query.ViewHeatmap, Metric: metric, By: by, Columns: 1000}
		if _, err := s.Grid(context.Background(), q); err != nil {
			b.Fatal(err)
		}
	}
	open := func(b *testing.B) query.Sources {
		files, err := export.Dir(root)
		if err != nil {
			b.Fatal(err)
		}
		return query.Sources{{Name: root, Source: export.NewReader(files)}}
	}
	for _, c := range []struct {
		name, metric string
		by           query.By
	}{
		{"share/cpu", "remote_dram_share", query.ByCPU},
		{"share/node", "remote_dram_share", query.ByNode},
		{"faults/cpu", "fault_remote_share", query.ByCPU},
	} {
		b.Run(c.name+"/cold", func(b *testing.B) {
			for b.Loop() {
				ask(b, open(b), c.metric, c.by)
			}
		})
		b.Run(c.name+"/warm", func(b *testing.B) {
			s := open(b)
			ask(b, s, c.metric, c.by)
			b.ReportAllocs()
			for b.Loop() {
				ask(b, s, c.metric, c.by)
			}
		})
	}
}
