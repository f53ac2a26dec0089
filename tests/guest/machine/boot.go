package machine

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/numalens/numalens/tests/guest/handover"
)

// Boot runs the machine until it powers off. Everything on its console goes
// to log, and what init says also to hear. A machine that panicked, that QEMU
// refused, or that did not end in time is an error of one sentence.
func Boot(ctx context.Context, s *Spec, log io.Writer, hear func(handover.Line)) error {
	cmd := exec.CommandContext(ctx, s.QEMU(), s.Args()...)
	cmd.Env = append(os.Environ(), s.Environment...)
	dieWithThread(cmd)
	runtime.LockOSThread() // until QEMU has ended
	defer runtime.UnlockOSThread()
	cmd.WaitDelay = 5 * time.Second
	var complaint bytes.Buffer
	cmd.Stderr = io.MultiWriter(log, &complaint)
	console, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return fmt.Errorf("%s is not installed; it is in Debian's package %s", s.QEMU(), s.debianPackage())
		}
		return err
	}
	panicked := listen(console, log, hear)
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case panicked != "":
		return fmt.Errorf("the guest's kernel gave up: %s", panicked)
	case err != nil:
		return fmt.Errorf("%s failed (%w): %s", s.QEMU(), err, lastLine(complaint.String()))
	}
	return nil
}

func (s *Spec) debianPackage() string {
	if s.Arch == "arm64" {
		return "qemu-system-arm"
	}
	return "qemu-system-x86"
}

// listen reads the console to its end, and gives what a panicking kernel said.
func listen(console io.Reader, log io.Writer, hear func(handover.Line)) (panicked string) {
	r := bufio.NewReader(console)
	for {
		line, err := r.ReadString('\n')
		io.WriteString(log, line)
		if said, ok := handover.ParseLine(line); ok {
			hear(said)
		} else if _, why, found := strings.Cut(line, "Kernel panic - "); found && panicked == "" {
			panicked = strings.TrimSpace(why)
		}
		if err != nil {
			return panicked
		}
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
