//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

// large writes an input of about so many bytes.
func large(t *testing.T, bytes int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "large")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := importstest.Large["perf stat -I -x"](f, bytes); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func importing(root, run, path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "import", "--host", "h", "--run", run, "--out", root, path)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// figures counts the figures of every run that a reader lists; what it cannot
// read is an error.
func figures(t *testing.T, root string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	files, err := export.Dir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return out
	}
	if err != nil {
		t.Fatal(err)
	}
	r := export.NewReader(files)
	x, err := r.Index(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range x.Hosts {
		for _, run := range h.Runs {
			m, err := r.Manifest(context.Background(), h.Host, run.Run)
			if err != nil {
				t.Fatal(err)
			}
			if m.State != export.Sealed {
				t.Errorf("%s is %s", m.Run, m.State)
			}
			for _, s := range m.Segments {
				if s.Table == export.TableFigures {
					out[m.Run] += s.Rows
				}
			}
		}
	}
	return out
}

func leftovers(t *testing.T, root string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(root, ".import-*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// An import that is killed at any moment leaves no run, or a whole one; the
// next one takes away what else it left.
func TestAnImportThatIsKilledLeavesNoRun(t *testing.T) {
	path, root := large(t, 2<<20), filepath.Join(t.TempDir(), "exports")
	began := time.Now()
	if out, err := importing(root, "whole", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	takes := time.Since(began)
	whole := int64(0)
	for _, n := range figures(t, root) {
		whole = n
	}
	if whole == 0 {
		t.Fatal("the run has no figures")
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	left := 0
	for i := range 20 {
		cmd := importing(root, fmt.Sprintf("killed-%d", i), path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rnd.Int64N(int64(takes))))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		left += len(leftovers(t, root))
		for run, n := range figures(t, root) {
			if n != whole {
				t.Errorf("%s has %d figures of %d", run, n, whole)
			}
		}
	}
	t.Logf("killed within %s; %d times something was left", takes, left)
	if out, err := importing(root, "last", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if left := leftovers(t, root); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// A disk that is full is said so, and nothing stays on it.
func TestAnImportOntoAFullDisk(t *testing.T) {
	path := large(t, 8<<20)
	for size, what := range map[string]string{"300k": "that fills on the way", "4k": "that is full before"} {
		t.Run(what, func(t *testing.T) { importOnto(t, path, size) })
	}
}

func importOnto(t *testing.T, path, size string) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("[root] mounting a small tmpfs: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, 2) }) // MNT_DETACH
	root := filepath.Join(disk, "exports")
	out, err := importing(root, "r", path).CombinedOutput()
	if err == nil || strings.Count(string(out), "\n") > 1 || !strings.Contains(string(out), "the disk of "+root+" is full: nothing is imported") && !strings.Contains(string(out), "no space left on device") {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	entries, err := os.ReadDir(root)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("%s is left", e.Name())
	}
}
