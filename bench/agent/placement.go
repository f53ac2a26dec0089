package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/balancing"
	"github.com/numalens/numalens/pkg/collect/placement"
	"github.com/numalens/numalens/pkg/export"
)

// heldBytes are what the process has that placement looks at: more than is
// read whole, so that pages are asked for.
const heldBytes = 1 << 30

// holding is the load that holds memory and does nothing.
const holding = "holding"

// placementPart looks at a process of its own making.
func placementPart(b *bench, clock export.Clock) (collect.Collector, collect.Report, error) {
	held := exec.Command("/proc/self/exe", loadProgram, holding, "0")
	held.Stderr = os.Stderr
	held.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := held.Start(); err != nil {
		return nil, collect.Report{}, fmt.Errorf("the process to look at: %w", err)
	}
	c, report, err := placement.Open(placement.Options{Roots: collect.HostRoots(), Clock: clock, PIDs: []int{held.Process.Pid}, PageBytes: os.Getpagesize()})
	if c == nil || err != nil {
		held.Process.Kill()
		held.Wait()
		return nil, report, err
	}
	return &looked{Collector: c, held: held}, report, nil
}

func balancingPart(_ *bench, clock export.Clock) (collect.Collector, collect.Report, error) {
	return balancing.Open(balancing.Options{Roots: collect.HostRoots(), Clock: clock})
}

// looked ends the process with the collector.
type looked struct {
	collect.Collector
	held *exec.Cmd
}

func (l *looked) Close() error {
	err := errors.Join(l.Collector.Close(), l.held.Process.Kill())
	l.held.Wait()
	return err
}

// hold touches memory in small pages, and sleeps.
func hold() error {
	b, err := unix.Mmap(-1, 0, heldBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	// A kernel without transparent huge pages refuses, and makes none.
	_ = unix.Madvise(b, unix.MADV_NOHUGEPAGE)
	for i := 0; i < len(b); i += os.Getpagesize() {
		b[i] = 1
	}
	for {
		time.Sleep(time.Hour)
	}
}
