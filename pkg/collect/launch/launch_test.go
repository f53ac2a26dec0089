package launch

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Shim()
	os.Exit(m.Run())
}

func start(t *testing.T, argv ...string) *Command {
	t.Helper()
	c, err := Start(argv)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCommandIsHeldBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ran")
	c := start(t, "sh", "-c", `echo "$0 $1 $$" >"$2"; exit 7`, "name", "a b", file)
	time.Sleep(50 * time.Millisecond)
	if _, err := os.Stat(file); err == nil {
		t.Fatal("the command ran before it was released")
	}
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	status, err := c.Wait()
	if err != nil || status != 7 {
		t.Errorf("status %d, %v, want 7", status, err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(got))
	if len(fields) != 4 || fields[0] != "name" || fields[2] != "b" {
		t.Errorf("the command saw %q", got)
	}
	if pid := fields[3]; pid != strconv.Itoa(c.PID) {
		t.Errorf("the command's pid is %s, the one that was held back %d", pid, c.PID)
	}
}

func TestCancelStartsNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ran")
	c := start(t, "touch", file)
	if err := c.Cancel(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the command ran though it was cancelled")
	}
}

func TestMissingCommandFailsAtStart(t *testing.T) {
	_, err := Start([]string{"numalens-no-such-command"})
	if !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "numalens-no-such-command") {
		t.Errorf("error %v", err)
	}
	if _, err := Start(nil); err == nil {
		t.Error("an empty command was started")
	}
}

// TestRefusedExec: the file is executable, but no program.
func TestRefusedExec(t *testing.T) {
	file := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(file, []byte("\x00\x01\x02"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := start(t, file).Release()
	if !errors.Is(err, syscall.ENOEXEC) || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v, want ENOEXEC of %s", err, file)
	}
}

func TestSignalledCommandHasShellStatus(t *testing.T) {
	c := start(t, "sleep", "60")
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	if err := c.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status, err := c.Wait(); err != nil || status != 128+15 {
		t.Errorf("status %d, %v, want 143", status, err)
	}
}

// TestNothingLeaks: the command must find the descriptors and the signal
// dispositions that it would find without us.
func TestNothingLeaks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "seen")
	script := `ls /proc/self/fd >"$1"; grep -E "^Sig(Blk|Ign|Cgt)" /proc/self/status >>"$1"; ulimit -n >>"$1"`
	c := start(t, "sh", "-c", script, "sh", file)
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), "plain")
	cmd := exec.Command("sh", "-c", script, "sh", plain)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the command saw\n%swithout us it sees\n%s", got, want)
	}
}
