package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect/launch"
)

// endings are what ends a recording from outside: a signal, and the recorded
// command.
type endings struct {
	command *launch.Command // nil is none

	signals chan os.Signal
	stop    chan struct{} // closed when the recording is to be sealed
	done    chan struct{} // closed when the command has ended too
	status  int           // the command's; valid once done is closed
	err     error
}

// watch begins to take signals. From here on nothing but SIGKILL ends the
// process behind the recording's back.
func watch() *endings {
	e := &endings{
		signals: make(chan os.Signal, 8),
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	for _, s := range []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT} {
		// What nohup has us ignore stays ignored, by the command too.
		if !signal.Ignored(s) {
			signal.Notify(e.signals, s)
		}
	}
	// With a handler, a closed pipe on stderr is an error of one write. The
	// default would end the agent; ignoring would be inherited by the command.
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE)
	return e
}

// await closes stop, and done, at their times.
func (e *endings) await() {
	var (
		exited = make(chan struct{})
		told   = 0
		open   = true
	)
	seal := func() {
		if open {
			open = false
			close(e.stop)
		}
	}
	// Whoever sees stop because the command has ended finds its status.
	defer seal()
	defer close(e.done)
	if e.command != nil {
		go func() {
			defer close(exited)
			e.status, e.err = e.command.Wait()
		}()
	}
	for {
		select {
		case <-exited:
			return
		case s := <-e.signals:
			if e.command == nil {
				return
			}
			if typed(s, e.command.PID) {
				continue // the command knows, and it is the command's to decide
			}
			if told++; told == 1 {
				e.command.Signal(s)
				continue
			}
			e.command.Signal(unix.SIGKILL)
			seal()
		}
	}
}

// typed tells whether a signal is likely one that the terminal sent to its
// whole foreground group, the command included. One that someone sends to the
// agent alone while it is in the foreground looks the same, and is lost:
// SIGTERM is the way to do that.
func typed(s os.Signal, pid int) bool {
	if s != syscall.SIGINT && s != syscall.SIGQUIT {
		return false
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	defer tty.Close()
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	if err != nil {
		return false
	}
	group, err := unix.Getpgid(pid)
	return err == nil && group == foreground && unix.Getpgrp() == foreground
}
