package agent_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestCtrlCIsNotDoubled: in a terminal, Ctrl-C goes to the whole foreground
// group: the agent must not tell the command a second time, nor end it because
// it was pressed twice, as one does in an interpreter.
func TestCtrlCIsNotDoubled(t *testing.T) {
	t.Parallel()
	keyboard, terminal := pseudoTerminal(t)
	c := exec.Command(bin, "record", "--out", outDir(t), "--", helper)
	c.Env = append(os.Environ(), helperVariable+"=count-signals")
	c.Stdin, c.Stdout, c.Stderr = terminal, terminal, terminal
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	screen := &lockedBuffer{}
	go io.Copy(screen, keyboard)
	await := func(text string) {
		t.Helper()
		for range 400 {
			if strings.Contains(screen.String(), text) {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		c.Process.Kill()
		t.Fatalf("%q does not come; the screen shows:\n%s", text, screen)
	}
	await("ready")
	for n := range 2 {
		if _, err := keyboard.Write([]byte{3}); err != nil {
			t.Fatal(err)
		}
		for range 400 {
			if strings.Count(screen.String(), "got interrupt") > n {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	time.Sleep(200 * time.Millisecond) // for a doubled one to arrive
	if n := strings.Count(screen.String(), "got interrupt"); n != 2 {
		t.Errorf("the command was told %d times of two:\n%s", n, screen)
	}
	c.Process.Signal(syscall.SIGTERM)
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != 42 {
		t.Errorf("status %d, want the command's own 42 at SIGTERM; the screen shows:\n%s", code, screen)
	}
}

// pseudoTerminal gives both ends of a new terminal.
func pseudoTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("[pty] %v", err)
	}
	t.Cleanup(func() { keyboard.Close() })
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("[pty] %v", err)
	}
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skipf("[pty] %v", err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("[pty] %v", err)
	}
	return keyboard, terminal
}
