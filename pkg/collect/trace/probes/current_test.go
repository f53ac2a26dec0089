package probes

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestObjectsAreCurrent builds the programs anew and compares.
func TestObjectsAreCurrent(t *testing.T) {
	if testing.Short() {
		t.Skip("[short] building takes seconds")
	}
	for _, tool := range []string{"clang-16", "llvm-strip-16"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("[clang] the objects are built with LLVM 16, and there is no %s (Debian: apt install clang-16 llvm-16 libbpf-dev)", tool)
		}
	}
	b, err := os.ReadFile("probes.go")
	if err != nil {
		t.Fatal(err)
	}
	_, line, found := strings.Cut(string(b), "//go:generate ")
	if !found {
		t.Fatal("probes.go does not say how the objects are made")
	}
	line, _, _ = strings.Cut(line, "\n")
	dir := t.TempDir()
	args := strings.Fields(line)
	i := len(args)
	for k, a := range args {
		if a == "Object" {
			i = k
		}
	}
	args = append(append(append([]string{}, args[:i]...), "-output-dir", dir), args[i:]...)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GOPACKAGE=probes")
	if out, err := cmd.CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("bpf_helpers.h")) {
			t.Skip("[clang] libbpf's headers are missing (Debian: apt install libbpf-dev)")
		}
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"object_x86_bpfel.o", "object_arm64_bpfel.o", "object_x86_bpfel.go", "object_arm64_bpfel.go"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what src/ makes: go generate ./pkg/collect/trace/probes", name)
		}
	}
}
