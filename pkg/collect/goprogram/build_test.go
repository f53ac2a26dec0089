package goprogram

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// build is how a test program is built.
type build struct {
	toolchain string // "" is the installed one
	arch      string
	env       []string // beyond the usual
	args      []string // of go build
}

func (b build) String() string {
	name := []string{b.toolchain, b.arch}
	if b.toolchain == "" {
		name[0] = "installed"
	}
	return strings.Join(append(append(name, b.env...), b.args...), " ")
}

// installed builds with the toolchain that runs the test.
var installed = []build{
	{arch: "amd64"},
	{arch: "arm64"},
	{arch: "amd64", args: []string{"-ldflags=-s -w"}},
	{arch: "arm64", args: []string{"-ldflags=-s -w"}},
	{arch: "amd64", args: []string{"-buildmode=pie"}},
	{arch: "arm64", args: []string{"-buildmode=pie"}},
	{arch: "amd64", args: []string{"-buildmode=pie", "-ldflags=-s -w"}},
	{arch: "arm64", args: []string{"-buildmode=pie", "-ldflags=-s -w"}},
	{arch: "amd64", env: []string{"GOAMD64=v3"}},
	{arch: "amd64", args: []string{"-gcflags=all=-N -l"}},
	{arch: "arm64", args: []string{"-gcflags=all=-N -l"}},
}

// withC are linked by the C compiler, which merges sections and puts its own
// code before Go's.
var withC = []build{
	{arch: "amd64", env: []string{"CGO_ENABLED=1"}, args: []string{"-ldflags=-linkmode=external"}},
	{arch: "amd64", env: []string{"CGO_ENABLED=1"}, args: []string{"-ldflags=-linkmode=external -s -w"}},
	{arch: "amd64", env: []string{"CGO_ENABLED=1"}, args: []string{"-buildmode=pie", "-ldflags=-linkmode=external -s -w"}},
	{arch: "amd64", env: []string{"CGO_ENABLED=1"}, args: []string{"-race"}},
	{toolchain: "go1.25.4", arch: "amd64", env: []string{"CGO_ENABLED=1"}, args: []string{"-buildmode=pie", "-ldflags=-linkmode=external -s -w"}},
	{toolchain: "go1.21.13", arch: "amd64", env: []string{"CGO_ENABLED=1"}, args: []string{"-race"}},
}

// older are the last releases of the versions whose code has been read.
var older = []string{
	"go1.18.10", "go1.19.13", "go1.20.14", "go1.21.13", "go1.22.12", "go1.23.8", "go1.24.6", "go1.25.4",
}

// olderBuilds are by default, stripped, and position independent.
func olderBuilds() (all []build) {
	for _, toolchain := range older {
		for _, arch := range []string{"amd64", "arm64"} {
			all = append(all,
				build{toolchain: toolchain, arch: arch},
				build{toolchain: toolchain, arch: arch, args: []string{"-ldflags=-s -w"}},
				build{toolchain: toolchain, arch: arch, args: []string{"-buildmode=pie", "-ldflags=-s -w"}},
			)
		}
	}
	return all
}

// gcc skips without a C compiler.
func (b build) gcc(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil || runtime.GOARCH != b.arch {
		t.Skip("[gcc] no C compiler for " + b.arch)
	}
}

// toolchains says whether a toolchain can be had, asked once.
var toolchains sync.Map

// program builds testdata/growths.
func (b build) program(t testing.TB) string {
	t.Helper()
	env := append(os.Environ(), "GOARCH="+b.arch, "GOOS=linux", "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off")
	if b.toolchain != "" {
		env = append(env, "GOTOOLCHAIN="+b.toolchain)
		have, _ := toolchains.LoadOrStore(b.toolchain, sync.OnceValue(func() bool {
			probe := exec.Command("go", "version")
			probe.Env = env
			return probe.Run() == nil
		}))
		if !have.(func() bool)() {
			t.Skipf("[toolchain] %s is not here and can't be fetched", b.toolchain)
		}
	}
	path := filepath.Join(t.TempDir(), "growths")
	// Go 1.19 as a downloaded toolchain builds files, but no packages.
	args := append(append([]string{"build", "-o", path}, b.args...), "main.go", "heap.go")
	cmd := exec.Command("go", args...)
	cmd.Dir = "testdata/growths"
	cmd.Env = append(env, b.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return path
}

// inspect builds and reads a program.
func (b build) inspect(t testing.TB) (string, *Program) {
	t.Helper()
	path := b.program(t)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := Inspect(f)
	if err != nil {
		t.Fatal(err)
	}
	return path, p
}
