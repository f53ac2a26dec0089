package story

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/tests/guest/marker"
)

// Worker is a thread on a CPU of its own choice.
type Worker struct {
	Thread
	window *marker.Window
	start  *sync.WaitGroup // the others of the loop; nil once it began
	sum    uint64          // keeps the compiler from dropping loads
}

// Run has a worker on each place do the same, and gives their journal.
// Everything before a worker's Start is preparation.
func (j *Journal) Run(places []Place, do func(i int, w *Worker) error) error {
	window, err := marker.Map()
	if err != nil {
		return err
	}
	var start, end sync.WaitGroup
	start.Add(len(places))
	failed := make([]error, len(places))
	for i, p := range places {
		end.Go(func() {
			w := &Worker{window: window, start: &start}
			if failed[i] = w.on(p); failed[i] == nil {
				failed[i] = do(i, w)
			}
			if failed[i] != nil {
				w.ready() // the others must not wait for ever
			}
			j.add(w.Thread)
		})
	}
	end.Wait()
	slices.SortFunc(j.Threads, func(a, b Thread) int { return cmp.Compare(a.CPU, b.CPU) })
	return errors.Join(failed...)
}

// on makes the calling goroutine a thread on one CPU. The thread is never
// given back: it ends with the goroutine.
func (w *Worker) on(p Place) error {
	runtime.LockOSThread()
	w.TID = unix.Gettid()
	return errors.Join(Yield(), w.Move(p))
}

// Yield has the calling thread, which must be locked, leave its CPU to
// whoever else wants it. Under the plugin a tenth of a second is few
// instructions: the agent would fall behind its readings.
func Yield() error {
	const lowest = 19
	if err := unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), lowest); err != nil {
		return fmt.Errorf("lower a thread's priority: %w", err)
	}
	return nil
}

// Move goes to another CPU, and tells the plugin who runs there now.
func (w *Worker) Move(p Place) error {
	if err := Pin(p); err != nil {
		return err
	}
	w.CPU, w.Node = p.CPU, p.Node
	return w.window.Thread()
}

// Pin binds the calling thread, which must be locked, to a CPU.
func Pin(p Place) error {
	var set unix.CPUSet
	set.Set(p.CPU)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("bind a thread to CPU %d: %w", p.CPU, err)
	}
	return nil
}

func (w *Worker) ready() {
	if w.start != nil {
		w.start.Done()
		w.start = nil
	}
}

// Start waits until all workers are ready, and begins the loop.
func (w *Worker) Start() {
	if start := w.start; start != nil {
		w.ready()
		start.Wait()
	}
	w.BeganNS = wall()
}

// For calls pass until the time is over. Each is to take some milliseconds.
func (w *Worker) For(d time.Duration, pass func()) {
	for end := time.Now().Add(d); time.Now().Before(end); w.Passes++ {
		pass()
	}
	w.EndedNS = wall()
}

// Section calls f within a section of the plugin's truth.
func (w *Worker) Section(id int, f func()) {
	w.window.Begin(id)
	f()
	w.window.End(id)
}
