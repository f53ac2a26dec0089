// Command cmd writes the synthetic exports.
//
//	go run ./pkg/export/exporttest/cmd testdata          the committed fixtures
//	go run ./pkg/export/exporttest/cmd -run 10m /tmp/out a run of four nodes of that length
//	go run ./pkg/export/exporttest/cmd -run 9m -began 4m /tmp/out    the same, its incident just now
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
	calm := flag.Bool("calm", false, "leave the incident out of that run")
	began := flag.Duration("began", 0, "let that run have begun so long ago, for what looks at the last minutes; 0 is always the same moment")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: cmd [-run DURATION [-live] [-calm] [-began DURATION]] DIRECTORY")
		os.Exit(2)
	}
	o := exporttest.Options{Root: flag.Arg(0), Duration: *run, Live: *live, Calm: *calm}
	if *began > 0 {
		o.Start = time.Now().Add(-*began)
	}
	if err := write(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(o exporttest.Options) error {
	if o.Duration > 0 {
		return exporttest.FourNode(o)
	}
	return exporttest.Fixtures(o.Root)
}
