package agent_test

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This binary plays the programs that the tests need: a workload, and a
// launcher that forbids perf events as containers do.

const helperVariable = "NUMALENS_TEST_HELPER"

func help(mode string, args []string) int {
	switch mode {
	case "touch": // touch N pages, then sleep for a time
		pages, err := strconv.Atoi(args[0])
		if err != nil {
			panic(err)
		}
		touch(pages)
		pause, err := time.ParseDuration(args[1])
		if err != nil {
			panic(err)
		}
		time.Sleep(pause)
		return 0
	case "count-signals": // say every signal; exit at SIGTERM
		c := make(chan os.Signal, 10)
		signal.Notify(c, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		fmt.Println("ready")
		for s := range c {
			fmt.Println("got", s)
			if s == syscall.SIGTERM {
				return 42
			}
		}
	case "churn":
		churn()
	case "allocate":
		allocate(args[0])
		return 0
	case "without-perf": // become args[0], which may not use perf events
		if err := forbidPerf(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		os.Unsetenv(helperVariable)
		panic(syscall.Exec(args[0], args, os.Environ()))
	}
	panic("no helper " + mode)
}

func touch(pages int) {
	size := os.Getpagesize()
	b, err := unix.Mmap(-1, 0, pages*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		panic(err)
	}
	// Huge pages would make one fault of many.
	_ = unix.Madvise(b, unix.MADV_NOHUGEPAGE)
	for i := 0; i < len(b); i += size {
		b[i] = 1
	}
}

// forbidPerf makes perf_event_open fail with EPERM, as Docker's profile does.
func forbidPerf() error {
	const errno = 1 // EPERM
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the call's number
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_PERF_EVENT_OPEN},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | errno},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	// For all threads: it is unknown which of them calls exec.
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&fprog)))
	if e != 0 {
		return e
	}
	return nil
}
