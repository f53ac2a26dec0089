// Sharing is the story of counters that lie side by side: a thread on each
// node counts what it did in a word of its own, and all words are in one cache
// line. Its twin is padded: each word has a line of its own.
package main

import (
	"flag"
	"sync/atomic"
	"time"

	"github.com/numalens/numalens/tests/guest/programs/story"
)

const (
	section    = 1
	batch      = 16   // words of work between two counts
	steps      = 256  // of a pass
	lookEvery  = 1024 // counts between two looks at the neighbour's
	paddedLine = 2    // lines from one padded counter to the next, as prefetchers fetch pairs
)

func main() { story.Main(run) }

func run(j *story.Journal) error {
	padded := flag.Bool("padded", false, "give each counter a cache line of its own")
	seconds := flag.Float64("seconds", 20, "how long the workers count")
	flag.Parse()
	all, err := story.Places()
	if err != nil {
		return err
	}
	places := story.OnePerNode(all)
	apart := 1
	if *padded {
		apart = paddedLine * story.LineWords
	}
	counters, err := story.Map(len(places) * paddedLine * story.LineWords * 8)
	if err != nil {
		return err
	}
	story.Touch(counters)
	if j.Lines, err = lines(places, counters, apart); err != nil {
		return err
	}
	j.Mark("each worker counts in a word of its own, %d bytes from the next", 8*apart)
	return j.Run(places, func(i int, w *story.Worker) error {
		work, err := story.Map(batch * 8)
		if err != nil {
			return err
		}
		story.Touch(work)
		own := &counters[i*apart]
		neighbour := &counters[(i+1)%len(places)*apart]
		total := uint64(0)
		w.Start()
		w.Section(section, func() {
			w.For(time.Duration(*seconds*1e9), func() {
				count(own, work, steps)
				if w.Passes%(lookEvery/steps) == 0 {
					total += atomic.LoadUint64(neighbour) // without a lock, as real code does
					w.Loads++
				}
			})
		})
		w.Bytes = 8
		w.Loads += w.Passes * steps * (batch + 1)
		w.Stores = w.Passes * steps
		w.Pages, err = story.NodesOf(counters)
		return err
	})
}

// count works through the batch and counts it, n times: one load for each
// word of work, one load and one store for each count.
//
//go:noinline
func count(own *uint64, work []uint64, n int) (sum uint64) {
	for range n {
		for _, word := range work {
			sum += word
		}
		*own++
	}
	return sum
}

// lines are those that hold the counters, with who writes them.
func lines(places []story.Place, counters []uint64, apart int) ([]story.Line, error) {
	cpus := map[int][]int{}
	for i, p := range places {
		line := i * apart / story.LineWords
		cpus[line] = append(cpus[line], p.CPU)
	}
	var all []story.Line
	for i := range counters {
		if who := cpus[i/story.LineWords]; i%story.LineWords == 0 && who != nil {
			line, err := story.LineOf(&counters[i], who)
			if err != nil {
				return nil, err
			}
			all = append(all, line)
		}
	}
	return all, nil
}
