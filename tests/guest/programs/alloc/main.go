//go:build linux

// Alloc allocates, grows, moves and flushes in known ways, by the workloads
// that its arguments name, one after the other. It prints an account of
// exactly what it did.
//
// Some of them need root, two nodes, or what only the guest has; each says
// so where it fails.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
)

func main() {
	if slices.Contains(os.Args, "heap") {
		tracetest.SampleAll()
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "alloc:", err)
		os.Exit(1)
	}
}

// settings are how much is done.
type settings struct {
	count, noise        int64
	goroutines, growths int
}

func run() error {
	var s settings
	flag.Int64Var(&s.count, "count", 1000, "allocations of each kind")
	flag.Int64Var(&s.noise, "noise", 100_000, "of a storm, polls of each size on each CPU")
	flag.IntVar(&s.goroutines, "goroutines", 4, "that grow slices")
	flag.IntVar(&s.growths, "growths", 2500, "of each goroutine's slices")
	before := flag.Duration("before", 0, "how long to do nothing first")
	after := flag.Duration("after", 0, "and at the end")
	workloads := s.workloads
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: alloc [flags] WORKLOAD…, of %s\n", strings.Join(slices.Sorted(maps.Keys(workloads(nil))), ", "))
		flag.PrintDefaults()
	}
	flag.Parse()
	a, err := tracetest.Begin()
	if err != nil {
		return err
	}
	time.Sleep(*before)
	for _, name := range flag.Args() {
		do, ok := workloads(a)[name]
		if !ok {
			return fmt.Errorf("no workload %q; see -help", name)
		}
		if err := do(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	time.Sleep(*after)
	return a.Write(os.Stdout)
}

func (s *settings) workloads(a *tracetest.Account) map[string]func() error {
	return map[string]func() error{
		"messages": func() error { return a.Messages(s.count) },
		"remote":   func() error { return a.RemoteMessages(s.count) },
		"failed":   func() error { return a.Failing(10) },
		"pages":    func() error { return a.Touch() },
		"huge":     func() error { return a.TouchHuge() },
		"moves":    func() error { return a.MovePages() },
		"compact":  func() error { return a.Compact() },
		"balance":  func() error { return a.LetBalance() },
		"growths":  func() error { a.Grow(s.goroutines, s.growths); return nil },
		"heap":     func() error { return a.Allocate(s.count) },
		"flushes":  func() error { return a.FlushLines() },
		"storm":    func() error { return a.Storm(s.count, s.noise) },
	}
}
