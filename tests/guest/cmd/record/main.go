// Record boots a machine of several NUMA nodes under QEMU's translator, runs a
// program there under the agent, and brings the export out. The shell line
// tests/guest/record runs it; docs/guest.md is its manual.
//
// It exits with the program's status; with 1 and one sentence where the guest
// or the agent failed, and with 2 where it was used wrongly.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

const (
	statusFailed = 1
	statusUsage  = 2
)

func main() {
	removeSelf()
	os.Exit(status(os.Args[1:]))
}

// removeSelf removes the directory that the shell line built this program in:
// a shell that stayed to do so would stand between it and signals.
func removeSelf() {
	dir, ok := os.LookupEnv("NUMALENS_BUILT")
	if self, err := os.Executable(); ok && err == nil && filepath.Dir(self) == dir {
		os.RemoveAll(dir)
	}
	os.Unsetenv("NUMALENS_BUILT")
}

func status(args []string) int {
	o, err := parse(args, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(os.Stderr, "record: %v; see record --help\n", err)
		return statusUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err := record(ctx, o)
	if err != nil {
		fmt.Fprintf(os.Stderr, "record: %v\n", err)
		return statusFailed
	}
	return code
}

// say tells a person what goes on; stdout is the program's.
func say(format string, a ...any) { fmt.Fprintf(os.Stderr, "record: "+format+"\n", a...) }
