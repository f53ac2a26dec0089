// Package format_test reads exports with the tools that are not ours: what
// we write, DuckDB and Polars read as it is.
package format_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/export/exporttest"
)

var update = flag.Bool("update", false, "rewrite goldens")

// answer is a line that read.py prints.
type answer struct {
	Path, Reader   string
	Columns, Types []string
	Rows           [][]any
}

// read reads segments with every reader.
func read(t *testing.T, paths ...string) []answer {
	t.Helper()
	out, err := exec.Command(python(t), append([]string{"read.py"}, paths...)...).Output()
	if err != nil {
		var exit *exec.ExitError
		if ok := asExit(err, &exit); ok {
			t.Fatalf("read.py: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []answer
	d := json.NewDecoder(bytes.NewReader(out))
	d.UseNumber() // 64 bits of address do not fit a float
	for d.More() {
		var a answer
		if err := d.Decode(&a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	if len(all) != 2*len(paths) {
		t.Fatalf("%d answers for %d segments", len(all), len(paths))
	}
	return all
}

func asExit(err error, exit **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*exit = e
	return ok
}

// text draws an answer's rows, a line each, so that two of them compare.
func (a answer) text() string {
	var b strings.Builder
	for _, r := range a.Rows {
		for i, x := range r {
			if x == nil {
				x = "null"
			}
			fmt.Fprintf(&b, "%s=%v ", a.Columns[i], x)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// sorted draws the rows whatever their order.
func (a answer) sorted() string {
	lines := strings.SplitAfter(a.text(), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func segments(t *testing.T, root, run, format string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, exporttest.Host, run, "*."+format))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s segments below %s: %v", format, root, err)
	}
	return paths
}

// TestEveryTable reads a row or two of every table of the format, sealed and
// in a tail. The golden shows what every reader sees.
func TestEveryTable(t *testing.T) {
	sealed, live := t.TempDir(), t.TempDir()
	for _, o := range []exporttest.Options{{Root: sealed}, {Root: live, Live: true}} {
		if err := exporttest.Tables(o); err != nil {
			t.Fatal(err)
		}
	}
	var golden strings.Builder
	seen := map[string]string{} // rows by table, as DuckDB reads the sealed ones
	for _, a := range read(t, segments(t, sealed, exporttest.TablesRun, "parquet")...) {
		table, _, _ := strings.Cut(filepath.Base(a.Path), ".")
		fmt.Fprintf(&golden, "# %s, %s\n%s\n%s\n", table, a.Reader, strings.Join(a.Types, ", "), a.text())
		if have, ok := seen[table]; ok && have != a.sorted() {
			t.Errorf("%s: %s reads\n%s\nnot\n%s", table, a.Reader, a.sorted(), have)
		}
		seen[table] = a.sorted()
	}
	for _, table := range export.Tables() {
		if seen[table.Name] == "" {
			t.Errorf("no rows of table %s", table.Name)
		}
	}
	for _, a := range read(t, segments(t, live, exporttest.TablesRun, "arrows")...) {
		table, _, _ := strings.Cut(filepath.Base(a.Path), ".")
		if table == export.TableNotes { // the tail has no note of the end
			continue
		}
		if a.sorted() != seen[table] {
			t.Errorf("tail of %s: %s reads\n%s\nnot\n%s", table, a.Reader, a.sorted(), seen[table])
		}
	}
	checkGolden(t, "testdata/tables.golden", golden.String())
}

func checkGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s", path, got)
	}
}

// TestFixtures reads the committed exports, whose tails have several batches.
func TestFixtures(t *testing.T) {
	sealed := segments(t, "../../testdata/exports/fournode", exporttest.FourNodeRun, "parquet")
	tails := segments(t, "../../testdata/exports/live", exporttest.FourNodeRun, "arrows")
	all := read(t, slices.Concat(sealed, tails)...)
	for i := 0; i < len(all); i += 2 {
		if len(all[i].Rows) == 0 || all[i].sorted() != all[i+1].sorted() {
			t.Errorf("%s: %s and %s read different rows (%d and %d)", all[i].Path, all[i].Reader, all[i+1].Reader, len(all[i].Rows), len(all[i+1].Rows))
		}
	}
}

// TestNamesThatGrow reads a tail whose dictionaries grow from batch to
// batch: the stream replaces them.
func TestNamesThatGrow(t *testing.T) {
	root := t.TempDir()
	w, err := export.Create(export.WriterOptions{Root: root, KeepFreeBytes: -1}, export.Manifest{Host: exporttest.Host, Run: "r"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		for k := range i + 1 {
			if err := w.Append(export.TablePlacement, int64(1e18+i), i, fmt.Sprintf("comm%d", k), nil, "anonymous", nil, 4096, k, nil, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	tail := read(t, segments(t, root, "r", "arrows")...)
	if err := w.Seal(nil); err != nil {
		t.Fatal(err)
	}
	sealed := read(t, segments(t, root, "r", "parquet")...)
	for _, a := range append(tail, sealed...) {
		if a.sorted() != tail[0].sorted() || len(a.Rows) != 15 {
			t.Errorf("%s reads %s as\n%s", a.Reader, a.Path, a.text())
		}
	}
}
