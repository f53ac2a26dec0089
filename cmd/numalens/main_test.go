package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/query/querytest"
)

// recorded writes a small run, sealed, and gives its root.
func recorded(t *testing.T) string {
	t.Helper()
	return querytest.Record(t, "../../pkg/query/testdata/scripts/share.txt")
}

func call(args ...string) (code int, out, errors string) {
	var o, e bytes.Buffer
	code = run(context.Background(), streams{&o, &e}, args)
	return code, o.String(), e.String()
}

// Wrong use gives one clear sentence: what was wrong, and what exists instead.
func TestWrongUse(t *testing.T) {
	root := recorded(t)
	empty := t.TempDir()
	corrupt := recorded(t)
	breakRuns(t, corrupt)
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no such command", []string{"quary"}, 2, `no command "quary"; there is inspect, query`},
		{"no argument", []string{"query", root}, 2, "give a directory or an agent's URL"},
		{"unknown flag", []string{"inspect", "--jsn", root}, 2, "jsn"},
		{"unknown metric", []string{"query", root, `{"view":"heatmap","metric":"remote_share"}`}, 1, `no metric "remote_share" in run .*; there is remote_dram_share`},
		{"unknown view", []string{"query", root, `{"view":"heat"}`}, 1, `no view "heat"; there is heatmap`},
		{"unknown field", []string{"query", root, `{"view":"runs","hots":"x"}`}, 1, `unknown field "hots"`},
		{"unknown host", []string{"query", root, `{"view":"heatmap","metric":"ipc","host":"other"}`}, 1, `no host "other"; there is testhost`},
		{"unknown run", []string{"query", root, `{"view":"heatmap","metric":"ipc","run":"other"}`}, 1, `no run "other" in host testhost; there is 2026`},
		{"not recorded", []string{"query", root, `{"view":"heatmap","metric":"ipc"}`}, 0, `did not record instructions`},
		{"up and out", []string{"query", root, `{"view":"heatmap","metric":"remote_dram_share","host":"../../etc"}`}, 1, `no host "../../etc"`},
		{"no such instance", []string{"query", root, `{"view":"cell","metric":"remote_dram_share","instance":99}`}, 1, `no cpu "99" in run .*; there is CPU 0`},
		{"empty directory", []string{"query", empty, `{"view":"heatmap","metric":"ipc"}`}, 1, "no run here yet|there is no"},
		{"no directory", []string{"query", filepath.Join(empty, "gone"), `{"view":"runs"}`}, 1, "gone"},
		{"corrupt file", []string{"query", corrupt, `{"view":"heatmap","metric":"remote_dram_share"}`}, 1, "counters.*parquet"},
		{"corrupt file, inspected", []string{"inspect", corrupt}, 1, "not sound"},
		{"unreachable agent", []string{"query", "http://127.0.0.1:1", `{"view":"runs"}`}, 1, "127.0.0.1:1"},
		{"demo beside nothing", []string{"demo", "--beside", filepath.Join(empty, "gone")}, 1, "exports in .*gone: no such file or directory"},
		{"remote workbench", []string{"view", root, "--listen", "0.0.0.0:8390"}, 1, "not a loopback address|built without its page"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, words := call(c.args...)
			t.Log(strings.TrimSpace(words))
			if code != c.code {
				t.Errorf("exit status %d, want %d", code, c.code)
			}
			if !regexp.MustCompile(c.says).MatchString(words + out) {
				t.Errorf("does not say %q", c.says)
			}
			if strings.Contains(words, "panic") || strings.Contains(words, "goroutine") {
				t.Error("it panicked")
			}
		})
	}
}

// breakRuns flips bytes in the middle of every sealed file.
func breakRuns(t *testing.T, root string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "*", "*", "*.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sealed files in %s: %v", root, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i := 4; i < len(b)-8; i++ {
			b[i] ^= 0x5a
		}
		if err := os.WriteFile(f, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRangeWithoutDataSaysWhereThereIsSome(t *testing.T) {
	code, out, words := call("query", recorded(t), `{"view":"heatmap","metric":"remote_dram_share","from":1000,"to":2000}`)
	if code != 0 || !strings.Contains(out, "has no data from 1970-01-01 00:00:01 UTC") || !strings.Contains(out, "between 2026-01-02 03:00:00 UTC") {
		t.Errorf("status %d, %s\n%s", code, words, out)
	}
}

func TestQueryPrintsGrafanasForm(t *testing.T) {
	code, out, words := call("query", recorded(t), `{"view":"heatmap","metric":"remote_dram_share","by":"node","columns":10}`)
	if code != 0 {
		t.Fatal(words)
	}
	var res struct {
		Results map[string]struct {
			Status int
			Frames []struct {
				Schema struct{ Fields []struct{ Name string } }
				Data   struct{ Values [][]*float64 }
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &res); err != nil {
		t.Fatal(err)
	}
	f := res.Results["A"].Frames[0]
	if len(f.Schema.Fields) != 5 || *f.Data.Values[1][3] != 0.182 || *f.Data.Values[2][3] != 0.5 {
		t.Errorf("%s", out)
	}
}

func TestInspectSaysThatAnExportIsSound(t *testing.T) {
	root := recorded(t)
	code, out, words := call("inspect", root)
	if code != 0 || !strings.Contains(out, "sound: every one of") || !strings.Contains(out, "counters") {
		t.Errorf("status %d, %s\n%s", code, words, out)
	}
	code, out, _ = call("inspect", root, "--json")
	if code != 0 || !json.Valid([]byte(out)) {
		t.Errorf("status %d, not JSON: %s", code, out)
	}
}
