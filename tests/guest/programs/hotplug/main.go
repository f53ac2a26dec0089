// Hotplug keeps every CPU busy, and takes one of them away and back meanwhile.
// It prints as JSON which, and when.
//
// It needs root, as it has in the guest, and a machine of two CPUs or more.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// Account is what it says that it did; times are ns since the epoch.
type Account struct {
	CPU         int   `json:"cpu"`
	BeforeOffNS int64 `json:"before_off_ns"`
	OffNS       int64 `json:"off_ns"`
	BeforeOnNS  int64 `json:"before_on_ns"`
	OnNS        int64 `json:"on_ns"`
}

func main() {
	cpu := flag.Int("cpu", 1, "the CPU to take away; not 0")
	each := flag.Duration("each", 3*time.Second, "how long to wait before, between and after")
	flag.Parse()
	a, err := run(*cpu, *each)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(a)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "hotplug: %v\n", err)
		os.Exit(1)
	}
}

func run(cpu int, each time.Duration) (*Account, error) {
	var stop atomic.Bool
	for range runtime.NumCPU() {
		go func() {
			for !stop.Load() {
			}
		}()
	}
	defer stop.Store(true)
	a := &Account{CPU: cpu}
	time.Sleep(each)
	a.BeforeOffNS = time.Now().UnixNano()
	if err := set(cpu, "0"); err != nil {
		return nil, err
	}
	a.OffNS = time.Now().UnixNano()
	time.Sleep(each)
	a.BeforeOnNS = time.Now().UnixNano()
	if err := set(cpu, "1"); err != nil {
		return nil, err
	}
	a.OnNS = time.Now().UnixNano()
	time.Sleep(each)
	return a, nil
}

func set(cpu int, online string) error {
	return os.WriteFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/online", cpu), []byte(online), 0)
}
