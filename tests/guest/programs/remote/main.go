// Remote is the story of memory that one thread touched first: the workers of
// the other nodes then read it from afar, pass after pass. Its fixed twin has
// each worker touch its own.
package main

import (
	"errors"
	"flag"
	"fmt"
	"runtime"
	"time"

	"github.com/numalens/numalens/tests/guest/programs/story"
)

const (
	byMain = "first-touch-by-main"
	local  = "local"
)

func main() { story.Main(run) }

func run(j *story.Journal) error {
	layout := flag.String("layout", byMain, byMain+" or "+local)
	bytes := flag.Int("bytes", 3<<19, "bytes of each worker's array: those of a socket are more than its last cache")
	seconds := flag.Float64("seconds", 20, "how long the workers read")
	flag.Parse()
	if *layout != byMain && *layout != local {
		return fmt.Errorf("--layout %q: want %s or %s", *layout, byMain, local)
	}
	places, err := story.Places()
	if err != nil {
		return err
	}
	arrays := make([][]uint64, len(places))
	for i := range arrays {
		if arrays[i], err = story.Map(*bytes); err != nil {
			return err
		}
	}
	if *layout == byMain {
		j.Mark("one thread on CPU %d touches all arrays", places[0].CPU)
		if err := touchAll(places[0], arrays); err != nil {
			return err
		}
	}
	j.Mark("a worker on each CPU reads its array")
	return j.Run(places, func(i int, w *story.Worker) error {
		array := arrays[i]
		if *layout == local {
			story.Touch(array)
		}
		w.Start()
		next := story.Pieces(array)
		w.For(time.Duration(*seconds*1e9), func() { w.Scan(next()) })
		w.Bytes = int64(*bytes)
		var err error
		w.Pages, err = story.NodesOf(array)
		return err
	})
}

// touchAll is what a main function does that prepares the data for all.
func touchAll(p story.Place, arrays [][]uint64) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := errors.Join(story.Yield(), story.Pin(p))
		for _, a := range arrays {
			story.Touch(a)
		}
		done <- err
	}()
	return <-done
}
