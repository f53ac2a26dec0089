package agent_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/serve"
)

// TestManualsCommands runs what docs/agent.md shows, with paths of the test's
// own.
func TestManualsCommands(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/agent.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := outDir(t)
	places := strings.NewReplacer("/tmp/runs", filepath.Join(dir, "runs"), "/etc/numalens", filepath.Join(dir, "etc"), "./mybench", "true")
	n := 0
	for line := range strings.Lines(string(b)) {
		args, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "    numalens-agent ")
		if verb, _, _ := strings.Cut(args, " "); !ok || verb == "serve" || verb == "pause" || verb == "resume" {
			continue // they need or are an agent that runs, and have tests of their own
		}
		if n++; strings.HasPrefix(args, "cert") {
			os.RemoveAll(filepath.Join(dir, "etc")) // shown twice
		}
		// By a shell, as users do: quotes are its.
		if out, err := exec.Command("sh", "-c", bin+" "+places.Replace(args)).CombinedOutput(); err != nil {
			t.Errorf("numalens-agent %s: %v\n%s", args, err, out)
		}
	}
	if n < 6 {
		t.Errorf("%d commands were found, want at least 6", n)
	}
}

// The manual's settings for reading from another host have to be taken.
func TestManualsSettings(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/agent.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := outDir(t)
	if _, err := exec.Command(bin, "cert", "--out", dir, "--hosts", "localhost").Output(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := strings.NewReplacer("/etc/numalens", dir, "0.0.0.0:9177", "0.0.0.0:0").Replace(shown(string(b), "listen: 0.0.0.0"))
	s := startServing(t, settings)
	if _, err := serve.Dial(serve.ClientOptions{URL: s.url, Token: token}); err != nil {
		t.Error(err)
	}
}

// shown is the rest of the indented block in which a text begins a line.
func shown(page, begin string) string {
	_, rest, _ := strings.Cut(page, "\n    "+begin)
	first, rest, _ := strings.Cut(rest, "\n")
	block := begin + first + "\n"
	for line := range strings.Lines(rest) {
		text, indented := strings.CutPrefix(line, "    ")
		if !indented {
			break
		}
		block += text
	}
	return block
}
