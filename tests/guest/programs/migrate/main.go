// Migrate is the story of a thread that leaves its memory behind: it reads
// an array of its own node, is moved to another node, from where the same
// array is remote, and then its pages are moved after it.
package main

import (
	"errors"
	"flag"
	"time"

	"github.com/numalens/numalens/tests/guest/programs/story"
)

func main() { story.Main(run) }

func run(j *story.Journal) error {
	from := flag.Int("from", 0, "node on which it begins")
	to := flag.Int("to", 2, "node to which it is moved")
	bytes := flag.Int("bytes", 5<<19, "bytes of the array: more than a socket's last cache")
	seconds := flag.Float64("seconds", 24, "how long it reads, in all")
	flag.Parse()
	places, err := story.Places()
	if err != nil {
		return err
	}
	first, errFirst := story.First(places, *from)
	second, errSecond := story.First(places, *to)
	if err := errors.Join(errFirst, errSecond); err != nil {
		return err
	}
	array, err := story.Map(*bytes)
	if err != nil {
		return err
	}
	third := time.Duration(*seconds * 1e9 / 3)
	return j.Run([]story.Place{first}, func(_ int, w *story.Worker) error {
		next := story.Pieces(array)
		scan := func() { w.Scan(next()) }
		story.Touch(array)
		w.Start()
		j.Mark("the thread runs on node %d and reads memory of node %d", *from, *from)
		w.For(third, scan)
		if err := w.Move(second); err != nil {
			return err
		}
		j.Mark("the thread was moved to node %d, its memory was not", *to)
		w.For(third, scan)
		if err := story.MoveTo(array, *to); err != nil {
			return err
		}
		j.Mark("its pages were moved after it")
		w.For(third, scan)
		w.Bytes = int64(*bytes)
		w.Pages, err = story.NodesOf(array)
		return err
	})
}
