//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/tests/guest/handover"
)

var mounts = []struct{ kind, at string }{
	{"devtmpfs", "/dev"},
	{"proc", "/proc"},
	{"sysfs", "/sys"},
	{"debugfs", "/sys/kernel/debug"},
	{"tracefs", "/sys/kernel/tracing"},
	{"bpf", "/sys/fs/bpf"},
	{"tmpfs", "/tmp"},
	{"tmpfs", "/dev/shm"},
	{"tmpfs", handover.ExportPath},
}

func mountAll() error {
	for _, m := range mounts {
		if err := os.MkdirAll(m.at, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s at %s: %w", m.kind, m.at, err)
		}
	}
	return nil
}

func setUp(job *handover.Job) error {
	if err := unix.Sethostname([]byte(job.Host)); err != nil {
		return fmt.Errorf("set the host's name: %w", err)
	}
	if err := loopbackUp(); err != nil {
		return fmt.Errorf("bring loopback up: %w", err)
	}
	if err := setClock(job.WallNS); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	return reserveHugePages(job.HugePages)
}

func loopbackUp() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo)
}

// setClock is for machines whose clock's driver is a module: their time
// began in 1970. It is late by what the firmware took.
func setClock(hostWallNS int64) error {
	if time.Now().Year() > 2000 {
		return nil
	}
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return err
	}
	now := unix.NsecToTimespec(hostWallNS + up.Nano())
	return unix.ClockSettime(unix.CLOCK_REALTIME, &now)
}

// reserveHugePages sets pages of 2 MiB aside on every node, while there is
// memory in such pieces.
func reserveHugePages(each int) error {
	pools, err := filepath.Glob("/sys/devices/system/node/node*/hugepages/hugepages-2048kB/nr_hugepages")
	if err != nil {
		return err
	}
	for _, pool := range pools {
		if err := fillPool(pool, each); err != nil {
			return err
		}
	}
	return nil
}

// fillPool asks again while it helps: the kernel stops early when the process
// that asks gets a signal, and Go's scheduler sends itself some.
func fillPool(pool string, want int) error {
	for had := -1; ; {
		if err := os.WriteFile(pool, []byte(strconv.Itoa(want)), 0); err != nil {
			return err
		}
		text, err := os.ReadFile(pool)
		if err != nil {
			return err
		}
		got, err := strconv.Atoi(strings.TrimSpace(string(text)))
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", pool, err)
		case got == want:
			return nil
		case got <= had:
			return fmt.Errorf("%s: %d huge pages of the %d asked for; give the nodes more memory", pool, got, want)
		}
		had = got
	}
}
