package export_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/export/exporttest"
)

var update = flag.Bool("update", false, "rewrite goldens")

// TestMalformed asks each spoilt export everything: nothing panics, and what
// is said names the file. testdata/malformed.golden holds every sentence.
func TestMalformed(t *testing.T) {
	var all strings.Builder
	for _, name := range exporttest.MalformedNames() {
		fmt.Fprintf(&all, "# %s\n", name)
		files, err := export.Dir(filepath.Join("../../testdata/malformed", name))
		if err != nil {
			t.Fatal(err)
		}
		rep, err := export.Inspect(context.Background(), files)
		if err != nil {
			fmt.Fprintf(&all, "inspect: %v\n", err)
		} else {
			for _, p := range rep.AllProblems() {
				fmt.Fprintf(&all, "inspect: %v (repairable %v)\n", p, p.Repairable)
			}
		}
		fmt.Fprintf(&all, "query: %s\n\n", ask(export.NewReader(files)))
	}
	golden := "testdata/malformed.golden"
	if *update {
		os.MkdirAll("testdata", 0o755)
		os.WriteFile(golden, []byte(all.String()), 0o644)
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if all.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", all.String(), want)
	}
}

// ask says what a query for the run's whole time finds, or why it does not.
func ask(r *export.Reader) string {
	ctx, from := context.Background(), exporttest.Start.UnixNano()
	edges := []int64{from, from + 3e9}
	inc, err := r.Increments(ctx, exporttest.Host, exporttest.SmallRun, export.IncrementsRequest{
		Table: export.TableCounters, Scope: export.ScopeCPU, Columns: []string{"context-switches"}, EdgesNS: edges})
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d CPUs, counts %v", len(inc.Instances), inc.Series[0].Delta)
}
