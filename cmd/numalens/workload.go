package main

import (
	"context"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// workloadCommand is the hidden subcommand that the demo records.
const workloadCommand = "demo-workload"

const (
	demoPeriod = 8 * time.Second // one workload's turn to the next
	demoBlock  = 4 << 20
	demoPage   = 4096
)

// runWorkload touches fresh memory from threads that take turns, so that a
// picture of this host has something to show: waves of page faults that
// wander over the CPUs. It holds at most a few megabytes a thread and keeps a
// CPU busy about a fifth of the time.
func runWorkload(ctx context.Context) {
	var wg sync.WaitGroup
	n := min(runtime.NumCPU(), 8)
	for i := range n {
		wg.Go(func() {
			runtime.LockOSThread()
			phase := time.Duration(i) * demoPeriod / time.Duration(n)
			for ctx.Err() == nil {
				if inTurn(time.Now(), phase) {
					touchFresh()
				}
				pause(ctx, 10*time.Millisecond)
			}
		})
	}
	wg.Wait()
}

// inTurn is true for a third of each period, later by phase.
func inTurn(now time.Time, phase time.Duration) bool {
	return (time.Duration(now.UnixNano())+demoPeriod-phase)%demoPeriod < demoPeriod/3
}

// touchFresh maps memory, touches each page once and gives it back: every
// touch is a minor fault, placed by first touch on the CPU's own node.
func touchFresh() {
	mem, err := syscall.Mmap(-1, 0, demoBlock, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return // no memory to spare: the demo goes on without this wave
	}
	defer syscall.Munmap(mem)
	for at := 0; at < len(mem); at += demoPage {
		mem[at] = 1
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
