package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
)

const perfByNode = `# started on Tue Nov 24 15:00:00 2026

     1.000000000,N0,2,1000,,node-loads,500000000,50.00,,
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

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// perf's counts by node and numastat's levels come onto one time axis, where
// heatmaps show both.
func TestImportOfTwoTools(t *testing.T) {
	root := filepath.Join(t.TempDir(), "exports")
	code, out, words := call("import", "--json", "--host", "bench1", "--run", "both", "--start", "2026-11-24T15:00:00Z", "--out", root,
		written(t, "perf.csv", perfByNode), written(t, "memory.txt", memoryByNode))
	if code != 0 {
		t.Fatal(words)
	}
	var r imports.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Host != "bench1" || r.Run != "20261124T150000Z-both" || len(r.Files) != 2 || r.Files[0].Figures != 8 || r.Files[0].Nulls != 1 || r.Files[1].Figures != 6 {
		t.Errorf("%+v", r)
	}
	if code, out, _ := call("inspect", root); code != 0 || !strings.Contains(out, "sound") {
		t.Errorf("the run is not sound: %s", out)
	}
	for query, want := range map[string]string{
		`{"view":"heatmap","metric":"node_loads"}`:                         `"values":[[1795532400000,1795532402000,1795532404000],[2500,1000,null],[2000,4500,null]]`,
		`{"view":"series","metric":"node_loads","by":"host"}`:              `[4500,5500,null]`,
		`{"view":"heatmap","metric":"meminfo.MemFree","to":1795532402000}`: `[105000000,null],[210000000,null]`,
	} {
		code, out, words := call("query", root, query)
		if compact := strings.Join(strings.Fields(out), ""); code != 0 || !strings.Contains(compact, want) {
			t.Errorf("%s: %s%s", query, words, compact)
		}
	}
}

// What cannot be imported leaves nothing behind.
func TestImportIsAllOrNothing(t *testing.T) {
	root := filepath.Join(t.TempDir(), "exports")
	good := written(t, "perf.csv", perfByNode)
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no directory", []string{good}, 2, "give --out DIR"},
		{"no file", []string{"--out", root}, 2, "give --out DIR"},
		{"gone", []string{"--out", root, good + ".gone"}, 1, "no such file"},
		{"bad start", []string{"--out", root, "--start", "yesterday", good}, 2, "give a time with its zone"},
		{"bad format", []string{"--out", root, "--format", "perfstat", good}, 1, `no format "perfstat"; there is numastat, .*perf-stat`},
		{"bad host", []string{"--out", root, "--host", "../x", good}, 1, `host "../x"`},
		{"not of a tool", []string{"--out", root, written(t, "a.txt", "hello\n")}, 1, `a.txt:1: expected the output of .*found "hello"`},
		{"second file bad", []string{"--out", root, good, written(t, "b.txt", strings.Replace(memoryByNode, "200.50", "", 1))}, 1, `b.txt:6: expected a name and 3 numbers`},
	} {
		code, _, words := call(append([]string{"import"}, c.args...)...)
		if code != c.code || !regexp.MustCompile(c.says).MatchString(words) {
			t.Errorf("%s: exit status %d: %s", c.name, code, words)
		}
	}
	left, err := filepath.Glob(filepath.Join(root, "*"))
	if hidden, _ := filepath.Glob(filepath.Join(root, ".*")); err != nil || len(left) > 0 || len(hidden) > 0 {
		t.Errorf("left behind: %v %v", left, hidden)
	}
	if code, _, words := call("import", "--out", root, good); code != 0 {
		t.Fatal(words)
	}
	if code, _, words := call("import", "--out", root, good); code != 1 || !strings.Contains(words, "is there already") {
		t.Errorf("twice: %d %s", code, words)
	}
}
