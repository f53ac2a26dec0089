package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// loadNames are what the host does meanwhile: nothing, a loop on every CPU,
// or page faults on every CPU as quickly as they come.
var loadNames = []string{"idle", "busy", "faulting"}

const loadProgram = "numalens-bench-load"

// load is a set of processes, one on each CPU.
type load struct{ processes []*exec.Cmd }

func startLoad(name string, cpus int) (*load, error) {
	l := &load{}
	if name == "idle" {
		return l, nil
	}
	for cpu := range cpus {
		c := exec.Command("/proc/self/exe", loadProgram, name, strconv.Itoa(cpu))
		c.Stderr = os.Stderr
		// A bench that is killed must not leave the host busy.
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := c.Start(); err != nil {
			l.stop()
			return nil, fmt.Errorf("load %s: %w", name, err)
		}
		l.processes = append(l.processes, c)
	}
	return l, nil
}

func (l *load) stop() {
	for _, c := range l.processes {
		c.Process.Kill()
		c.Wait()
	}
}

// runLoad is the loads' own program. It gives false in any other process.
func runLoad(args []string) bool {
	if len(args) < 4 || args[1] != loadProgram {
		return false
	}
	cpu, err := strconv.Atoi(args[3])
	if err == nil {
		var set unix.CPUSet
		set.Set(cpu)
		err = unix.SchedSetaffinity(0, &set)
	}
	if err == nil && args[2] == holding {
		err = hold()
	}
	if err == nil && args[2] == "faulting" {
		err = fault()
	}
	if err == nil && args[2] == allocating {
		err = runAllocating(args[4:])
	}
	if err == nil && args[2] == measured {
		if err = runMeasured(args[4]); err == nil {
			return true
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/agent:", args[2:], err)
		os.Exit(1)
	}
	for {
		spin(1 << 20)
	}
}

// fault touches fresh pages for ever, 16 MiB at a time.
func fault() error {
	page := os.Getpagesize()
	for {
		mem, err := unix.Mmap(-1, 0, 16<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return err
		}
		if err := unix.Madvise(mem, unix.MADV_NOHUGEPAGE); err != nil && err != unix.EINVAL {
			return err
		}
		for i := 0; i < len(mem); i += page {
			mem[i] = 1
		}
		if err := unix.Munmap(mem); err != nil {
			return err
		}
	}
}

var spun uint64

// spin does n steps of work that cannot be optimised away.
func spin(n int) {
	x := spun | 1
	for range n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	spun = x
}
