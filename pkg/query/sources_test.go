package query_test

import (
	"context"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/export/exporttest"
	"github.com/numalens/numalens/pkg/query"
)

// TestOneHostInSeveralSources: an agent and a directory of older recordings
// often have the same host. Its runs are one list, whichever has them, and a
// run that both have is one run.
func TestOneHostInSeveralSources(t *testing.T) {
	ctx := context.Background()
	start := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	old, young := t.TempDir(), t.TempDir()
	for _, x := range []struct {
		root  string
		start time.Time
	}{{old, start}, {young, start.Add(time.Hour)}} {
		if err := exporttest.FourNode(exporttest.Options{Root: x.root, Start: x.start, Duration: 3 * time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	both := append(directory(t, old), directory(t, young)...)
	both = append(both, directory(t, young)...)

	hosts, err := both.Hosts(ctx)
	if err != nil || len(hosts) != 1 || len(hosts[0].Runs) != 2 {
		t.Fatalf("hosts %v, %v: want one with two runs", hosts, err)
	}
	first, second := hosts[0].Runs[0], hosts[0].Runs[1]
	if first.StartNS > second.StartNS {
		first, second = second, first
	}
	if first.Source.Name != old || second.Source.Name != young {
		t.Errorf("runs are of %s and %s", first.Source.Name, second.Source.Name)
	}
	for _, want := range []export.IndexRun{first.IndexRun, second.IndexRun} {
		f, err := both.Find(ctx, query.Query{Host: hosts[0].Host, Run: want.Run})
		if err != nil || f.Manifest.StartNS != want.StartNS {
			t.Errorf("run %s: %v, %v", want.Run, f.Manifest, err)
		}
	}
	newest, err := both.Find(ctx, query.Query{})
	if err != nil || newest.Manifest.Run != second.Run {
		t.Errorf("newest: %v, %v, want %s", newest.Manifest, err, second.Run)
	}
	runs, err := both.Runs(ctx, "")
	if err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	numbers, _, failed, err := both.Numbers(ctx, query.Query{
		Metric: "remote_dram_share", By: query.ByNode, From: float64(start.UnixMilli()), To: float64(start.Add(2 * time.Hour).UnixMilli()),
	})
	if err != nil || failed != nil || len(numbers) != 4 {
		t.Errorf("%d numbers, %v, %v: want one a node, or a rule would see two of equal labels", len(numbers), err, failed)
	}
}

func TestLagOfAHostThatIsNotThere(t *testing.T) {
	root := t.TempDir()
	if err := exporttest.FourNode(exporttest.Options{Root: root, Duration: time.Second, Live: true}); err != nil {
		t.Fatal(err)
	}
	s := directory(t, root)
	if out, err := s.Lag(context.Background(), "nowhere", time.Now()); err == nil {
		t.Errorf("unknown host: %v, no error", out)
	}
	if out, err := s.Lag(context.Background(), "fournode", time.Now()); err != nil || len(out) != 1 || out[0].Value <= 0 {
		t.Errorf("a silent host: %v, %v", out, err)
	}
}
