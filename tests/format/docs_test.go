package format_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export/exporttest"
)

// TestPageExamples runs the examples of docs/format/layout.md on the
// committed exports.
func TestPageExamples(t *testing.T) {
	page, err := os.ReadFile("../../docs/format/layout.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(language string) string {
		m := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(page)
		if m == nil {
			t.Fatalf("no %s block", language)
		}
		return string(m[1])
	}
	const run = "exports/bench1/20261124T065040Z/"
	program := "import duckdb, polars\nprint(duckdb.sql(r'''" + block("sql") + "'''))\n"
	for line := range strings.Lines(block("python")) {
		call, _, _ := strings.Cut(line, "#")
		program += "print(" + strings.TrimSpace(call) + ")\n"
	}
	testdata, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	fixture := func(name string) string {
		return filepath.Join(testdata, "exports", name, exporttest.Host, exporttest.FourNodeRun) + "/"
	}
	program = strings.ReplaceAll(program, run+"counters.000002.arrows", fixture("live")+"counters.000001.arrows")
	program = strings.ReplaceAll(program, run, fixture("fournode"))
	out, err := exec.Command(python(t), "-c", program).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, program, out)
	}
	if n := strings.Count(string(out), "shape: ("); n != 2 {
		t.Errorf("%d frames were printed:\n%s", n, out)
	}
}
