// Command cmd writes the synthetic exports.
//
//	go run ./pkg/export/exporttest/cmd testdata          the committed fixtures
//	go run ./pkg/export/exporttest/cmd -run 10m /tmp/out a run of four nodes of that length
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/numalens/numalens/pkg/export/exporttest"
)

func main() {
	run := flag.Duration("run", 0, "make one run of four nodes of this length, instead of the fixtures")
	live := flag.Bool("live", false, "leave that run live")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: cmd [-run DURATION [-live]] DIRECTORY")
		os.Exit(2)
	}
	if err := write(flag.Arg(0), *run, *live); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(dir string, run time.Duration, live bool) error {
	if run > 0 {
		return exporttest.FourNode(exporttest.Options{Root: dir, Duration: run, Live: live})
	}
	return exporttest.Fixtures(dir)
}
