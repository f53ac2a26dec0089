//go:build linux

// Init is process 1 of the guest: it mounts what a Linux system has, sets the
// machine up as its job says, runs the agent with the program, hands out what
// was recorded, and powers off.
//
// It is all there is inside: no shell, no modules, no network but loopback.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/tests/guest/handover"
)

func main() {
	if os.Getpid() != 1 {
		if err := launch(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(126)
		}
	}
	if err := run(); err != nil {
		say(handover.Failed, err.Error())
	}
	unix.Sync()
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		say(handover.Failed, "power off: "+err.Error())
	}
}

func run() error {
	if err := mountAll(); err != nil {
		return err
	}
	say(handover.Booted, uptime())
	job, err := handover.ReadJob(handover.JobPath)
	if err != nil {
		return err
	}
	shared, err := openShared()
	if err != nil {
		return err
	}
	outbox, err := handover.FindOutbox(shared)
	if err != nil {
		return err
	}
	if err := setUp(job); err != nil {
		return err
	}
	status, err := measured(job)
	if err != nil {
		return err
	}
	say(handover.Ended, strconv.Itoa(status))
	if err := outbox.Fill(pack); err != nil {
		return fmt.Errorf("hand out what was recorded: %w", err)
	}
	say(handover.Packed, uptime())
	return nil
}

// say tells record something by the console.
func say(verb, text string) {
	fmt.Println(handover.Line{Verb: verb, Text: text})
}

func uptime() string {
	b, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return "unknown"
	}
	seconds, _, _ := strings.Cut(string(b), " ")
	return seconds
}
