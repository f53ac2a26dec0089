package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Programs that allocate. allocating does so at a rate until it is killed,
// and counts in memory that it shares; measured does as many operations as it
// is told to, and tells the CPU time that they took.
const (
	allocating = "allocating"
	measured   = "measured"
)

// sharedFD is where a program has the file that it counts in.
const sharedFD = 3

// paced is one such program for each CPU.
type paced struct {
	load
	done []*int64 // of each
	mem  []byte
}

// startPaced has the programs do rate operations a second together.
func startPaced(kind string, rate, cpus int) (*paced, error) {
	fd, err := unix.MemfdCreate("numalens-bench", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	shared := os.NewFile(uintptr(fd), "counts")
	defer shared.Close()
	const line = 64
	if err := shared.Truncate(int64(cpus * line)); err != nil {
		return nil, err
	}
	p := &paced{}
	if p.mem, err = unix.Mmap(fd, 0, cpus*line, unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return nil, err
	}
	for cpu := range cpus {
		c := exec.Command("/proc/self/exe", loadProgram, allocating, strconv.Itoa(cpu), kind, strconv.Itoa(rate/cpus), strconv.Itoa(cpu*line))
		c.Stderr = os.Stderr
		c.ExtraFiles = []*os.File{shared}
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := c.Start(); err != nil {
			p.stop()
			return nil, fmt.Errorf("load %s: %w", kind, err)
		}
		p.processes = append(p.processes, c)
		p.done = append(p.done, (*int64)(unsafe.Pointer(&p.mem[cpu*line])))
	}
	return p, nil
}

// operations is how many were done.
func (p *paced) operations() (sum int64) {
	for _, n := range p.done {
		sum += atomic.LoadInt64(n)
	}
	return sum
}

func (p *paced) stop() {
	p.load.stop()
	unix.Munmap(p.mem)
}

// pace is the program: a burst each millisecond, larger where one came late.
func pace(do work, rate int, done *int64) error {
	const period = time.Millisecond
	began := time.Now()
	for n := 0; ; {
		due := int(time.Since(began).Seconds() * float64(rate))
		if due-n > rate/10 { // stopped for long: what was missed stays missed
			began, n, due = time.Now(), 0, 0
		}
		if due > n {
			if err := byPath(n/max(rate/1000, 1)%paths, 5, func() error { return do(due - n) }); err != nil {
				return err
			}
			atomic.AddInt64(done, int64(due-n))
			n = due
		}
		time.Sleep(period)
	}
}

func runAllocating(args []string) error {
	kind, rate, at := args[0], 0, 0
	if _, err := fmt.Sscan(args[1]+" "+args[2], &rate, &at); err != nil {
		return err
	}
	do, err := works[kind]()
	if err != nil {
		return err
	}
	mem, err := unix.Mmap(sharedFD, 0, at+8, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	return pace(do, rate, (*int64)(unsafe.Pointer(&mem[at])))
}

// worker is a program that does what it is told to.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startWorker(kind string, cpu int) (*worker, error) {
	c := exec.Command("/proc/self/exe", loadProgram, measured, strconv.Itoa(cpu), kind)
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &worker{c, in, bufio.NewReader(out)}, c.Start()
}

// do gives the CPU time of an operation.
func (w *worker) do(n int) (ns float64, err error) {
	if err := binary.Write(w.in, binary.NativeEndian, int64(n)); err != nil {
		return 0, err
	}
	var took int64
	err = binary.Read(w.out, binary.NativeEndian, &took)
	return float64(took) / float64(n), err
}

func (w *worker) stop() {
	w.in.Close()
	w.cmd.Wait()
}

func runMeasured(kind string) error {
	do, err := works[kind]()
	if err != nil {
		return err
	}
	for {
		var n int64
		err := binary.Read(os.Stdin, binary.NativeEndian, &n)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		took, err := timeWork(do, int(n))
		if err != nil {
			return err
		}
		if err := binary.Write(os.Stdout, binary.NativeEndian, int64(took)); err != nil {
			return err
		}
	}
}

// timeWork gives the CPU time of the whole process: a collection of garbage
// is part of what growing costs.
func timeWork(do work, n int) (time.Duration, error) {
	start, err := cpuTime(os.Getpid())
	if err != nil {
		return 0, err
	}
	for path := range paths {
		if err := byPath(path, 5, func() error { return do(n / paths) }); err != nil {
			return 0, err
		}
	}
	end, err := cpuTime(os.Getpid())
	return end - start, err
}
