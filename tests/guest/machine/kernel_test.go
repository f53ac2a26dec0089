package machine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func inCache(t *testing.T, files ...string) string {
	t.Helper()
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	dir := filepath.Join(cache, "numalens", "guest", "amd64")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		path := filepath.Join(dir, f)
		when := time.Unix(int64(1e9+i), 0)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAKernelThatIsKeptNeedsNoNetwork(t *testing.T) {
	dir := inCache(t, "vmlinuz-6.1.0-9-amd64", "vmlinuz-6.1.0-10-amd64", "kernel-torn")
	t.Setenv("PATH", t.TempDir())
	got, err := Kernel(t.Context(), "amd64", t.Logf)
	if want := filepath.Join(dir, "vmlinuz-6.1.0-10-amd64"); err != nil || got != want {
		t.Errorf("%s, %v; want the newest, %s", got, err, want)
	}
}

func TestWithoutANetworkTheSentenceSaysWhatToDo(t *testing.T) {
	dir := inCache(t)
	t.Setenv("PATH", t.TempDir())
	_, err := Kernel(t.Context(), "amd64", t.Logf)
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "name one by --kernel") {
		t.Errorf("%v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
}

// TestFetching has scripts in place of apt and dpkg-deb: what is tried is how
// they are called and what becomes of their answers.
func TestFetching(t *testing.T) {
	if _, err := os.Stat(keyring); err != nil {
		t.Skipf("[debian] %v", err)
	}
	dir := inCache(t)
	bin := t.TempDir()
	for name, script := range map[string]string{
		"apt-get":   `case "$*" in *"download linux-image-6.1.0-99-amd64") : >k.deb;; *update) grep -q bookworm-security sources.list;; *) exit 9;; esac`,
		"apt-cache": `printf 'Package: linux-image-amd64\nDepends: linux-image-6.1.0-99-amd64 (= 6.1.999-1)\n'`,
		"dpkg-deb":  `cd "$(mktemp -d)"; mkdir boot lib; echo module >lib/m.ko; echo kernel >boot/vmlinuz-6.1.0-99-amd64; tar -c ./lib ./boot; rm -r boot lib`,
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	got, err := Kernel(context.Background(), "amd64", t.Logf)
	if want := filepath.Join(dir, "vmlinuz-6.1.0-99-amd64"); err != nil || got != want {
		t.Fatalf("%s, %v; want %s", got, err, want)
	}
	if b, err := os.ReadFile(got); err != nil || string(b) != "kernel\n" {
		t.Errorf("the kernel is %q, %v", b, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("%v was left behind", left)
	}
}
