// Package agent_test runs the built numalens-agent as users run it, and looks
// at what it leaves behind.
package agent_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/export"
)

var (
	bin    string // the agent
	helper string // this test binary, where any user can execute it
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(helperVariable); mode != "" {
		os.Exit(help(mode, os.Args[1:]))
	}
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "numalens-agent-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	bin, helper = filepath.Join(dir, "numalens-agent"), filepath.Join(dir, "helper")
	if err := build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// Whoever loses its parent becomes ours, and is seen at the end.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	code := m.Run()
	if left := children(); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "processes were left behind: %v\n", left)
		code = 1
	}
	return code
}

func build(dir string) error {
	cmd := exec.Command("go", "build", "-o", bin, "../../cmd/numalens-agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as every release is
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the agent: %v\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(helper, b, 0o755), os.Chmod(dir, 0o755))
}

// children are the command lines of this process's living children.
func children() []string {
	var left []string
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		b, err := os.ReadFile(stat)
		if err != nil {
			continue
		}
		fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		if string(fields[1]) != fmt.Sprint(os.Getpid()) || string(fields[0]) == "Z" {
			continue
		}
		cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(stat), "cmdline"))
		left = append(left, string(bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '})))
	}
	return left
}

// run is one run of the agent.
type run struct {
	cmd            *exec.Cmd
	stdout, stderr *lockedBuffer
	done           chan struct{}
}

type option func(*exec.Cmd)

// asPlainUser drops root, who is granted everything.
func asPlainUser(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

func withEnv(pairs ...string) option {
	return func(c *exec.Cmd) { c.Env = append(os.Environ(), pairs...) }
}

// inOwnGroup keeps the signals of a test from the test itself.
func inOwnGroup(c *exec.Cmd) {
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	c.SysProcAttr.Setpgid = true
}

func start(t *testing.T, args []string, options ...option) *run {
	t.Helper()
	return startCommand(t, exec.Command(bin, args...), options...)
}

func startCommand(t *testing.T, c *exec.Cmd, options ...option) *run {
	t.Helper()
	r := &run{cmd: c, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, done: make(chan struct{})}
	c.Stdout, c.Stderr = r.stdout, r.stderr
	c.Dir = "/" // the directory of the tests may be closed to a plain user
	for _, o := range options {
		o(c)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.done)
		_ = c.Wait()
	}()
	t.Cleanup(func() {
		select {
		case <-r.done:
		default:
			c.Process.Kill()
			<-r.done
		}
	})
	return r
}

// wait gives the exit status; a run that hangs is a failure, not a time.
func (r *run) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(2 * time.Minute):
		r.cmd.Process.Signal(syscall.SIGABRT)
		<-r.done
		t.Fatalf("the agent hangs; stderr:\n%s", r.stderr)
	}
	if ws := r.cmd.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return r.cmd.ProcessState.ExitCode()
}

// awaitText waits until the agent has said something.
func (r *run) awaitText(t *testing.T, b *lockedBuffer, text string) {
	t.Helper()
	for range 600 {
		if strings.Contains(b.String(), text) {
			return
		}
		select {
		case <-r.done:
			if !strings.Contains(b.String(), text) {
				t.Fatalf("the agent ended and never said %q; stderr:\n%s", text, r.stderr)
			}
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("the agent does not say %q; stderr:\n%s", text, r.stderr)
}

func (r *run) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// outDir is a directory that every user can write to.
func outDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "numalens-out-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// manifests are those of all runs below a root.
func manifests(t *testing.T, root string) []*export.Manifest {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "*/*/run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*export.Manifest
	for _, file := range files {
		b, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		m := &export.Manifest{}
		if err := json.Unmarshal(b, m); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, m)
	}
	return all
}

// onlyRun is the manifest of the one run below a root.
func onlyRun(t *testing.T, root string) *export.Manifest {
	t.Helper()
	all := manifests(t, root)
	if len(all) != 1 {
		t.Fatalf("%d runs in %s, want one", len(all), root)
	}
	return all[0]
}

// sound holds an export to every byte.
func sound(t *testing.T, root string) *export.Report {
	t.Helper()
	files, err := export.Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	report, err := export.Inspect(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Sound() {
		b, _ := json.MarshalIndent(report, "", " ")
		t.Errorf("the export is not sound:\n%s", b)
	}
	return report
}

func tableOf(m *export.Manifest, name string) (export.TableInfo, bool) {
	for _, t := range m.Tables {
		if t.Name == name {
			return t, true
		}
	}
	return export.TableInfo{}, false
}

// missing tells whether a run says that a feature was not available.
func missing(m *export.Manifest, feature string) (why, remedy string, ok bool) {
	for _, u := range m.Unavailable {
		if strings.Contains(u.Feature, feature) {
			return u.Why, u.Remedy, true
		}
	}
	return "", "", false
}

func needRoot(t *testing.T, what string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skipf("[root] %s", what)
	}
}
