package agent_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/export"
)

// tinyDisk mounts a tmpfs of so many bytes.
func tinyDisk(t *testing.T, bytes string) string {
	t.Helper()
	needRoot(t, "mounting a small tmpfs needs root")
	dir := outDir(t)
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=0777,size="+bytes); err != nil {
		t.Skipf("[root] mounting a small tmpfs: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// TestFullDisk: someone fills the disk while a command is recorded. The
// recording stops with one error, the command goes on, and what was written
// can be read.
func TestFullDisk(t *testing.T) {
	for name, keepFree := range map[string]string{
		"the kernel refuses": "1B",
		"the floor holds":    "300kB",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Once the filler is gone, what was recorded has to fit twice: mending
			// writes the sealed file beside the tail.
			dir := tinyDisk(t, "8M")
			begun, end := filepath.Join(outDir(t), "begun"), filepath.Join(outDir(t), "end")
			script := "sleep 2.2; cat /dev/zero >" + dir + "/filler 2>/dev/null; touch " + begun + "; sleep 2.5; touch " + end
			r := start(t, []string{"record", "--out", dir, "--keep-free", keepFree, "--", "sh", "-c", script})
			if code := r.wait(t); code != 1 {
				t.Errorf("status %d, want 1: the command succeeded, the recording did not", code)
			}
			if _, err := os.Stat(end); err != nil {
				t.Error("the command was cut short")
			}
			stderr := r.stderr.String()
			if n := strings.Count(stderr, "recording stopped"); n != 1 {
				t.Errorf("the error is said %d times:\n%s", n, stderr)
			}
			if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
				t.Fatal(err)
			}
			next := start(t, []string{"record", "--out", dir, "--keep-free", "1B", "--", "true"})
			if code := next.wait(t); code != 0 {
				t.Errorf("the next start: status %d; stderr:\n%s", code, next.stderr)
			}
			if rows := rowsOf(sound(t, dir), export.TableNodes); rows < 2 {
				t.Errorf("%d rows of nodes are left", rows)
			}
		})
	}
}

// A disk that is full from the start is an error before the command begins.
func TestDiskFullFromTheStart(t *testing.T) {
	t.Parallel()
	dir := tinyDisk(t, "1M")
	ran := filepath.Join(outDir(t), "ran")
	r := start(t, []string{"record", "--out", dir, "--keep-free", "1GB", "--", "touch", ran})
	if code := r.wait(t); code != 1 || !strings.Contains(r.stderr.String(), "free") {
		t.Errorf("status %d; stderr:\n%s", code, r.stderr)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("the command ran though nothing could be recorded")
	}
	if len(manifests(t, dir)) > 0 {
		t.Error("a run is left")
	}
}

func TestUnwritableDirectory(t *testing.T) {
	t.Parallel()
	dir := outDir(t)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r := start(t, []string{"record", "--out", filepath.Join(file, "below"), "--", "true"})
	if code := r.wait(t); code != 1 || !strings.Contains(r.stderr.String(), file) || strings.Count(r.stderr.String(), "\n") != 1 {
		t.Errorf("status %d; stderr:\n%s", code, r.stderr)
	}
}

// An agent that serves goes on serving when it can no longer record.
func TestServeOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := tinyDisk(t, "1M")
	r := start(t, []string{"serve", "--config", writeConfig(t, "out: "+dir+"\nlisten: 127.0.0.1:0\nkeep_free: 1GB\n")})
	r.awaitText(t, r.stderr, "recording rests")
	resp, err := http.Get(servedURL.FindStringSubmatch(r.stderr.String())[1] + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("healthz: status %d", resp.StatusCode)
	}
	r.signal(t, unix.SIGTERM)
	if code := r.wait(t); code != 0 {
		t.Errorf("status %d; stderr:\n%s", code, r.stderr)
	}
}
