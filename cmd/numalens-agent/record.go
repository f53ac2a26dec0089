package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/launch"
	"github.com/numalens/numalens/pkg/export"
)

// As shells have it.
const (
	statusNotExecutable = 126
	statusNotFound      = 127
)

func recordCommand(flags *flag.FlagSet) func(streams, []string) error {
	s := &settings{}
	s.flags(flags)
	limit := flags.Duration("for", 0, "record for so `long`, then seal; a command goes on to its end")
	quiet := flags.Bool("quiet", false, "say nothing but errors")
	return func(std streams, argv []string) error {
		if err := s.check(); err != nil {
			return err
		}
		if *limit < 0 {
			return usagef("--for %v: want a time after now", *limit)
		}
		say := std.err
		if *quiet {
			say = io.Discard
		}
		return record(s, *limit, argv, &messages{info: say, errors: std.err})
	}
}

// messages are what a person sees while recording: stderr is the command's as
// well, so there are few.
type messages struct{ info, errors io.Writer }

func (m *messages) say(format string, a ...any) {
	fmt.Fprintf(m.info, "numalens-agent: "+format+"\n", a...)
}

func (m *messages) fail(format string, a ...any) {
	fmt.Fprintf(m.errors, "numalens-agent: "+format+"\n", a...)
}

// record records one run. The order matters: what the command inherits is
// described before this process steps aside, the command is held back until
// the collectors count, and a command that does not exist leaves no run.
func record(s *settings, limit time.Duration, argv []string, m *messages) error {
	tuneRuntime()
	info, err := hostinfo.Read(s.roots)
	if err != nil {
		return err
	}
	ends := watch()
	if len(argv) > 0 {
		if ends.command, err = launch.Start(argv); err != nil {
			m.fail("%v", err)
			return &exitError{startStatus(err)}
		}
	}
	r, err := ready(s, info, argv, ends, m)
	if err != nil {
		if ends.command != nil {
			ends.command.Cancel()
		}
		return err
	}
	m.say("recording into %s%s", r.writer.Dir(), ending(limit, argv))
	if ends.command != nil {
		if err := ends.command.Release(); err != nil {
			return neverStarted(r, err, m)
		}
	}
	go ends.await()
	var deadline time.Time
	if limit > 0 {
		deadline = r.cost.start.Add(limit)
	}
	return conclude(r, r.until(ends.stop, deadline), ends, m)
}

// ready does everything that can fail before the command is released.
func ready(s *settings, info *hostinfo.Info, argv []string, ends *endings, m *messages) (*recording, error) {
	if err := stepAside(s); err != nil {
		m.say("%v; recording goes on without", err)
	}
	mended, err := s.prepareRoot(info)
	if err != nil {
		return nil, err
	}
	sayMended(mended, m)
	pid := 0
	if ends.command != nil {
		pid = ends.command.PID
	}
	return begin(s, info, argv, pid)
}

func ending(limit time.Duration, argv []string) string {
	switch {
	case limit > 0:
		return fmt.Sprintf(" for %v", limit)
	case len(argv) > 0:
		return ""
	}
	return " until Ctrl-C or SIGTERM"
}

// neverStarted seals a run whose command the kernel would not execute: the
// collectors had begun, and the run says why there is nothing in it.
func neverStarted(r *recording, err error, m *messages) error {
	status := startStatus(err)
	r.note(export.NoteStop, "the command was not started: "+err.Error())
	m.fail("%v", err)
	if err := r.end(nil, &status); err != nil {
		m.fail("%v", err)
	}
	return &exitError{status}
}

func startStatus(err error) int {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return statusNotFound
	}
	return statusNotExecutable
}

// conclude waits for the command where the recording ended before it did,
// because a benchmark is not cut short for the sake of its observer. Its
// status is kept; a failed recording shows only in place of success.
func conclude(r *recording, failure error, ends *endings, m *messages) error {
	if failure != nil {
		m.fail("%v; what was written stays", failure)
	}
	status := ends.ended()
	if err := r.end(failure, status); err != nil && failure == nil {
		m.fail("seal the run: %v", err)
		failure = err
	}
	if failure == nil {
		m.say("%s", r.summary())
	}
	if ends.command != nil {
		<-ends.done
		if ends.err != nil {
			return ends.err
		}
		if ends.status != 0 {
			return &exitError{ends.status}
		}
	}
	if failure != nil {
		return &exitError{statusFailed}
	}
	return nil
}

// ended gives the command's status if it has ended by the time of the seal.
func (e *endings) ended() *int {
	if e.command == nil {
		return nil
	}
	select {
	case <-e.done:
		return &e.status
	default:
		return nil
	}
}

// summary is the line at the end. What was missing is told shortly; run.json
// has the whole reason, and what to do.
func (r *recording) summary() string {
	line := fmt.Sprintf("recorded %d rows in %.1f s", r.sink.rows, r.took.Seconds())
	if n := r.sink.losses; n > 0 {
		line += fmt.Sprintf("; %s in the table notes, the first: %s", count(n, "loss"), r.sink.firstLoss)
	}
	for i, u := range r.missing {
		lead := "; "
		if i == 0 {
			lead = "; not available (run.json says what to do): "
		}
		why, _, _ := strings.Cut(u.Why, " (")
		line += lead + u.Feature + ", because " + why
	}
	return line
}

func sayMended(mended []export.Recovery, m *messages) {
	for _, run := range mended {
		name := filepath.Join(run.Host, run.Run)
		if run.Err != nil {
			m.say("run %s was cut off and could not be mended: %v", name, run.Err)
			continue
		}
		m.say("run %s was cut off; mended: %d rows kept, %d torn bytes cut", name, run.Rows, run.LostBytes)
	}
}
