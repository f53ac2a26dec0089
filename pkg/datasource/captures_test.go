package datasource

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

const perfByNode = `     1.000000000,N0,2,1000,,node-loads,500000000,50.00,,
     1.000000000,N1,2,2000,,node-loads,1000000000,100.00,,
     2.000000000,N0,2,4000,,node-loads,500000000,50.00,,
     2.000000000,N1,2,<not counted>,,node-loads,0,0.00,,
     3.000000000,N0,2,1000,,node-loads,500000000,50.00,,
     3.000000000,N1,2,7000,,node-loads,1000000000,100.00,,
     4.000000000,N0,2,1000,,node-loads,500000000,50.00,,
     4.000000000,N1,2,2000,,node-loads,1000000000,100.00,,
`

const memoryByNode = `
Per-node system memory usage (in MBs):
                          Node 0          Node 1           Total
                 --------------- --------------- ---------------
MemTotal               1000.00         2000.00         3000.00
MemFree                 100.00          200.50          300.50
`

// dropped is a data source of a directory into which files were put.
func dropped(t *testing.T, files map[string]string) *Instance {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "captures")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	written := time.Date(2026, 11, 24, 15, 0, 4, 0, time.UTC)
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, written, written); err != nil {
			t.Fatal(err)
		}
	}
	settings, err := json.Marshal(Settings{Directory: dir, ImportCache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	i, err := New(t.Context(), backend.DataSourceInstanceSettings{JSONData: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.(*Instance).Dispose)
	return i.(*Instance)
}

func answered(t *testing.T, i *Instance, query string) string {
	t.Helper()
	r, err := i.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(query)}}})
	if err != nil || r.Responses["A"].Error != nil {
		t.Fatal(err, r.Responses["A"].Error)
	}
	out, err := json.Marshal(r.Responses["A"].Frames)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(out))
}

// A person puts the output of two tools into the data source's directory and
// sees both on one time axis; what cannot be read is told beside them.
func TestFilesOfTwoToolsInTheDirectory(t *testing.T) {
	i := dropped(t, map[string]string{"perf.csv": perfByNode, "memory.txt": memoryByNode, "cut.txt": strings.Replace(memoryByNode, "200.50", "", 1), "README": "What I measured\n"})
	for query, want := range map[string][]string{
		`{"view":"heatmap","metric":"node_loads"}`: {`"values":[[1795532400000,1795532402000,1795532404000],[2500,1000,null],[2000,4500,null]]`,
			"cut.txt:6: expected a name and 3 numbers", "README: is of no known format."},
		`{"view":"series","metric":"meminfo.MemFree"}`: {`1795532404000]`, `null,104857600],[`, `null,210239488]`},
		`{"view":"runs"}`: {`20261124T150000Z-captures`, "cut.txt:6: "},
		`{"view":"heatmap","metric":"node_loads","from":1,"to":1e12}`:    {"has no data", "cut.txt:6: "},
		`{"view":"figures","scope":"node","filter":"node-loads"}`:        {`"rows":8`, `"files":{"perf.csv":8}`, `"why"`, `[1000,2000,4000,null,1000,7000,1000,2000]`, `<not counted>`, `multiplexed`},
		`{"view":"figures","sort":"value","limit":2}`:                    {`[3145728000,2097152000]`, `Only 2 of 14 figures`},
		`{"view":"figures","filter":"^MemFree$","of":"1","sort":"time"}`: {`[210239488]`, `"file"`, `[6]`},
	} {
		out := answered(t, i, query)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: want %s in\n%s", query, w, out)
			}
		}
	}
	h, err := i.CheckHealth(t.Context(), &backend.CheckHealthRequest{})
	if err != nil || h.Status != backend.HealthStatusOk || !strings.Contains(h.Message, "imported: 1 run") || !strings.Contains(h.Message, "cut.txt:6: expected") {
		t.Errorf("%+v, %v", h, err)
	}
}

// A run that was recorded has no figures: that is said, and is no error.
func TestFiguresOfARunThatWasNotImported(t *testing.T) {
	i, err := New(t.Context(), backend.DataSourceInstanceSettings{JSONData: []byte(`{"directory":"` + exampleExports(t) + `"}`)})
	if err != nil {
		t.Fatal(err)
	}
	out := answered(t, i.(*Instance), `{"view":"figures"}`)
	if !strings.Contains(out, "was not imported") {
		t.Error(out)
	}
}

func exampleExports(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../testdata/exports/fournode")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
