package query_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/export/exporttest"
	"github.com/numalens/numalens/pkg/query"
)

// TestACellIsWhatItsHeatmapShows asks for single cells of heatmaps that are
// read through levels: wide and narrow columns, of a run that is being
// recorded and of one that ended.
func TestACellIsWhatItsHeatmapShows(t *testing.T) {
	ctx := context.Background()
	for _, live := range []bool{true, false} {
		root := t.TempDir()
		const lasts = 7 * time.Minute
		if err := exporttest.Long(exporttest.LongOptions{Root: root, Duration: lasts, CPUs: 8, Live: live}); err != nil {
			t.Fatal(err)
		}
		s := directory(t, root)
		for _, columns := range []int{1, 3, 9, 40, 90, 500} {
			for _, by := range []query.By{query.ByCPU, query.ByNode} {
				q := query.Query{View: query.ViewHeatmap, Metric: "remote_dram_share", By: by, Columns: columns}
				g, err := s.Grid(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				for r, row := range g.Rows {
					for col := 0; col < g.Columns; col += 1 + g.Columns/7 {
						from := g.StartNS + int64(col)*g.WidthNS
						one := query.Query{View: query.ViewCell, Metric: q.Metric, By: by, Instance: &row.Instance,
							From: float64(from) / 1e6, To: float64(from+g.WidthNS) / 1e6}
						cell, err := s.Cell(ctx, one)
						if err != nil {
							t.Fatal(err)
						}
						i := r*g.Columns + col
						if !same(cell.Value, g.Values[i]) || !same(cell.Denominator, g.Volume[i]) {
							t.Fatalf("live %v, %d columns of %v, %s, column %d: cell %v of %v, heatmap %v of %v", live, g.Columns, time.Duration(g.WidthNS), row.Label, col,
								cell.Value, cell.Denominator, g.Values[i], g.Volume[i])
						}
					}
				}
			}
		}
	}
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// TestTheNewestSecondIsSeen: levels are behind, and a question is not.
func TestTheNewestSecondIsSeen(t *testing.T) {
	root := t.TempDir()
	const lasts = 10*time.Minute + 3*time.Second
	if err := exporttest.Long(exporttest.LongOptions{Root: root, Duration: lasts, CPUs: 4, Live: true}); err != nil {
		t.Fatal(err)
	}
	files, err := export.Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	end := exporttest.Start.Add(lasts).UnixNano()
	r := export.NewReader(files)
	for _, width := range []int64{1e9, 10e9, 60e9, 300e9} {
		edges := []int64{(end/width - 2) * width, (end/width - 1) * width, end / width * width, (end/width + 1) * width}
		inc, err := r.Increments(context.Background(), exporttest.LongHost, exporttest.LongRun,
			export.IncrementsRequest{Table: export.TableCounters, Scope: export.ScopeCPU, Columns: []string{"cycles"}, EdgesNS: edges})
		if err != nil {
			t.Fatal(err)
		}
		for i := range inc.Instances {
			newest := inc.Series[0].ToNS[i*inc.Columns+2]
			if behind := end - newest; edges[2] < end-1e9 && behind > 1e9 {
				t.Errorf("columns of %v: the newest reading that is seen is %v old", time.Duration(width), time.Duration(behind))
			}
		}
	}
}
