package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestOnlyStaticProgramsOfTheArchitectureCanRun(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	static := filepath.Join(dir, "static")
	cmd := exec.Command("go", "build", "-o", static, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := CheckProgram(static, runtime.GOARCH); err != nil {
		t.Errorf("a static program: %v", err)
	}
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	if err := CheckProgram(static, other); err == nil || !strings.Contains(err.Error(), "the guest is "+other) {
		t.Errorf("a program of another architecture: %v", err)
	}
	if err := CheckProgram(source, "amd64"); err == nil || !strings.Contains(err.Error(), "is not a program") {
		t.Errorf("a text: %v", err)
	}
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("[bash] no program that needs shared libraries")
	}
	if err := CheckProgram(shell, runtime.GOARCH); err == nil || !strings.Contains(err.Error(), "link it statically") {
		t.Errorf("a program that needs shared libraries: %v", err)
	}
}
