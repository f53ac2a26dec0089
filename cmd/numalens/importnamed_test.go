package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
)

// files writes a directory and gives its name.
func files(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "captures")
	for name, text := range texts {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

type told struct {
	imports.Report
	Skipped []skippedFile
}

// Of a directory, the files that can be read become the run, and it is told
// which could not, and why.
func TestImportOfADirectory(t *testing.T) {
	dir := files(t, map[string]string{"perf.csv": perfByNode, "memory.txt": memoryByNode, "notes.md": "what was measured\n", ".hidden": "x",
		"broken.csv": perfByNode + "     5.000000000,N0,2,x,,node-loads,500000000,50.00,,\n", "deeper/perf.csv": perfByNode})
	root := filepath.Join(t.TempDir(), "exports")
	code, out, words := call("import", "--json", "--out", root, dir)
	if code != 0 {
		t.Fatal(words)
	}
	var r told
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Files) != 2 || r.Files[0].File != "captures/memory.txt" || r.Files[1].File != "captures/perf.csv" || len(r.Skipped) != 3 || !strings.HasSuffix(r.Run, "-captures") {
		t.Fatalf("%s", out)
	}
	why := map[string]string{}
	for _, s := range r.Skipped {
		why[s.File] = s.Why
	}
	if why["captures/notes.md"] != "is of no known format" || !strings.Contains(why["captures/broken.csv"], "broken.csv:11: expected") || !strings.Contains(why["captures/deeper"], "is a directory") {
		t.Errorf("%v", why)
	}
	if code, out, _ := call("import", "--out", root, "--run", "again", dir); code != 0 || !strings.Contains(out, "3 of a directory's entries are not in the run") || !strings.Contains(out, "captures/notes.md: skipped: is of no known format") {
		t.Errorf("%s", out)
	}
}

// A file that is named itself must be read, whatever a directory beside it has.
func TestANamedFileBesideADirectory(t *testing.T) {
	dir := files(t, map[string]string{"perf.csv": perfByNode})
	root := filepath.Join(t.TempDir(), "exports")
	if code, _, words := call("import", "--out", root, dir, written(t, "notes.md", "what was measured\n")); code == 0 || !strings.Contains(words, "notes.md") {
		t.Errorf("%s", words)
	}
	if entries, err := os.ReadDir(root); err == nil && len(entries) > 0 {
		t.Errorf("%v is there", entries)
	}
	if code, _, words := call("import", "--out", root, files(t, map[string]string{"a.md": "x\n"})); code == 0 || !strings.Contains(words, "none of the files") || !strings.Contains(words, "captures/a.md: skipped") {
		t.Errorf("%s", words)
	}
}

// Many small files are one run, as one big one is.
func TestImportOfManyFiles(t *testing.T) {
	texts := map[string]string{}
	for i := range 200 {
		texts[fmt.Sprintf("run-%03d.txt", i)] = fmt.Sprintf("goos: linux\npkg: example.org/x\nBenchmarkSum/n=%d-8  100  %d.5 ns/op\nPASS\n", i, 100+i)
	}
	dir := files(t, texts)
	root := filepath.Join(t.TempDir(), "exports")
	code, out, words := call("import", "--json", "--out", root, dir)
	if code != 0 {
		t.Fatal(words)
	}
	var r told
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Files) != 200 || len(r.Tables) != 1 || r.Tables[0].Rows != 400 || len(r.Skipped) != 0 {
		t.Errorf("%d files, %+v", len(r.Files), r.Tables)
	}
	if code, out, _ := call("inspect", root); code != 0 || !strings.Contains(out, "sound") {
		t.Errorf("the run is not sound: %s", out)
	}
}
