package main

import (
	"errors"
	"flag"
	"reflect"
	"strings"
	"testing"
)

func TestFlagsOfRecordMayStandAnywhere(t *testing.T) {
	for line, want := range map[string][]string{
		"--out d prog a b":               {"prog", "a", "b"},
		"prog a --out d b":               {"prog", "a", "b"},
		"prog -n 5 --out=d --threads 4":  {"prog", "-n", "5", "--threads", "4"},
		"prog --no-pmu a --out d":        {"prog", "a"},
		"--out d prog -- --out e --nope": {"prog", "--out", "e", "--nope"},
		"--out d -- prog --nodes 3":      {"prog", "--nodes", "3"},
		"prog --out d -h":                {"prog", "-h"},
	} {
		o, err := parse(strings.Fields(line), &strings.Builder{})
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if !reflect.DeepEqual(o.program, want) || o.out != "d" || o.machine.Nodes != 4 {
			t.Errorf("%s: program %q, out %q, %d nodes; want %q", line, o.program, o.out, o.machine.Nodes, want)
		}
	}
}

func TestWordsForTheAgentArePassedOn(t *testing.T) {
	o, err := parse(strings.Fields("--out d --agent --trace=all prog --agent --keep=comm~^nl -- --agent no"), &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	job := o.job()
	if got := strings.Join(job.Agent, " "); !strings.HasSuffix(got, " --trace=all --keep=comm~^nl") || strings.Join(job.Program, " ") != "prog --agent no" {
		t.Errorf("the agent gets %q, and the program is %q", got, job.Program)
	}
}

func TestHelpListsTheFlags(t *testing.T) {
	var help strings.Builder
	if _, err := parse([]string{"--help"}, &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "-cpus-per-node") {
		t.Errorf("%v:\n%s", err, help.String())
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for line, want := range map[string]string{
		"":                                     "no program",
		"prog":                                 "--out names no directory",
		"--bad prog --out d":                   "-bad",
		"prog --out d --thp sometimes":         `--thp "sometimes"`,
		"prog --out d --hugepages -1":          "--hugepages -1",
		"prog --out d --no-pmu --truth t.json": "leaves out the plugin",
		"prog --out d --sample-every -1":       "--sample-every",
		"prog --out d --timeout 0s":            "--timeout",
		"prog --out d --host a/b":              "--host",
		"prog --out d --memory-per-node 512":   "512M or 1G",
		"prog --out d --memory-per-node M":     "512M or 1G",
		"prog --out d --label x":               "name=value",
		"prog --out d --nodes":                 "-nodes",
	} {
		if _, err := parse(strings.Fields(line), &strings.Builder{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", line, err, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for s, want := range map[string]int64{"512M": 512 << 20, "1G": 1 << 30, "128M": 128 << 20} {
		var b byteSize
		if err := b.Set(s); err != nil || int64(b) != want {
			t.Errorf("%s is %d, %v; want %d", s, b, err, want)
		}
	}
}
