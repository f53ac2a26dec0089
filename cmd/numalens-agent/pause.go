package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
)

const (
	usualPause    = 10 * time.Minute
	shortestPause = time.Second
	// An agent looks once a second; on a host that is full of work it may be
	// kept from it for a while.
	pausePatience = 15 * time.Second
	pauseLook     = 50 * time.Millisecond
)

// target is which recordings are meant.
type target struct {
	settings
	config string
}

func (t *target) flags(fs *flag.FlagSet) {
	fs.StringVar(&t.out, "out", "", "`directory` that is recorded into")
	fs.StringVar(&t.out, "root", "", "another name of --out")
	fs.StringVar(&t.config, "config", "", "`file` of settings of serve, which names the directory and the host")
	fs.StringVar(&t.host, "host", "", "the host's `name` in the export (default: as the kernel says)")
}

// resolve finds the directory and the host.
func (t *target) resolve() (root, host string, err error) {
	if t.config != "" {
		c, err := readConfig(t.config)
		if err != nil {
			return "", "", err
		}
		if t.out == "" {
			t.out = c.Out
		}
		if t.host == "" {
			t.host = c.Host
		}
	}
	if t.out == "" {
		return "", "", usagef("neither --out nor --config names the directory that is recorded into")
	}
	if t.host == "" {
		name, err := os.Hostname()
		if err != nil {
			return "", "", err
		}
		if t.host, err = t.hostName(&hostinfo.Info{Host: name}); err != nil {
			return "", "", err
		}
	}
	if err := export.CheckName("--host", t.host); err != nil {
		return "", "", &usageError{err.Error()}
	}
	return t.out, t.host, nil
}

func pauseCommand(flags *flag.FlagSet) func(streams, []string) error {
	t := &target{}
	t.flags(flags)
	length := flags.Duration("for", usualPause, "how `long`, up to 24h; then the recordings go on by themselves")
	faults := flags.Bool("faults", false, "pause fault samples as well; they need no PMU")
	return func(std streams, args []string) error {
		if err := noArguments(args); err != nil {
			return err
		}
		if *length < shortestPause || *length > export.LongestPause {
			return usagef("--for %v: want %v to %v", *length, shortestPause, export.LongestPause)
		}
		root, host, err := t.resolve()
		if err != nil {
			return err
		}
		live, err := liveRuns(root, host)
		if err != nil {
			return err
		}
		if len(live) == 0 {
			return fmt.Errorf("nothing records %s below %s: there is nothing to pause", host, root)
		}
		now := time.Now()
		p := export.Pause{SinceNS: now.UnixNano(), UntilNS: now.Add(*length).UnixNano(), By: whoami(), Faults: *faults}
		path := export.PausePath(root, host)
		if err := p.Ask(path); err != nil {
			return fmt.Errorf("ask for the pause: %w; it takes the right to write into %s", err, filepath.Dir(path))
		}
		late, err := await(root, host, func(m *export.Manifest) bool { return m.Paused != nil && *m.Paused == p })
		if err != nil || len(late) > 0 {
			return errors.Join(err, tooLate(late, "pause"), os.Remove(path))
		}
		for _, m := range live {
			fmt.Fprintf(std.out, "%s\n", runState(m.Host, m.Run, &p))
		}
		fmt.Fprintf(std.out, "`numalens-agent resume` with the same flags ends it sooner\n")
		return nil
	}
}

// at makes a command of what is done about the recordings of one host.
func at(flags *flag.FlagSet, do func(std streams, root, host string) error) func(streams, []string) error {
	t := &target{}
	t.flags(flags)
	return func(std streams, args []string) error {
		if err := noArguments(args); err != nil {
			return err
		}
		root, host, err := t.resolve()
		if err != nil {
			return err
		}
		return do(std, root, host)
	}
}

func resumeCommand(flags *flag.FlagSet) func(streams, []string) error {
	return at(flags, func(std streams, root, host string) error {
		path := export.PausePath(root, host)
		switch err := os.Remove(path); {
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(std.out, "nothing of %s is paused below %s\n", host, root)
		case err != nil:
			return fmt.Errorf("end the pause: %w; it takes the right to write into %s", err, filepath.Dir(path))
		}
		late, err := await(root, host, func(m *export.Manifest) bool { return m.Paused == nil })
		if err != nil || len(late) > 0 {
			return errors.Join(err, tooLate(late, "resume"))
		}
		return printState(std, root, host)
	})
}

func statusCommand(flags *flag.FlagSet) func(streams, []string) error {
	return at(flags, printState)
}

func printState(std streams, root, host string) error {
	live, err := liveRuns(root, host)
	if err != nil {
		return err
	}
	for _, m := range live {
		fmt.Fprintf(std.out, "%s\n", runState(m.Host, m.Run, m.Paused))
	}
	if len(live) == 0 {
		fmt.Fprintf(std.out, "nothing records %s below %s\n", host, root)
	}
	return nil
}

func runState(host, run string, p *export.Pause) string {
	if p == nil {
		return host + "/" + run + " is recording"
	}
	what := "counters"
	if p.Faults {
		what += " and fault samples"
	}
	return fmt.Sprintf("%s/%s is recording; its %s are %s", host, run, what, pauseReason(p))
}

func liveRuns(root, host string) ([]*export.Manifest, error) {
	live, err := export.LiveRuns(root, host)
	if err != nil {
		return nil, fmt.Errorf("look for what is recorded: %w", err)
	}
	return live, nil
}

// await waits until all runs that are being recorded have come to a state, and
// gives those that have not in time.
func await(root, host string, done func(*export.Manifest) bool) (late []string, err error) {
	for deadline := time.Now().Add(pausePatience); ; time.Sleep(pauseLook) {
		live, err := liveRuns(root, host)
		if err != nil {
			return nil, err
		}
		late = nil
		for _, m := range live {
			if !done(m) {
				late = append(late, m.Run)
			}
		}
		if len(late) == 0 || time.Now().After(deadline) {
			return late, nil
		}
	}
}

func tooLate(runs []string, what string) error {
	if len(runs) == 0 {
		return nil
	}
	return fmt.Errorf("%s did not %s within %v: its agent is stuck, is older than pauses, or may not read the file", strings.Join(runs, ", "), what, pausePatience)
}

// whoami is for the people who find the pause.
func whoami() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}
