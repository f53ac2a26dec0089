// Command numalens-agent runs on the measured host. It records what the
// kernel counts into an export, and serves the bytes of exports; it answers
// no query and draws nothing, which is numalens' part on another host.
//
//	record     records while a command runs, or until it is told to end
//	serve      records continuously and serves what it recorded
//	check      says what this host grants, and what a benchmark on it suffers from
//	explain    says what each capability gives, and what is lost without it
//	calibrate  holds the host's events against known workloads
//	pause      gives the PMU to someone else's perf, for a while
//	resume     takes it back
//	status     says what is recorded, and what of it is paused
//	cert       makes a certificate for serving to other hosts
//	version
//
// The exit status is 0, or 1 when something failed, or 2 for wrong use;
// record with a command exits as the command did. docs/agent.md is the manual.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/numalens/numalens/pkg/collect/calibrate"
	"github.com/numalens/numalens/pkg/collect/launch"
)

// command is one subcommand. setup declares its flags and gives what runs it
// with the arguments after them.
type command struct {
	name, args, summary string
	setup               func(*flag.FlagSet) func(std streams, args []string) error
}

type streams struct {
	out, err io.Writer
}

var commands = []command{
	{"record", "[-- COMMAND…]", "record while a command runs, or until it is told to end", recordCommand},
	{"serve", "--config FILE", "record continuously, and serve what was recorded", serveCommand},
	{"check", "", "say what this host grants, and what a pinned benchmark on it suffers from", checkCommand},
	{"explain", "", "say what each capability gives, and what is lost without it", explainCommand},
	{"calibrate", "", "run known workloads: how far nodes are apart, and which events count what they say", calibrateCommand},
	{"pause", "--out DIR", "give the PMU to someone else's perf, for a while", pauseCommand},
	{"resume", "--out DIR", "take it back", resumeCommand},
	{"status", "--out DIR", "say what is being recorded, and what of it is paused", statusCommand},
	{"cert", "--out DIR", "make a certificate for serving to other hosts", certCommand},
	{"version", "", "print the version", versionCommand},
}

// The exit statuses of our own.
const (
	statusFailed = 1
	statusUsage  = 2
)

// usageError is wrong use.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func usagef(format string, a ...any) error { return &usageError{fmt.Sprintf(format, a...)} }

// exitError ends with a status that is not ours, after everything there was
// to say has been said.
type exitError struct{ status int }

func (e *exitError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

func main() {
	launch.Shim()
	calibrate.Shim()
	if err := raiseCapabilities(); err != nil {
		fmt.Fprintf(os.Stderr, "numalens-agent: raise the capabilities that are permitted: %v; going on without\n", err)
	}
	os.Exit(run(streams{os.Stdout, os.Stderr}, os.Args[1:]))
}

func run(std streams, args []string) int {
	if len(args) == 0 {
		usage(std.err)
		return statusUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(std.out)
		return 0
	}
	names := make([]string, len(commands))
	for i, c := range commands {
		if c.name == args[0] {
			return c.run(std, args[1:])
		}
		names[i] = c.name
	}
	fmt.Fprintf(std.err, "numalens-agent: no command %q; there is %s\n", args[0], strings.Join(names, ", "))
	return statusUsage
}

func (c command) run(std streams, args []string) int {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are printed below, once
	fs.Usage = func() {}
	do := c.setup(fs)
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		c.help(std.out, fs)
		return 0
	}
	if err != nil {
		err = &usageError{err.Error()}
	} else {
		err = do(std, fs.Args())
	}
	var (
		use  *usageError
		exit *exitError
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.status
	case errors.As(err, &use):
		fmt.Fprintf(std.err, "numalens-agent %s: %s\nusage: numalens-agent %s [flags] %s; -h lists the flags\n", c.name, err, c.name, c.args)
		return statusUsage
	}
	fmt.Fprintf(std.err, "numalens-agent %s: %s\n", c.name, err)
	return statusFailed
}

func (c command) help(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "usage: numalens-agent %s [flags] %s\n\n%s%s.\n\nflags:\n", c.name, c.args, strings.ToUpper(c.summary[:1]), c.summary[1:])
	fs.SetOutput(w)
	fs.PrintDefaults()
}

func usage(w io.Writer) {
	fmt.Fprint(w, "numalens-agent records what this host's CPUs and memory nodes do, and serves the recordings.\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  numalens-agent %-9s %-16s %s\n", c.name, c.args, c.summary)
	}
	fmt.Fprint(w, "\n`numalens-agent COMMAND -h` lists a command's flags.\n")
}

// noArguments is for subcommands that take none.
func noArguments(args []string) error {
	if len(args) > 0 {
		return usagef("no argument is taken, and there is %q", args[0])
	}
	return nil
}
