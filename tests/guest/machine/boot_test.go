package machine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/tests/guest/handover"
)

// fakeQEMU puts a script in the emulator's place.
func fakeQEMU(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, spec().QEMU()), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func boot(ctx context.Context) (said []handover.Line, log string, err error) {
	var b strings.Builder
	err = Boot(ctx, spec(), &b, func(l handover.Line) { said = append(said, l) })
	return said, b.String(), err
}

func TestBootListensToTheConsole(t *testing.T) {
	fakeQEMU(t, `echo '[    0.1] kernel'; echo '@numalens booted "4.31"'; printf '@numalens packed "9"'`)
	said, log, err := boot(t.Context())
	if err != nil || len(said) != 2 || said[0] != (handover.Line{Verb: handover.Booted, Text: "4.31"}) || said[1].Verb != handover.Packed {
		t.Errorf("heard %v, %v", said, err)
	}
	if !strings.Contains(log, "[    0.1] kernel\n") {
		t.Errorf("the log lacks the kernel's lines:\n%s", log)
	}
}

func TestBootTellsWhatWentWrong(t *testing.T) {
	for want, script := range map[string]string{
		"the guest's kernel gave up: not syncing: No working init found.": "echo '[    2.1] Kernel panic - not syncing: No working init found.'; echo '[    2.2] Kernel panic - later'",
		"failed (exit status 1): qemu: no such device":                    "echo 'qemu: warning' >&2; echo 'qemu: no such device' >&2; exit 1",
		"failed (signal: aborted)":                                        "kill -ABRT $$",
	} {
		fakeQEMU(t, script)
		if _, _, err := boot(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, err := boot(t.Context()); err == nil || !strings.Contains(err.Error(), "package qemu-system-x86") {
		t.Errorf("%v, want the package that has it", err)
	}
}

func TestBootEndsWithItsContext(t *testing.T) {
	fakeQEMU(t, "exec sleep 100")
	why := errors.New("it took too long")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, why)
	defer cancel()
	if _, _, err := boot(ctx); !errors.Is(err, why) {
		t.Errorf("%v, want %v", err, why)
	}
}
