// Package docs_test runs the commands that the documentation shows, as they
// stand, so that none of them goes stale.
package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const shownDirectory = "/var/lib/numalens"

// TestRunbookCommands runs every line of the runbooks that begins with
// numalens, on an export of a four-node machine.
func TestRunbookCommands(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "numalens")
	if out, err := exec.Command("go", "build", "-o", bin, "../../cmd/numalens").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pages, err := filepath.Glob("../../docs/runbooks/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatalf("%d runbooks, %v", len(pages), err)
	}
	for _, page := range pages {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range commands(string(b)) {
			t.Run(filepath.Base(page)+": "+command, func(t *testing.T) {
				args := words(strings.ReplaceAll(command, shownDirectory, exports(t)))
				if out, err := exec.Command(bin, args[1:]...).CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}

// commands are the indented lines that call numalens.
func commands(page string) []string {
	var out []string
	for line := range strings.Lines(page) {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(line, "    ") && strings.HasPrefix(text, "numalens ") {
			out = append(out, text)
		}
	}
	return out
}

// words splits as a shell does, as far as the pages need: single quotes.
func words(command string) []string {
	var out []string
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

// exports copies the committed example, for commands that may write.
func exports(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../testdata/exports/fournode")); err != nil {
		t.Fatal(err)
	}
	return dir
}
