// Command exact runs in the guest and does what it says: loads and stores of
// known number, width and order on known lines of known nodes, from known
// CPUs. It logs what it did, and what follows from that for the plugin's model,
// so that the plugin's truth can be held against it. It measures nothing.
//
//	exact [-rounds 1000] [-only NAME]
//
// As process 1 it mounts what it needs first and powers the machine off at the
// end, so that it can run with nothing else inside.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/numalens/numalens/tests/guest/marker"
	"github.com/numalens/numalens/tests/guest/programs/exact/account"
)

func main() {
	rounds := flag.Int("rounds", 1000, "how often each loop goes round")
	only := flag.String("only", "", "run only the experiments whose name begins so")
	args := os.Args[1:]
	if os.Getpid() == 1 {
		defer powerOff()
		args = afterKernels(args)
	}
	if err := flag.CommandLine.Parse(args); err != nil {
		return
	}
	if err := start(*rounds, *only); err != nil {
		fmt.Fprintln(os.Stderr, "exact:", err)
		if os.Getpid() != 1 {
			os.Exit(1)
		}
	}
}

// afterKernels leaves out what the kernel's command line had before the
// program's own arguments: it hands on each word that it does not know.
func afterKernels(args []string) []string {
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		args = args[1:]
	}
	return args
}

func start(rounds int, only string) error {
	if os.Getpid() == 1 {
		if err := mountAll(); err != nil {
			return err
		}
	}
	return run(rounds, only)
}

// experiments is what they share: the marker window, the machine, the log.
type experiments struct {
	window *marker.Window
	nodes  [][]int // CPUs by node
	rounds int
	only   string
	log    account.Log
}

func run(rounds int, only string) error {
	if rounds < 1 {
		return fmt.Errorf("-rounds %d: a loop goes round at least once", rounds)
	}
	nodes, err := cpusByNode()
	if err != nil {
		return err
	}
	w, err := marker.Map()
	if err != nil {
		return err
	}
	if err := w.CheckFrames(len(nodes)); err != nil {
		return err
	}
	restore, err := unthrottled()
	if err != nil {
		return err
	}
	defer restore()
	debug.SetGCPercent(-1) // a collection would stop one half of a loop while the other waits for it
	e := &experiments{window: w, nodes: nodes, rounds: rounds, only: only, log: account.Log{Nodes: len(nodes)}}
	for _, step := range []func() error{e.placed, e.widths, e.split, e.locked, e.streamed, e.passed, e.shared} {
		if err := step(); err != nil {
			return err
		}
	}
	w.Disarm()
	return e.log.Write(os.Stdout)
}

// skips says whether the caller's experiment was not asked for.
func (e *experiments) skips(name string) bool { return !strings.HasPrefix(name, e.only) }

// cold empties the plugin's caches: arming does.
func (e *experiments) cold() {
	e.window.Disarm()
	e.window.Arm()
}

// section begins a trial.
func (e *experiments) section(name string) *account.Trial {
	e.log.Trials = append(e.log.Trials, account.Trial{Name: name, Section: len(e.log.Trials) + 1})
	return &e.log.Trials[len(e.log.Trials)-1]
}

func (e *experiments) skip(name, why string) {
	e.log.Skipped = append(e.log.Skipped, account.Skip{Name: name, Why: why})
}
