package main

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/numalens/numalens/tests/guest/programs/exact/account"
)

// pair is two CPUs, named by how they lie to each other.
type pair struct {
	name       string
	cpu, node  [2]int
	sameSocket bool // the plugin's default: one node a socket
}

func (e *experiments) pairs() []pair {
	var all []pair
	if len(e.nodes[0]) > 1 {
		all = append(all, pair{"local", [2]int{e.nodes[0][0], e.nodes[0][1]}, [2]int{0, 0}, true})
	} else {
		e.skip("local", "a node has one CPU")
	}
	if len(e.nodes) > 1 {
		last := len(e.nodes) - 1
		all = append(all, pair{"remote", [2]int{e.nodes[0][0], e.nodes[last][0]}, [2]int{0, last}, false})
	} else {
		e.skip("remote", "the machine has one node")
	}
	return all
}

// together runs the two halves of an experiment side by side, in one section.
func (e *experiments) together(name string, p pair, work func(t thread, half int), lines func(t thread, half int) ([]account.Line, error)) error {
	if e.skips(name) {
		return nil
	}
	trial := e.section(name)
	ready, start := make(chan bool, 2), make(chan bool)
	var arrived atomic.Int32
	result := make(chan error, 2)
	halves := make([][]account.Line, 2)
	for half := range 2 {
		go func() {
			var failed error
			err := e.onCPU(p.cpu[half], p.node[half], func(t thread) {
				ready <- true
				<-start
				for arrived.Add(1); arrived.Load() < 2; { // the halves overlap: each spins on a CPU of its own
				}
				e.window.Begin(trial.Section)
				work(t, half)
				e.window.End(trial.Section)
				halves[half], failed = lines(t, half)
			})
			if err == nil {
				err = failed
			}
			result <- err
		}()
	}
	for range 2 {
		select {
		case <-ready:
		case err := <-result:
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	e.cold()
	close(start)
	for range 2 {
		if err := <-result; err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	trial.Lines = append(halves[0], halves[1]...)
	return nil
}

// passed hands one line to and fro: half 0 begins, and each waits for its turn
// on another page's line. Who finds the line Modified, and by what, follows.
func (e *experiments) passed() error {
	for _, p := range e.pairs() {
		for _, x := range []struct {
			name string
			loop [2]func(data, turn unsafe.Pointer, me, next, n int)
			want func(l *account.Line, half int, n uint64, local bool)
		}{
			{"stores", [2]func(unsafe.Pointer, unsafe.Pointer, int, int, int){passStore, passStore}, wantStores},
			{"adds", [2]func(unsafe.Pointer, unsafe.Pointer, int, int, int){passAdd, passAdd}, wantAdds},
			{"atomics", [2]func(unsafe.Pointer, unsafe.Pointer, int, int, int){passAtomic, passAtomic}, wantAtomics},
			{"written-and-read", [2]func(unsafe.Pointer, unsafe.Pointer, int, int, int){passStore, passLoad}, wantReader},
		} {
			data, err := memory(4096, p.node[1], false)
			if err != nil {
				return err
			}
			turn, err := memory(4096, p.node[0], false)
			if err != nil {
				return err
			}
			*(*int)(turn) = 0
			err = e.together(fmt.Sprintf("passed/%s/%s", x.name, p.name), p, func(t thread, half int) {
				x.loop[half](data, turn, half, 1-half, e.rounds)
			}, func(t thread, half int) ([]account.Line, error) {
				l, err := e.line(data, p.node[1], t)
				x.want(&l, half, uint64(e.rounds), p.sameSocket)
				return []account.Line{l}, err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// takes sets how often a half took the line Modified from the other: each time
// but half 0's first, which brings the line from memory.
func takes(half int, n uint64) (transfers, fromMemory uint64) {
	if half == 0 {
		return n - 1, 1
	}
	return n, 0
}

func transfers(l *account.Line, n uint64, local bool, near, far **uint64) {
	if local {
		*near = known(n)
	} else {
		*far = known(n)
	}
}

func wantStores(l *account.Line, half int, n uint64, local bool) {
	moved, memory := takes(half, n)
	l.Stores, l.StoreMask, l.DRAMStores = n, 0xff, known(memory)
	transfers(l, moved, local, &l.RFOLocal, &l.RFORemote)
}

func wantAdds(l *account.Line, half int, n uint64, local bool) {
	moved, memory := takes(half, n)
	l.Loads, l.Stores, l.LoadMask, l.StoreMask = n, n, 0xff, 0xff
	l.DRAMLoads, l.L1LoadMisses = known(memory), known(n)
	transfers(l, moved, local, &l.HITMLocal, &l.HITMRemote)
}

func wantAtomics(l *account.Line, half int, n uint64, local bool) { wantAdds(l, half, n, local) }

// wantReader: half 0 only stores, half 1 only loads. Each load finds the line
// Modified; each store but the first finds it shared.
func wantReader(l *account.Line, half int, n uint64, local bool) {
	if half == 0 {
		l.Stores, l.StoreMask, l.DRAMStores = n, 0xff, known(1)
		return
	}
	l.Loads, l.LoadMask, l.L1LoadMisses = n, 0xff, known(n)
	transfers(l, n, local, &l.HITMLocal, &l.HITMRemote)
}

// sharedFactor makes the loops of shared long beside the moment in which only
// one half runs.
const sharedFactor = 300

// shared has two CPUs count in bytes of their own, at will: 8 bytes apart in
// one line, and in lines of their own. How often the one line moves does not
// follow from the construction; that the others never do does.
func (e *experiments) shared() error {
	for _, p := range e.pairs() {
		for _, x := range []struct {
			name  string
			apart int
		}{{"shared", 8}, {"padded", 2 * lineBytes}} {
			data, err := memory(4096, 0, false)
			if err != nil {
				return err
			}
			err = e.together(fmt.Sprintf("counters/%s/%s", x.name, p.name), p, func(t thread, half int) {
				increments(unsafe.Add(data, half*x.apart), sharedFactor*e.rounds)
			}, func(t thread, half int) ([]account.Line, error) {
				at := half * x.apart
				l, err := e.line(unsafe.Add(data, at), 0, t)
				l.Loads, l.Stores = sharedFactor*uint64(e.rounds), sharedFactor*uint64(e.rounds)
				l.LoadMask, l.StoreMask = 1<<(at%lineBytes), 1<<(at%lineBytes)
				l.DRAMLoads = known(1)
				if x.name == "shared" {
					l.DRAMLoads, l.DRAMStores = nil, nil
					l.HITMLocal, l.HITMRemote, l.RFOLocal, l.RFORemote = nil, nil, nil, nil
				}
				return []account.Line{l}, err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
