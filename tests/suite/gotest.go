package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// event is one line of `go test -json` (see `go doc test2json`).
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

func goTests(r *report) {
	cmd := exec.Command("go", "test", "-json", "-timeout", "20m", "./...")
	runJSON(r, cmd, "")
}

// runJSON runs a command that prints test2json's events.
func runJSON(r *report, cmd *exec.Cmd, suffix string) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		r.add(strings.Join(cmd.Args, " "), failed, err.Error())
		return
	}
	failures := r.count[failed]
	readEvents(r, out, suffix)
	if err := cmd.Wait(); err != nil && r.count[failed] == failures {
		r.add(strings.Join(cmd.Args, " "), failed, stderr.String()+err.Error())
	}
}

func readEvents(r *report, in io.Reader, suffix string) {
	output := map[string]*strings.Builder{}
	s := bufio.NewScanner(in)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var e event
		if json.Unmarshal(s.Bytes(), &e) != nil {
			fmt.Println(s.Text())
			continue
		}
		key := e.Package + " " + e.Test
		if output[key] == nil {
			output[key] = &strings.Builder{}
		}
		output[key].WriteString(e.Output)
		finish(r, e, output[key].String(), suffix)
	}
}

func finish(r *report, e event, output, suffix string) {
	name := strings.TrimPrefix(e.Package, "github.com/numalens/numalens/") + " " + e.Test + suffix
	isPackage := e.Test == ""
	switch e.Action {
	case "pass":
		if isPackage {
			fmt.Printf("ok   %-40s %.1f s\n", name, e.Elapsed)
			return
		}
		r.add(name, passed, "")
	case "skip":
		if !isPackage { // a package without tests says "skip" too
			r.add(name, skipped, output)
		}
	case "fail":
		// A package fails with its tests; alone it failed to build or died.
		if !isPackage || !strings.Contains(output, "--- FAIL") && !strings.Contains(output, "FAIL\t") || strings.Contains(output, "panic:") {
			r.add(name, failed, output)
		}
	case "build-fail", "build-output":
		if e.Output != "" {
			fmt.Print(e.Output)
		}
	}
}

// plainUser is nobody, on every Linux.
const plainUser = "65534"

// goTestsAsPlainUser runs the packages' tests once more without privileges:
// most users of the agent have none.
func goTestsAsPlainUser(r *report) {
	if os.Geteuid() != 0 {
		fmt.Println("   already a plain user")
		return
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		r.add("go test as a plain user", skipped, "[setpriv] util-linux's setpriv is missing")
		return
	}
	dir, err := os.MkdirTemp("", "numalens-suite-")
	if err != nil {
		r.add("go test as a plain user", failed, err.Error())
		return
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		r.add("go test as a plain user", failed, err.Error())
		return
	}
	packages, err := packagesWithTests()
	if err != nil {
		r.add("go test as a plain user", failed, err.Error())
		return
	}
	// Here it is right to skip what needs root: it ran before.
	all := r.declared
	r.declared = maps.Clone(all)
	delete(r.declared, "root")
	defer func() { r.declared = all }()
	for _, p := range packages {
		runAsPlainUser(r, dir, p)
	}
}

type testPackage struct {
	ImportPath, Dir string
	TestGoFiles     []string
	XTestGoFiles    []string
}

func packagesWithTests() ([]testPackage, error) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles", "./pkg/...").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []testPackage
	d := json.NewDecoder(strings.NewReader(string(out)))
	for d.More() {
		var p testPackage
		if err := d.Decode(&p); err != nil {
			return nil, err
		}
		if len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 {
			all = append(all, p)
		}
	}
	return all, nil
}

// runAsPlainUser builds a package's tests as we are and runs them as nobody:
// the build cache is not nobody's to write.
func runAsPlainUser(r *report, dir string, p testPackage) {
	bin := filepath.Join(dir, strings.ReplaceAll(p.ImportPath, "/", "_")+".test")
	if out, err := exec.Command("go", "test", "-c", "-o", bin, p.ImportPath).CombinedOutput(); err != nil {
		r.add(p.ImportPath+" (build)", failed, string(out))
		return
	}
	home := filepath.Join(dir, "home")
	if err := os.MkdirAll(home, 0o777); err != nil {
		r.add(p.ImportPath, failed, err.Error())
		return
	}
	_ = os.Chmod(home, 0o777) // the umask took a part away
	cmd := exec.Command("setpriv", "--reuid="+plainUser, "--regid="+plainUser, "--clear-groups", "--inh-caps=-all",
		"go", "tool", "test2json", "-t", "-p", p.ImportPath, bin, "-test.v=test2json", "-test.timeout=10m")
	cmd.Dir = p.Dir
	cmd.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home, "GOCACHE="+filepath.Join(home, "cache"), "GOFLAGS=-mod=mod", "GOTOOLCHAIN=local")
	runJSON(r, cmd, " (plain user)")
}
