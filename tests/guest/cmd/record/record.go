package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/numalens/numalens/tests/guest/handover"
	"github.com/numalens/numalens/tests/guest/machine"
)

// record boots the machine and gives the program's exit status.
func record(ctx context.Context, o *options) (int, error) {
	began := time.Now()
	var err error
	if o.out, err = filepath.Abs(o.out); err != nil {
		return 0, err
	}
	work, err := os.MkdirTemp("", "numalens-guest-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	if err := o.prepare(ctx, work); err != nil {
		return 0, err
	}
	log, err := o.createLog(began)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	if err := o.boot(ctx, log); err != nil {
		return 0, fmt.Errorf("%w; the guest's console is in %s", err, log.Name())
	}
	code, run, err := o.bringOut(work, log)
	if err != nil {
		return 0, fmt.Errorf("%w; the guest's console is in %s", err, log.Name())
	}
	say("%s after %.0f s", filepath.Join(o.out, run), time.Since(began).Seconds())
	return code, nil
}

// prepare makes all that QEMU needs.
func (o *options) prepare(ctx context.Context, work string) error {
	if o.machine.Kernel == "" {
		kernel, err := machine.Kernel(ctx, o.machine.Arch, say)
		if err != nil {
			return err
		}
		o.machine.Kernel = kernel
	} else if _, err := os.Stat(o.machine.Kernel); err != nil {
		return fmt.Errorf("the kernel: %w", err)
	}
	src, err := source()
	if err != nil {
		return err
	}
	files, err := o.files(ctx, src, work, o.job())
	if err != nil {
		return err
	}
	o.machine.Initramfs = filepath.Join(work, "initramfs.cpio")
	if err := machine.WriteInitramfs(o.machine.Initramfs, files); err != nil {
		return fmt.Errorf("make the initramfs: %w", err)
	}
	o.machine.Shared = filepath.Join(work, "shared")
	if err := createShared(o.machine.Shared); err != nil {
		return fmt.Errorf("make the shared memory: %w", err)
	}
	if err := o.slowDown(work); err != nil {
		return err
	}
	if o.noPMU {
		return nil
	}
	return o.loadPlugin(ctx, src, work)
}

func createShared(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return errors.Join(f.Truncate(handover.SharedBytes), handover.PlaceOutbox(f))
}

// job is what init is to do.
func (o *options) job() *handover.Job {
	program := filepath.Base(o.program[0])
	if p, err := filepath.Abs(o.program[0]); err == nil {
		program = filepath.Base(p) // also of "."
	}
	if o.name == "" {
		o.name = program
	}
	agent := []string{"--name", o.name, "--hz", strconv.Itoa(o.hz), "--fault-period", strconv.Itoa(o.faultPeriod),
		"--placement", "1s"} // what that costs there means nothing
	for _, l := range o.labels {
		agent = append(agent, "--label", l)
	}
	for _, e := range o.events {
		agent = append(agent, "--event", e)
	}
	agent = append(agent, o.agent...)
	return &handover.Job{
		Host:        o.host,
		Agent:       agent,
		Program:     append([]string{program}, o.program[1:]...),
		Environment: append([]string{"NUMALENS_SEED=" + strconv.FormatUint(o.machine.Seed, 10)}, o.env...),
		Nodes:       o.machine.Nodes,
		HugePages:   o.hugePages,
		WallNS:      time.Now().UnixNano(),
		Armed:       !o.noPMU,
	}
}

var notForFiles = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// createLog begins the file that holds the guest's console; it is there
// whatever happens.
func (o *options) createLog(began time.Time) (*os.File, error) {
	dir := filepath.Join(o.out, "log")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	name := began.UTC().Format("20060102T150405Z-") + notForFiles.ReplaceAllString(o.name, "_") + ".log"
	return os.Create(filepath.Join(dir, name))
}

// boot runs the machine; that it reached the end is told by its outbox.
func (o *options) boot(ctx context.Context, log io.Writer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, o.timeout,
		fmt.Errorf("the guest had not ended after %v (--timeout)", o.timeout))
	defer cancel()
	if o.verbose {
		log = io.MultiWriter(log, os.Stderr)
	}
	var failed error
	err := machine.Boot(ctx, &o.machine, log, func(l handover.Line) {
		switch {
		case l.Verb == handover.Failed && failed == nil:
			failed = fmt.Errorf("in the guest: %s", l.Text)
		case l.Verb == handover.Ended:
			o.agentStatus = l.Text
		case l.Verb == handover.Stderr && !o.verbose:
			io.WriteString(os.Stderr, l.Text)
		}
	})
	if failed != nil {
		return failed
	}
	return err
}
