package deploy_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// installed is a root with what the unit's head says to install, and
// recordings.
func installed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{
		"usr/local/bin/numalens-agent", "usr/local/bin/other", "etc/numalens/agent.yaml", "etc/numalens/token",
		"etc/systemd/system/numalens-agent.service", "etc/systemd/system/other.service", "var/lib/numalens/index.json",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// uninstall runs the script on a root of the test's own, with a systemctl that
// only says what it was asked.
func uninstall(t *testing.T, dir string, args ...string) string {
	t.Helper()
	tools := t.TempDir()
	if err := os.WriteFile(filepath.Join(tools, "systemctl"), []byte("#!/bin/sh\necho systemctl \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(root, "deploy/uninstall.sh"), args...)
	cmd.Env = append(os.Environ(), "DESTDIR="+dir, "PATH="+tools+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestUninstallKeepsRecordings(t *testing.T) {
	dir := installed(t)
	said := uninstall(t, dir)
	if want := []string{"etc/systemd/system/other.service", "usr/local/bin/other", "var/lib/numalens/index.json"}; !slices.Equal(files(t, dir), want) {
		t.Errorf("left %v, want %v", files(t, dir), want)
	}
	if !strings.Contains(said, "systemctl disable --now numalens-agent\nsystemctl daemon-reload\n") {
		t.Errorf("it said %q", said)
	}
	if again := uninstall(t, dir); again != "" {
		t.Errorf("with nothing to remove it said %q", again)
	}
}

func TestUninstallPurges(t *testing.T) {
	dir := installed(t)
	uninstall(t, dir, "--purge")
	if want := []string{"etc/systemd/system/other.service", "usr/local/bin/other"}; !slices.Equal(files(t, dir), want) {
		t.Errorf("left %v, want %v", files(t, dir), want)
	}
}

func TestDryRunRemovesNothing(t *testing.T) {
	dir := installed(t)
	before := files(t, dir)
	said := uninstall(t, dir, "--dry-run", "--purge")
	if !slices.Equal(files(t, dir), before) {
		t.Errorf("left %v", files(t, dir))
	}
	for _, want := range []string{"would run: systemctl disable --now numalens-agent", "would run: rm -rf -- " + dir + "/usr/local/bin/numalens-agent", "/etc/numalens\n", "/var/lib/numalens\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("it did not say %q:\n%s", want, said)
		}
	}
}
