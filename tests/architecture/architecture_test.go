// Package architecture_test holds the tree to its own rules: which package
// may import which, that each says what it is for, and how files are named.
package architecture_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/numalens/numalens/"

// allowed lists, for each package of ours, what else of ours it may import.
// Arrows point one way; a package that is missing here fails the test.
var allowed = map[string][]string{
	"pkg/numa":           {},
	"pkg/events":         {"pkg/numa"},
	"pkg/export":         {"pkg/numa"},
	"pkg/collect":        {"pkg/numa", "pkg/events", "pkg/export"},
	"pkg/imports":        {"pkg/numa", "pkg/events", "pkg/export"},
	"pkg/series":         {"pkg/numa", "pkg/export"},
	"pkg/remote":         {"pkg/series"},
	"pkg/serve":          {"pkg/numa", "pkg/export"},
	"pkg/query":          {"pkg/numa", "pkg/export", "pkg/series"},
	"pkg/datasource":     {"pkg/numa", "pkg/export", "pkg/imports", "pkg/serve", "pkg/query"},
	"pkg":                {"pkg/datasource"},
	"workbench":          {},
	"provisioning":       {"pkg/query"},
	"cmd/numalens":       {"pkg/numa", "pkg/export", "pkg/imports", "pkg/serve", "pkg/query", "pkg/datasource", "workbench"},
	"cmd/numalens-agent": {"pkg/numa", "pkg/events", "pkg/export", "pkg/collect", "pkg/series", "pkg/remote", "pkg/serve"},
	"bench/agent":        {"pkg/numa", "pkg/events", "pkg/export", "pkg/collect"},
	"bench/peers":        {"pkg/numa", "pkg/export", "pkg/query", "pkg/datasource"},
	"tests":              {"pkg/numa", "pkg/export", "pkg/imports", "pkg/collect", "pkg/series", "pkg/remote", "pkg/serve", "pkg/query", "pkg/datasource"},
}

// knowsGrafana are the only packages that may import Grafana's SDK.
var knowsGrafana = []string{"pkg", "pkg/datasource", "cmd/numalens", "bench/peers", "tests"}

type goPackage struct {
	ImportPath, Dir, Doc string
	Imports              []string
	TestImports          []string
	GoFiles              []string
}

func (p goPackage) path() string { return strings.TrimPrefix(p.ImportPath, module) }

// layer is the entry of the rules that a package falls under: its own, or the
// nearest folder above it.
func layer(path string) string {
	for path != "." {
		if _, ok := allowed[path]; ok {
			return path
		}
		path = filepath.Dir(path)
	}
	return ""
}

func packages(t *testing.T, args ...string) []goPackage {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Doc,Imports,TestImports,GoFiles"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p goPackage
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t, "./...") {
		own := layer(p.path())
		if own == "" {
			t.Errorf("%s is in no layer; say in this test what it may import", p.path())
			continue
		}
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, "github.com/grafana/") && !slices.Contains(knowsGrafana, own) {
				t.Errorf("%s imports %s; only %v know Grafana", p.path(), imp, knowsGrafana)
			}
			other, ours := strings.CutPrefix(imp, module)
			if !ours || layer(other) == own {
				continue
			}
			if !slices.Contains(allowed[own], layer(other)) {
				t.Errorf("%s imports %s, which its layer %q may not; it may import %v", p.path(), other, own, allowed[own])
			}
		}
	}
}

func TestVocabularyImportsOnlyTheStandardLibrary(t *testing.T) {
	for _, p := range packages(t, "./pkg/numa") {
		for _, imp := range p.Imports {
			if strings.Contains(strings.Split(imp, "/")[0], ".") {
				t.Errorf("pkg/numa imports %s", imp)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t, "./...") {
		if len(p.GoFiles) > 0 && len(strings.Fields(p.Doc)) < 6 {
			t.Errorf("%s has no package doc that says what it is for", p.path())
		}
	}
}

var nothing = regexp.MustCompile(`(^|/)(utils?|helpers?|common|misc|types)\.(go|tsx?|css)$`)

func TestFilesAreNamedForTheirSubjectAndStaySmall(t *testing.T) {
	for _, f := range tracked(t) {
		if nothing.MatchString(f) {
			t.Errorf("%s: a file is named for its subject", f)
		}
		if !strings.HasSuffix(f, ".go") && !strings.HasSuffix(f, ".ts") && !strings.HasSuffix(f, ".tsx") {
			continue
		}
		b, err := os.ReadFile(filepath.Join("../..", f))
		if err != nil {
			continue // deleted in the working tree
		}
		if n := strings.Count(string(b), "\n"); n > 700 {
			t.Errorf("%s has %d lines; a file of 700 lines is two files", f, n)
		}
	}
}

func TestNoTestIsSkippedWithoutAReason(t *testing.T) {
	bare := regexp.MustCompile(`\bt\.Skip(Now)?\(\)|\b(it|test|describe)\.skip\(|\bx(it|describe)\(`)
	for _, f := range tracked(t) {
		if !strings.Contains(f, "_test.go") && !strings.Contains(f, ".test.") && !strings.Contains(f, ".spec.") || strings.HasPrefix(f, "tests/architecture/") {
			continue
		}
		b, err := os.ReadFile(filepath.Join("../..", f))
		if err == nil && bare.Match(b) {
			t.Errorf("%s skips a test without a reason", f)
		}
	}
}

func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("[git] this tree is not a git checkout: %v", err)
	}
	return strings.Fields(string(out))
}

func TestTopLevelPluginJSONIsACopy(t *testing.T) {
	a, errA := os.ReadFile("../../plugin.json")
	b, errB := os.ReadFile("../../src/plugin.json")
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if string(a) != string(b) {
		t.Error("plugin.json is not a copy of src/plugin.json; run `cp src/plugin.json plugin.json`")
	}
}

// The agent runs on the measured host: it must not grow what it does not use.
func TestAgentLinksOnlyWhatItNeeds(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./cmd/numalens-agent")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	may := append([]string{"cmd/numalens-agent"}, allowed["cmd/numalens-agent"]...)
	for _, dep := range strings.Fields(string(out)) {
		if strings.HasPrefix(dep, "github.com/grafana/") {
			t.Errorf("the agent links %s", dep)
		}
		if ours, ok := strings.CutPrefix(dep, module); ok && !slices.Contains(may, layer(ours)) {
			t.Errorf("the agent links %s", ours)
		}
	}
}

// A panicking init would end Grafana's plugin or a host's agent at start, and
// registration by init hides what a command is made of. The one exception has
// to run on the main thread before main.
func TestNoInitFunctions(t *testing.T) {
	for _, p := range packages(t, "./pkg/...", "./cmd/...") {
		if p.path() == "pkg/collect/launch" {
			continue
		}
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s/%s has an init function", p.path(), f)
				}
			}
		}
	}
}
