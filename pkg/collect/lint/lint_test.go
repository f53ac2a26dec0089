package lint

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
)

var update = flag.Bool("update", false, "rewrite the goldens")

const hostsDir = "../../../testdata/hosts"

func read(t *testing.T, name string) *hostinfo.Info {
	t.Helper()
	roots := collect.Roots{Sys: filepath.Join(hostsDir, name, "sys"), Proc: filepath.Join(hostsDir, name, "proc")}
	info, err := hostinfo.Read(roots)
	if err != nil {
		t.Fatal(err)
	}
	if i, err := hostinfo.ReadInterrupts(roots); err == nil {
		info.AsFound.Interrupts = i.Since(nil, roots)
	}
	return info
}

// TestGoldens looks over every tree of testdata/hosts.
func TestGoldens(t *testing.T) {
	entries, err := os.ReadDir(hostsDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "\t")
			if err := enc.Encode(Check(Of(read(t, e.Name()), true))); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", e.Name()+".json")
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v: run go test with -update and read what it wrote", err)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("%s differs:\n%s", golden, b.Bytes())
			}
		})
	}
}

// TestEveryRuleFinds: a rule that no tree sets off is one that nobody proved.
func TestEveryRuleFinds(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{"untuned-2s2n", "memory-only-node", "snc-2s4n", "epyc-vm"} {
		for _, f := range Check(Of(read(t, name), true)) {
			seen[f.Rule] = true
		}
	}
	for rule, change := range map[string]func(*Subject){
		"not-pinned":          func(s *Subject) { s.Pinning.CPUs = "0-7" },
		"memory-apart":        func(s *Subject) { s.Pinning.CPUs = "0-1" },
		"sibling-open":        func(s *Subject) { s.Pinning.CPUs = "0-1" },
		"memoryless-node":     func(s *Subject) { s.Topology.Nodes[0].MemoryBytes = 0 },
		"isolated-unbalanced": func(s *Subject) { s.Pinning.CPUs = "6-7" },
	} {
		s := Of(read(t, "untuned-2s2n"), true)
		change(&s)
		for _, f := range Check(s) {
			seen[f.Rule] = seen[f.Rule] || f.Rule == rule
		}
	}
	for _, r := range rules() {
		if !seen[r.name] {
			t.Errorf("rule %s finds nothing in any tree", r.name)
		}
	}
}

func TestRulesAreWhole(t *testing.T) {
	names := map[string]bool{}
	for _, r := range rules() {
		if r.name == "" || r.why == "" || rank(r.severity) < 0 || r.find == nil || names[r.name] {
			t.Errorf("rule %+v lacks something, or is there twice", r.name)
		}
		names[r.name] = true
	}
}

func TestTunedHostHasNothingToMend(t *testing.T) {
	for _, f := range Check(Of(read(t, "tuned-2s2n"), true)) {
		if f.Severity != export.SeverityNote {
			t.Errorf("%s: %s: %s", f.Severity, f.Rule, f.Found)
		}
	}
}

func TestHostWithoutWorkload(t *testing.T) {
	all := Check(Of(read(t, "untuned-2s2n"), false))
	for _, about := range []string{"straddles-nodes", "interrupts", "cpu-quota"} {
		if slices.ContainsFunc(all, func(f export.Finding) bool { return f.Rule == about }) {
			t.Errorf("%s was found without a workload", about)
		}
	}
	if !slices.ContainsFunc(all, func(f export.Finding) bool { return f.Rule == "ksm" }) {
		t.Error("the host itself was not looked over")
	}
}

func TestRelease(t *testing.T) {
	for in, want := range map[string][2]int{"5.10.0-23-amd64": {5, 10}, "6.18.5": {6, 18}, "4.4": {4, 4}, "6.8-rc1": {6, 8}, "": {-1, 0}, "x.y": {-1, 0}} {
		major, minor, ok := release(in)
		if !ok {
			major, minor = -1, 0
		}
		if [2]int{major, minor} != want {
			t.Errorf("%q: %d.%d", in, major, minor)
		}
	}
}
