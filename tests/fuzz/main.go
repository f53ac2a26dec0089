// Command fuzz reads mutated inputs with every format that can be imported,
// millions of them, and watches: no panic, no hang, no memory beyond what an
// input is worth, no figure of a line that is not there. `make fuzz-imports`
// calls it; `go test -fuzz` goes deeper into one parser, this one is broad.
//
// The same --seed and --from give the same inputs, so a finding is repeated
// with --from N --n 1. What was found is also written to --findings. When it is
// interrupted it says how far it came.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/numalens/numalens/pkg/imports/formats"
)

func main() {
	var o options
	flag.Int64Var(&o.n, "n", 10_000_000, "how many inputs")
	flag.Int64Var(&o.from, "from", 0, "number of the first input")
	flag.Uint64Var(&o.seed, "seed", 1, "of the mutations")
	flag.StringVar(&o.findings, "findings", "fuzz-findings", "directory that failing inputs are written to")
	flag.StringVar(&o.only, "only", "", "read with this format only")
	flag.Parse()
	debug.SetMemoryLimit(512 << 20)
	all := formats.All()
	seeds, err := seedsOf(all, os.Getenv("NUMALENS_SAMPLES"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
	f := &fuzzer{o: o, formats: all, seeds: seeds, tries: map[string]int64{}, found: map[string]int{}, began: time.Now()}
	go f.watch()
	stop, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	done := int64(0)
	for done < o.n && stop.Err() == nil {
		f.one(o.from + done)
		if done++; done%500_000 == 0 {
			f.tell(done)
		}
	}
	f.tell(done)
	names := make([]string, 0, len(f.tries))
	for name := range f.tries {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Printf("%-16s %d inputs\n", name, f.tries[name])
	}
	if f.findings > 0 {
		os.Exit(1)
	}
}

type options struct {
	n, from        int64
	seed           uint64
	findings, only string
}
