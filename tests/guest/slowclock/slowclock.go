// Package slowclock lets a guest's time go slower than the host's. Under the
// plugin a guest executes some hundred times less in a second than a
// processor would, and what its kernel, the agent and everybody else do by
// the clock would be all that it does: a timer's tick is a few thousand
// instructions, two hundred times a second on each CPU. Slowed, a second of
// the guest holds as many instructions as it should, and takes longer to
// record.
//
// It is a C library under src/ for LD_PRELOAD, and works on QEMU from the
// outside. It leaves out the processor's own counter: an x86 guest measures
// that one against the slowed timers, and takes it for a faster one.
package slowclock

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed src/slowclock.c
var source []byte

// Max is how slow a guest can be: beyond, the counter of a usual processor
// seems so fast that Linux cannot name its frequency in kHz.
const Max = 100

// Build compiles the library into dir, and gives the environment that a
// program needs to be slowed by it.
func Build(compiler, dir string, factor int) (environment []string, err error) {
	if factor < 1 || factor > Max {
		return nil, fmt.Errorf("a guest %d times slower: want 1 to %d", factor, Max)
	}
	c, so := filepath.Join(dir, "slowclock.c"), filepath.Join(dir, "slowclock.so")
	if err := os.WriteFile(c, source, 0o644); err != nil {
		return nil, fmt.Errorf("build the slow clock: %w", err)
	}
	args := []string{"-O2", "-shared", "-fPIC", "-pthread", "-Wall", "-Wextra", "-Werror", "-std=gnu11", "-D_GNU_SOURCE", "-o", so, c}
	if out, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the slow clock: %s: %w; a C compiler is needed (Debian: gcc), or set CC\n%s", compiler, err, out)
	}
	return []string{"LD_PRELOAD=" + so, fmt.Sprintf("SLOWCLOCK=%d", factor)}, nil
}
