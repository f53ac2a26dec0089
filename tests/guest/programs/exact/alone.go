package main

import (
	"fmt"
	"unsafe"

	"github.com/numalens/numalens/tests/guest/marker"
	"github.com/numalens/numalens/tests/guest/programs/exact/account"
)

func known(n uint64) *uint64 { return &n }

// line describes a line for the log, before what was done to it.
func (e *experiments) line(p unsafe.Pointer, home int, t thread) (account.Line, error) {
	physical, err := marker.Physical(p)
	l := account.Line{Count: 1, Virtual: account.Hex(uintptr(p)) &^ 63, Physical: account.Hex(physical) &^ 63, Home: home, CPU: t.cpu, Node: t.node, TID: t.tid}
	none := known(0)
	l.DRAMLoads, l.DRAMStores = none, none
	l.HITMLocal, l.HITMRemote, l.RFOLocal, l.RFORemote = none, none, none, none
	return l, err
}

// alone runs one thread's work in a section, with empty caches, and logs the
// lines that it touched.
func (e *experiments) alone(name string, cpu, node int, work func(), lines func(t thread) ([]account.Line, error)) error {
	if e.skips(name) {
		return nil
	}
	trial := e.section(name)
	var failed error
	err := e.onCPU(cpu, node, func(t thread) {
		e.cold()
		e.window.Begin(trial.Section)
		work()
		e.window.End(trial.Section)
		trial.Lines, failed = lines(t)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// placed loads and stores lines of each node from each node: every line comes
// once from its node's memory, by its first access, and then stays.
func (e *experiments) placed() error {
	for home := range e.nodes {
		p, err := memory(4096, home, false)
		if err != nil {
			return err
		}
		for node, cpus := range e.nodes {
			err := e.alone(fmt.Sprintf("placed/cpu-node-%d/memory-node-%d", node, home), cpus[0], node,
				func() { e.loadAndStore(p) },
				func(t thread) ([]account.Line, error) { return e.loadedAndStored(p, home, t) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// loadAndStore loads line 0, stores to line 2, and loads then stores line 4.
func (e *experiments) loadAndStore(p unsafe.Pointer) {
	loads(p, e.rounds)
	stores(unsafe.Add(p, 2*lineBytes+8), e.rounds)
	loads(unsafe.Add(p, 4*lineBytes+16), e.rounds)
	stores(unsafe.Add(p, 4*lineBytes+16), e.rounds)
}

func (e *experiments) loadedAndStored(p unsafe.Pointer, home int, t thread) ([]account.Line, error) {
	n := uint64(e.rounds)
	loaded, err := e.line(p, home, t)
	if err != nil {
		return nil, err
	}
	loaded.Loads, loaded.LoadMask, loaded.DRAMLoads = n, 0xff, known(1)
	loaded.L1LoadMisses, loaded.LLCLoads = known(1), known(1)
	stored, err := e.line(unsafe.Add(p, 2*lineBytes), home, t)
	if err != nil {
		return nil, err
	}
	stored.Stores, stored.StoreMask, stored.DRAMStores = n, 0xff<<8, known(1)
	both, err := e.line(unsafe.Add(p, 4*lineBytes), home, t)
	if err != nil {
		return nil, err
	}
	both.Loads, both.Stores = n, n
	both.LoadMask, both.StoreMask, both.DRAMLoads = 0xff<<16, 0xff<<16, known(1)
	return []account.Line{loaded, stored, both}, nil
}

// widths stores single bytes: the mask holds those and no other.
func (e *experiments) widths() error {
	p, err := memory(4096, 0, false)
	if err != nil {
		return err
	}
	return e.alone("bytes", e.nodes[0][0], 0, func() {
		for _, at := range []int{0, 5, 63} {
			storeBytes(unsafe.Add(p, at), e.rounds)
		}
	}, func(t thread) ([]account.Line, error) {
		l, err := e.line(p, 0, t)
		l.Stores, l.StoreMask, l.DRAMStores = 3*uint64(e.rounds), 1|1<<5|1<<63, known(1)
		return []account.Line{l}, err
	})
}

// split loads and stores over the end of a line, and over the end of a page.
func (e *experiments) split() error {
	const page = 4096
	p, err := memory(2*page, 0, false)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		name string
		at   int
	}{{"split/line", 3*lineBytes - 4}, {"split/page", page - 4}} {
		err := e.alone(x.name, e.nodes[0][0], 0, func() {
			loads(unsafe.Add(p, x.at), e.rounds)
			stores(unsafe.Add(p, x.at), 2*e.rounds)
		}, func(t thread) ([]account.Line, error) {
			var both []account.Line
			for i, mask := range []account.Hex{0xf << 60, 0xf} {
				l, err := e.line(unsafe.Add(p, x.at+i*8), 0, t)
				if err != nil {
					return nil, err
				}
				l.Loads, l.Stores, l.LoadMask, l.StoreMask = uint64(e.rounds), 2*uint64(e.rounds), mask, mask
				l.DRAMLoads, l.L1LoadMisses = known(1), known(1)
				both = append(both, l)
			}
			return both, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// locked adds atomically: each is a load and a store.
func (e *experiments) locked() error {
	p, err := memory(4096, 0, false)
	if err != nil {
		return err
	}
	return e.alone("locked", e.nodes[0][0], 0, func() { atomics(p, e.rounds) }, func(t thread) ([]account.Line, error) {
		l, err := e.line(p, 0, t)
		l.Loads, l.Stores, l.LoadMask, l.StoreMask = uint64(e.rounds), uint64(e.rounds), 0xff, 0xff
		l.DRAMLoads, l.L1LoadMisses = known(1), known(1)
		return []account.Line{l}, err
	})
}
