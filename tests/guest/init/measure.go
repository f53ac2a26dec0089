//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/tests/guest/handover"
	"github.com/numalens/numalens/tests/guest/marker"
)

// pidPath is a pipe by which the launcher tells init its process id, which
// will be the program's.
const pidPath = "/pid"

// launcherDir is where the agent finds the program when the plugin is to
// count: under its name lies this binary, which arms the plugin and becomes
// the program. Armed before the agent, the plugin would slow down what the
// agent does first, and count it.
const launcherDir = "/launcher"

// measured records the program, with the plugin counting if there is one.
func measured(job *handover.Job) (int, error) {
	if !job.Armed {
		return record(job, handover.ProgramDir)
	}
	window, err := marker.Map()
	if err != nil {
		return 0, err
	}
	if err := checkFrames(window, job.Nodes); err != nil {
		return 0, err
	}
	if err := os.Mkdir(launcherDir, 0o755); err != nil {
		return 0, err
	}
	if err := os.Symlink("/init", filepath.Join(launcherDir, job.Program[0])); err != nil {
		return 0, err
	}
	if err := unix.Mkfifo(pidPath, 0o600); err != nil {
		return 0, err
	}
	disarm := sync.OnceFunc(window.Disarm)
	defer disarm()
	go func() {
		// The agent goes on to seal the run, which is not to be counted.
		if err := awaitProgram(); err != nil {
			say(handover.Stderr, fmt.Sprintf("init: the plugin counts until the agent ends: %v\n", err))
			return
		}
		disarm()
	}()
	return record(job, launcherDir)
}

// awaitProgram returns when the program has ended, without running meanwhile.
func awaitProgram() error {
	text, err := os.ReadFile(pidPath) // waits for the launcher
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		return err
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// checkFrames stays on one CPU: the plugin takes a frame's markers together
// by the CPU that they come from.
func checkFrames(window *marker.Window, nodes int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	one.Set(0)
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return err
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	if err := window.CheckFrames(nodes); err != nil {
		return err
	}
	return unix.SchedSetaffinity(0, &all)
}

// launch arms the plugin and becomes the program under whose name this binary
// was started.
func launch() error {
	window, err := marker.Map()
	if err != nil {
		return err
	}
	path := filepath.Join(handover.ProgramDir, filepath.Base(os.Args[0]))
	if err := os.Setenv("PATH", handover.ProgramDir); err != nil {
		return err
	}
	if err := os.WriteFile(pidPath, []byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return err
	}
	window.Arm()
	if err := unix.Exec(path, os.Args, os.Environ()); err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	return nil
}
