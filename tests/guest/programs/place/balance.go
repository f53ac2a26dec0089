//go:build linux

package main

import (
	"errors"
	"os"
	"time"
)

const (
	balancing  = "/proc/sys/kernel/numa_balancing"
	balanceFor = 30 * time.Second
)

// quicker are settings of the scanner that protects pages to see who touches
// them; by default it waits a second before it begins.
var quicker = map[string]string{
	"/sys/kernel/debug/sched/numa_balancing/scan_delay_ms":      "50",
	"/sys/kernel/debug/sched/numa_balancing/scan_period_min_ms": "50",
	"/sys/kernel/debug/sched/numa_balancing/scan_period_max_ms": "100",
}

// balance uses memory of the first node from the second until the kernel has
// brought it there. Balancing is on for this step only.
func (p *placer) balance() error {
	area, err := p.touch("to be balanced", 0, pages, noPolicy, nil)
	if err != nil {
		return err
	}
	for path, value := range quicker {
		if err := os.WriteFile(path, []byte(value), 0); err != nil {
			return err
		}
	}
	return p.step("balance", p.next(0), area, func() error {
		if err := os.WriteFile(balancing, []byte("1"), 0); err != nil {
			return err
		}
		err := area.useUntilOn(p.next(0))
		if err := errors.Join(err, os.WriteFile(balancing, []byte("0"), 0)); err != nil {
			return err
		}
		return area.touch() // what is still protected is no more
	})
}

// useUntilOn touches all pages over and over until they are on a node, or
// long enough: the account says how far it came.
func (a *area) useUntilOn(node int) error {
	for end := time.Now().Add(balanceFor); time.Now().Before(end); {
		for range 200 {
			if err := a.touch(); err != nil {
				return err
			}
		}
		on, err := a.where()
		if err != nil {
			return err
		}
		if count(on, node) == len(on) {
			break
		}
	}
	return nil
}

func count(on []int, node int) int {
	n := 0
	for _, o := range on {
		if o == node {
			n++
		}
	}
	return n
}

// noPolicy leaves memory as mmap gives it.
const noPolicy = -1
