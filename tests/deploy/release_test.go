package deploy_test

import (
	"debug/elf"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// build builds a program as `make release` does.
func build(t *testing.T, name, arch string) string {
	t.Helper()
	if !strings.Contains(read(t, "Makefile"), "CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -trimpath") {
		t.Fatal("`make release` builds otherwise than this test")
	}
	dir := t.TempDir()
	// Another user is to run it.
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(dir, name)
	cmd := exec.Command("nice", "go", "build", "-trimpath", "-o", bin, "../../cmd/"+name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s for %s: %v\n%s", name, arch, err, out)
	}
	return bin
}

func TestReleasesAreStatic(t *testing.T) {
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		f, err := elf.Open(build(t, "numalens-agent", arch))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if f.Machine != machine {
			t.Errorf("%s: built for %v", arch, f.Machine)
		}
		if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
			t.Errorf("%s: it wants an interpreter", arch)
		}
		if libraries, _ := f.ImportedLibraries(); len(libraries) > 0 {
			t.Errorf("%s: it wants %v", arch, libraries)
		}
	}
}

// TestPermittedIsPutIntoEffect is how a container of a plain user gets a
// capability, and how one that is granted less than the binary is permitted
// starts all the same.
func TestPermittedIsPutIntoEffect(t *testing.T) {
	setcap, err := exec.LookPath("setcap")
	if os.Geteuid() != 0 || err != nil {
		t.Skip("[root] giving a file capabilities needs root and setcap")
	}
	bin := build(t, "numalens-agent", "")
	if out, err := exec.Command(setcap, "cap_perfmon,cap_syslog=p", bin).CombinedOutput(); err != nil {
		t.Skipf("[root] this file system takes no capabilities: %v: %s", err, out)
	}
	cmd := exec.Command(bin, "explain", "--json")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Permissions []struct {
			Name  string
			There *bool
		}
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatal(err)
	}
	for _, p := range said.Permissions {
		if want := p.Name == "CAP_PERFMON" || p.Name == "CAP_SYSLOG"; p.There == nil || *p.There != want {
			t.Errorf("%s is there: %v, want %v", p.Name, p.There, want)
		}
	}
}
