// Command numalens reads exports: it inspects and queries them, and shows
// them in a browser. It needs no privileges; recording is numalens-agent's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// command is one subcommand. Run gets its arguments after the flags.
type command struct {
	name, args, summary string
	setup               func(*flag.FlagSet) func(ctx context.Context, std streams, args []string) error
}

type streams struct {
	out, err io.Writer
}

var commands = []command{
	{"inspect", "DIR", "say what an export holds and whether every byte is sound", inspectCommand},
	{"query", "DIR|URL QUERY", "answer a query with frames in Grafana's JSON form", queryCommand},
	{"import", "--out DIR FILE…", "make a run of what numastat, perf and others printed", importCommand},
	{"view", "DIR|URL…", "show exports in a browser", viewCommand},
	{"demo", "", "record this host and show it in a browser, live", demoCommand},
	{"version", "", "print the version", versionCommand},
}

// usageError is wrong use: it exits with status 2.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, streams{os.Stdout, os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, std streams, args []string) int {
	if len(args) > 0 && args[0] == workloadCommand {
		runWorkload(ctx)
		return 0
	}
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(std.out)
		return 0
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(ctx, std, args[1:])
		}
	}
	names := make([]string, len(commands))
	for i, c := range commands {
		names[i] = c.name
	}
	fmt.Fprintf(std.err, "numalens: no command %q; there is %s\n", args[0], strings.Join(names, ", "))
	return 2
}

func (c command) run(ctx context.Context, std streams, args []string) int {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(std.err)
	fs.Usage = func() {
		fmt.Fprintf(std.err, "usage: numalens %s [flags] %s\n\n%s.\n", c.name, c.args, capital(c.summary))
		fs.PrintDefaults()
	}
	do := c.setup(fs)
	rest, err := parseAnywhere(fs, args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	err = do(ctx, std, rest)
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(std.err, "numalens %s: %s\nusage: numalens %s [flags] %s\n", c.name, err, c.name, c.args)
		return 2
	}
	fmt.Fprintf(std.err, "numalens %s: %s\n", c.name, err)
	return 1
}

// parseAnywhere lets flags stand after arguments too: `inspect DIR --json`.
func parseAnywhere(fs *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

func usage(w io.Writer) {
	fmt.Fprintf(w, "numalens: see which memory your CPUs really touch.\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  numalens %-8s %-14s %s\n", c.name, c.args, c.summary)
	}
	fmt.Fprintf(w, "\n`numalens COMMAND -h` lists a command's flags. Recording is done by numalens-agent.\n")
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// Version is set by the linker; see the Makefile.
var version = "dev"

func versionCommand(*flag.FlagSet) func(context.Context, streams, []string) error {
	return func(_ context.Context, std streams, _ []string) error {
		_, err := fmt.Fprintf(std.out, "numalens %s\n", version)
		return err
	}
}
